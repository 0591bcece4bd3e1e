package node_test

import (
	"fmt"
	"testing"

	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/hosttest"
	"strowger/sip/trunk/channel"
)

const trunksPath = "/v1/tenants/demo/trunks"

// switchTrunk disables or enables the carrier at a node.
func (p *pair) switchTrunk(t *testing.T, i int, disabled bool) {
	t.Helper()
	client, err := api.NewClient(api.Target{Socket: p.nodes[i].Config.Admin.Socket})
	if err == nil {
		err = client.Do(t.Context(), "POST", trunksPath+"/carrier/state", api.TrunkState{Disabled: disabled}, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestTrunkOfBothNodes: a trunk's channels are those of both nodes together, it is
// disabled on both, and each tells how the other sees it.
func TestTrunkOfBothNodes(t *testing.T) {
	t.Parallel()
	p, cfgs := configurePair(t)
	for i, cfg := range cfgs {
		cfg.Trunks[0].Limits.Channels = 1
		if err := p.start(t, i, cfg); err != nil {
			t.Fatal(err)
		}
	}
	p.connected(t)
	phone := udpPeer(t, hosttest.Next())
	phone.register(p.sip(0), "1002", 1)

	elsewhere := func(calls int) func() bool {
		return func() bool {
			_, f := p.nodes[1].Desk.Channels("demo", "carrier")
			return f.Elsewhere == [2]int{channel.In: calls}
		}
	}
	first := ring(t, p.sip(0), p.sip(0), phone)
	first.answered(t)
	until(t, "node 2 knows of the call", elsewhere(1))
	second := &call{carrier: udpPeer(t, "127.0.0.2"), id: "second"}
	target := "sip:" + called + "@" + p.sip(1)
	second.carrier.send(p.sip(1), second.carrier.sdp(), second.request("INVITE", 1, target, "<"+target+">")...)
	if refusal := second.carrier.await("SIP/2.0 486"); refusal.get("Retry-After") == "" {
		t.Errorf("refused with %+v", refusal)
	}
	first.carrierBye(t)
	until(t, "node 2 knows of its end", elsewhere(0))
	third := ring(t, p.sip(1), p.sip(0), phone)
	third.answered(t)
	third.carrierBye(t)

	p.switchTrunk(t, 0, true)
	until(t, "node 2 has disabled it", func() bool { return p.nodes[1].Desk.Disabled("demo", "carrier") })
	var one api.Trunk
	if err := p.ask(t, 1, "GET", trunksPath+"/carrier", &one); err != nil {
		t.Fatal(err)
	}
	if len(one.Others) != 1 || one.Others[0].Node != "node-1" || !one.Others[0].Disabled || len(one.Others[0].Addresses) != 1 || one.Others[0].Addresses[0].State != "unknown" {
		t.Errorf("node 1 sees it as %+v", one.Others)
	}
	p.switchTrunk(t, 1, false)
	until(t, "node 1 has enabled it", func() bool { return !p.nodes[0].Desk.Disabled("demo", "carrier") })

	if err := p.nodes[1].Link.Close(); err != nil {
		t.Error(err)
	}
	until(t, "node 1 has lost node 2", func() bool { return !p.nodes[0].Link.Connected("node-2") })
	var list []api.Trunk
	if err := p.ask(t, 0, "GET", trunksPath, &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || len(list[0].Others) != 1 || list[0].Others[0].Error == "" {
		t.Errorf("node 2 does not tell, and the list is %s", fmt.Sprint(list))
	}
}
