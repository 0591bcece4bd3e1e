package node_test

import (
	"errors"
	"net/http"
	"strings"
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
	for i := range p.nodes {
		p.ladder(t, i, path)
	}
}

// ladder wants the messages of a call whose carrier is at node 1 and whose phone is at
// node 2, as each of them saw what it sent and received.
func (p *pair) ladder(t *testing.T, i int, path string) {
	t.Helper()
	var l api.Trace
	if err := p.ask(t, i, "GET", path+"/messages", &l); err != nil {
		t.Fatal(err)
	}
	if len(l.Legs) != 2 || l.Missing != nil {
		t.Fatalf("node %d knows the legs %+v, and lacks %v", i+1, l.Legs, l.Missing)
	}
	for leg, want := range l.Legs {
		seen := map[string]bool{}
		for _, m := range l.Messages {
			if m.CallID != want.CallID {
				continue
			}
			if m.Local.String() != p.sip(leg) {
				t.Errorf("node %d: a message of leg %d was seen at %s", i+1, leg+1, m.Local)
			}
			first, _, _ := strings.Cut(m.Text, " sip:")
			first, _, _ = strings.Cut(first, "\r\n")
			seen[first] = true
		}
		for _, first := range []string{"INVITE", "SIP/2.0 200 OK", "ACK", "BYE"} {
			if !seen[first] {
				t.Errorf("node %d: leg %d has no %s, but %v", i+1, leg+1, first, seen)
			}
		}
	}
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
