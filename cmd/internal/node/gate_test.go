package node_test

import (
	"testing"
	"time"

	"strowger/cmd/internal/hosttest"
	"strowger/sip/overload"
)

// TestOverloadedNode: a node whose messages wait for too long refuses a new call, goes on
// with one that stands, and takes new ones again once nothing waits.
func TestOverloadedNode(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	phone := udpPeer(t, hosttest.Next())
	phone.register(p.sip(0), "1002", 1)
	standing := ring(t, p.sip(0), p.sip(0), phone)
	standing.answered(t)
	until(t, "the node has taken the ACK", func() bool { // what it takes at once would end the queue
		calls, err := p.nodes[0].Exchange.Calls(t.Context())
		return err == nil && len(calls) == 1 && calls[0].Legs[0].State == "confirmed"
	})
	wire := p.nodes[0].Transport
	soon := time.Now().Add(time.Minute) // what was late holds until then: the machine may be slow
	wire.Delayed(soon.Add(-overload.Interval), time.Second)
	wire.Delayed(soon, time.Second)
	late := &call{carrier: udpPeer(t, "127.0.0.2"), id: "late"}
	target := "sip:" + called + "@" + p.sip(0)
	late.carrier.send(p.sip(0), "", late.request("INVITE", 1, target, "<"+target+">")...)
	if refusal := late.carrier.await("SIP/2.0 503"); refusal.get("Retry-After") == "" {
		t.Errorf("refused with %+v", refusal)
	}
	until(t, "the refusal is counted", func() bool { return wire.Counters().OverloadRefused.Load() == 1 }) // once it was sent
	standing.carrierBye(t)
	ring(t, p.sip(0), p.sip(0), phone)
}
