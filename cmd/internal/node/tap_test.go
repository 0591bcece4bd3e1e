package node

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"strowger/configs"
	"strowger/sip/leg"
	"strowger/sip/transport"
)

// tapped is a node that has what sees messages, and no more.
func tapped(tb testing.TB) *Node {
	tb.Helper()
	n := &Node{Config: &configs.Config{
		Trace: configs.Trace{MiB: 64},
		Trunks: []configs.Trunk{
			{Name: "carrier", Network: "local", Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}},
			{Name: "registered", Network: "local"},
		},
	}}
	if err := n.openMeters(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if err := n.openTrace(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { n.Trace.Close() })
	return n
}

// aMessage is a 200 to INVITE of a usual length.
func aMessage(call int) []byte {
	return []byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.2:5060;branch=z9hG4bK-4711-1-0;received=127.0.0.2;rport=5060\r\n" +
		"From: <sip:+441632960123@127.0.0.2>;tag=4711\r\nTo: <sip:+448081570002@127.0.0.1>;tag=abcdefghijklmnopqrstuvwxyz\r\n" +
		fmt.Sprintf("Call-ID: %d-4711@127.0.0.2\r\nCSeq: 1 INVITE\r\n", call) +
		"Contact: <sip:127.0.0.1:5060>\r\nAllow: INVITE, ACK, CANCEL, BYE\r\nContent-Type: application/sdp\r\n\r\n" + strings.Repeat("a=x\r\n", 50))
}

// TestTapAllocates: what is seen of each message costs no memory.
func TestTapAllocates(t *testing.T) {
	n, data, at := tapped(t), aMessage(1), time.Now()
	flow := transport.Flow{Network: "local", Proto: transport.UDP, Remote: netip.MustParseAddrPort("127.0.0.2:5060")}
	if allocs := testing.AllocsPerRun(1000, func() { n.tap(at, flow, true, data) }); allocs != 0 {
		t.Errorf("a message allocates %v times", allocs)
	}
}

// TestTapNamesTheTrunk: a message of a call counts for the trunk of its leg, one of no
// call for that of its address.
func TestTapNamesTheTrunk(t *testing.T) {
	n, data := tapped(t), aMessage(1)
	flow := transport.Flow{Network: "local", Proto: transport.UDP, Remote: netip.MustParseAddrPort("127.0.0.2:5060")}
	n.tap(time.Now(), flow, true, data)
	n.Trace.Leg(time.Now(), "call", 1, leg.Party{Kind: leg.Trunk, Name: "registered"}, "1-4711@127.0.0.2")
	n.tap(time.Now(), flow, true, data)
	n.tap(time.Now(), flow, true, data)
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(n.Messages)
	families, err := registry.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("%v, %v", families, err)
	}
	counted := map[string]float64{}
	for _, m := range families[0].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == "trunk" {
				counted[l.GetValue()] = m.GetCounter().GetValue()
			}
		}
	}
	if len(counted) != 2 || counted["carrier"] != 1 || counted["registered"] != 2 {
		t.Errorf("counted %v", counted)
	}
}

func BenchmarkTap(b *testing.B) {
	n, at := tapped(b), time.Now()
	var calls [2000][]byte
	for i := range calls {
		calls[i] = aMessage(i)
	}
	flow := transport.Flow{Network: "local", Proto: transport.UDP, Remote: netip.MustParseAddrPort("127.0.0.2:5060")}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		n.tap(at.Add(time.Duration(i)*time.Millisecond), flow, true, calls[i%len(calls)])
	}
}
