package meter_test

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"strowger/sip/message"
	"strowger/sip/meter"
	"strowger/sip/transport"
)

func messages() *meter.Messages {
	return meter.NewMessages([]meter.Trunk{
		{Name: "one", Network: "out", Addresses: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}},
		{Name: "many", Network: "out", Addresses: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8::/32")}},
		{Name: "shown", Network: "out"},
	}, func(f transport.Flow) string {
		if f.Conn == 7 {
			return "shown"
		}
		return ""
	})
}

func TestMessages(t *testing.T) {
	m := messages()
	for _, c := range []struct {
		network, from, text string
		sent                bool
	}{
		{"out", "192.0.2.1:5060", "INVITE sip:1 SIP/2.0\r\n", false},
		{"out", "[::ffff:192.0.2.1]:5070", "INVITE sip:1 SIP/2.0\r\n", false},
		{"in", "192.0.2.1:5060", "INVITE sip:1 SIP/2.0\r\n", false},
		{"out", "198.51.100.7:5060", "BYE sip:1 SIP/2.0\r\n", true},
		{"out", "[2001:db8::9]:5060", "SIP/2.0 486 Busy\r\nCSeq: 1 INVITE\r\n", false},
		{"out", "203.0.113.1:5060", "SIP/2.0 499 Odd\r\nCSeq: 1 REGISTER\r\n", true},
		{"out", "203.0.113.1:5060", "FLOOD sip:1 SIP/2.0\r\n", false},
		{"out", "203.0.113.1:5060", "FLOOD-MORE sip:1 SIP/2.0\r\n", false},
		{"out", "203.0.113.1:5060", "SIP/2.0 999 Odd\r\nCSeq: 1 BYE\r\n", false},
	} {
		g := message.Look([]byte(c.text))
		m.Count(&transport.Flow{Network: c.network, Remote: netip.MustParseAddrPort(c.from)}, c.sent, &g, -1)
	}
	want := []string{
		"requests in BYE  1", // a status that is none
		"requests in INVITE  1",
		"requests in INVITE one 2",
		"requests in other  2",
		"requests out BYE many 1",
		"responses 486 in INVITE many 1",
		"responses 4xx out REGISTER  1",
	}
	if diff := cmp.Diff(want, gathered(t, m)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestMessagesOfTrunks: the trunk is that of the leg, wherever it comes from; of no call
// that of the address, as names resolve now, or of the certificate.
func TestMessagesOfTrunks(t *testing.T) {
	m := messages()
	const nobody, many, shown = 0, 2, 3
	invite := message.Look([]byte("INVITE sip:1 SIP/2.0\r\n"))
	at := func(address string, proto transport.Proto, conn uint64, trunk int) {
		m.Count(&transport.Flow{Network: "out", Proto: proto, Conn: conn, Remote: netip.MustParseAddrPort(address)}, false, &invite, trunk)
	}
	at("192.0.2.1:5060", transport.UDP, 0, many)
	at("203.0.113.1:5060", transport.UDP, 0, shown)
	at("192.0.2.1:5060", transport.UDP, 0, nobody) // a phone behind the same address
	at("192.0.2.1:5060", transport.UDP, 0, -1)
	at("192.0.2.1:5060", transport.UDP, 0, 99)
	at("203.0.113.2:5061", transport.TLS, 7, -1)
	at("203.0.113.2:5061", transport.TLS, 8, -1)
	at("203.0.113.2:5061", transport.TCP, 7, -1)
	moves := netip.MustParsePrefix("203.0.113.3/32")
	m.Resolved([]meter.Trunk{{Name: "one", Network: "out", Addresses: []netip.Prefix{moves}}})
	at("203.0.113.3:5060", transport.UDP, 0, -1)
	m.Resolved([]meter.Trunk{{Name: "many", Network: "out", Addresses: []netip.Prefix{moves}}})
	at("[::ffff:203.0.113.3]:5060", transport.UDP, 0, -1)
	m.Resolved(nil)
	at("203.0.113.3:5060", transport.UDP, 0, -1)
	want := []string{
		"requests in INVITE  4",
		"requests in INVITE many 2",
		"requests in INVITE one 3",
		"requests in INVITE shown 2",
	}
	if diff := cmp.Diff(want, gathered(t, m)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func gathered(t *testing.T, c prometheus.Collector) []string {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(c)
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range families {
		name := strings.TrimSuffix(strings.TrimPrefix(f.GetName(), "strowger_sip_"), "_total")
		for _, m := range f.GetMetric() {
			words := []string{name}
			for _, l := range m.GetLabel() {
				words = append(words, l.GetValue())
			}
			lines = append(lines, strings.Join(append(words, strconv.FormatFloat(m.GetCounter().GetValue(), 'f', 0, 64)), " "))
		}
	}
	slices.Sort(lines)
	return lines
}

func TestNothingAllocated(t *testing.T) {
	m, d := messages(), meter.NewDelays([]string{"one"})
	f := transport.Flow{Network: "out", Remote: netip.MustParseAddrPort("203.0.113.1:5060")}
	g := message.Look([]byte("SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n"))
	if n := testing.AllocsPerRun(1000, func() {
		m.Count(&f, true, &g, -1)
		d.Waited(time.Millisecond)
		d.Rang(meter.In, "one", time.Second)
	}); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

// TestUnknownTrunk: what was not named at the start makes no label.
func TestUnknownTrunk(t *testing.T) {
	d := meter.NewDelays(nil)
	d.Rang(meter.In, "stranger", time.Second)
	d.Answered(meter.Out, "stranger", time.Second)
	for _, line := range gathered(t, d) {
		if strings.Contains(line, "stranger") {
			t.Error(line)
		}
	}
	var none *meter.Delays
	none.Rang(meter.In, "", 0)
	none.SetUp(0)
}

func BenchmarkCount(b *testing.B) {
	m := messages()
	f := transport.Flow{Network: "out", Remote: netip.MustParseAddrPort("203.0.113.1:5060")}
	g := message.Look([]byte("SIP/2.0 200 OK\r\nCSeq: 1 INVITE\r\n"))
	b.ReportAllocs()
	for b.Loop() {
		m.Count(&f, true, &g, -1)
	}
}

func BenchmarkWaited(b *testing.B) {
	d := meter.NewDelays(nil)
	b.ReportAllocs()
	for b.Loop() {
		d.Waited(50 * time.Microsecond)
	}
}
