package node_test

import (
	"errors"
	"net/http"
	"testing"

	"strowger/cmd/internal/admin/api"
	"strowger/cmd/internal/hosttest"
	"strowger/sip/ledger"
)

const callsPath = "/v1/tenants/-/calls"

// ask asks the admin API of a node.
func (p *pair) ask(t *testing.T, i int, method, path string, out any) error {
	t.Helper()
	client, err := api.NewClient(api.Target{Socket: p.nodes[i].Config.Admin.Socket})
	if err != nil {
		t.Fatal(err)
	}
	return client.Do(t.Context(), method, path, nil, out)
}

// TestCallsOfCluster asks each node for a call that node 1 has, and hangs it up at
// the other one.
func TestCallsOfCluster(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	phone := udpPeer(t, hosttest.Next())
	phone.register(p.sip(1), "1002", 1)
	c := ring(t, p.sip(0), p.sip(1), phone)
	c.answered(t)
	var list api.Calls
	for i := range p.nodes {
		list = api.Calls{}
		if err := p.ask(t, i, "GET", callsPath, &list); err != nil {
			t.Fatal(err)
		}
		if len(list.Calls) != 1 || list.Calls[0].Node != "node-1" || len(list.Calls[0].Legs) != 2 || list.Missing != nil {
			t.Fatalf("node %d lists %+v", i+1, list)
		}
	}
	path := callsPath + "/" + list.Calls[0].ID
	var one api.Call
	if err := p.ask(t, 1, "GET", path, &one); err != nil || one.Node != "node-1" || one.State != "talking" {
		t.Errorf("shown at node 2: %+v, %v", one, err)
	}
	var record api.CallRecord
	if err := p.ask(t, 1, "GET", path+"/events", &record); err != nil || len(record.Events) == 0 || record.Events[0].Kind != ledger.Arrived {
		t.Errorf("explained at node 2: %+v, %v", record, err)
	}
	if err := p.ask(t, 1, "DELETE", path, nil); err != nil {
		t.Fatal(err)
	}
	bye := phone.await("BYE ")
	phone.respond(c.by, bye, "200 OK", "")
	bye = c.carrier.await("BYE ")
	c.carrier.respond(p.sip(0), bye, "200 OK", "")
	until(t, "the call is over", func() bool { return p.nodes[0].Exchange.Active() == 0 })
}

// TestCallsWithoutLink: a node that does not answer is named, not left out.
func TestCallsWithoutLink(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	if err := p.nodes[0].Link.Close(); err != nil {
		t.Error(err)
	}
	until(t, "node 2 knows", func() bool { return !p.nodes[1].Link.Connected("node-1") })
	var list api.Calls
	if err := p.ask(t, 1, "GET", callsPath, &list); err != nil || len(list.Missing) != 1 || list.Missing[0].Node != "node-1" {
		t.Errorf("%+v, %v", list, err)
	}
	err := p.ask(t, 1, "GET", callsPath+"/nowhere", nil)
	if refused, ok := errors.AsType[*api.RefusedError](err); !ok || refused.Status != http.StatusServiceUnavailable {
		t.Errorf("a call that may be at the other node: %v", err)
	}
}
