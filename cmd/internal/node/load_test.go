package node_test

import (
	"testing"

	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/hosttest"
)

// TestNodeThatLosesSound: a node that had no time for packets refuses a new call before
// anybody is rung, and takes calls again once it has been well for some seconds.
func TestNodeThatLosesSound(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	phone := udpPeer(t, hosttest.Next())
	phone.register(p.sip(0), "1002", 1)
	var st api.Status
	until(t, "the load is measured", func() bool {
		return p.ask(t, 0, "GET", "/v1/status", &st) == nil && st.Load.Cost > 0
	})
	if st.Load.Full || st.LoadLimit != p.nodes[0].Config.Limits.Load {
		t.Errorf("status %+v", st)
	}
	p.nodes[0].Media.Counters().Overflow.Add(10_000)
	until(t, "the node is full", func() bool { return p.nodes[0].Load().Full })
	late := &call{carrier: udpPeer(t, "127.0.0.2"), id: "late"}
	target := "sip:" + called + "@" + p.sip(0)
	late.carrier.send(p.sip(0), "", late.request("INVITE", 1, target, "<"+target+">")...)
	if refusal := late.carrier.await("SIP/2.0 503"); refusal.get("Retry-After") == "" {
		t.Errorf("refused with %+v", refusal)
	}
	if n := p.nodes[0].Exchange.Counters().LoadRefused.Load(); n != 1 {
		t.Errorf("%d calls counted as refused, want 1", n)
	}
	until(t, "the node takes calls again", func() bool { return !p.nodes[0].Load().Full })
	ring(t, p.sip(0), p.sip(0), phone)
}
