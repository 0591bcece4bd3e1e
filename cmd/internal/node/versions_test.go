package node_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/edition"
)

// TestVersionOfBothNodes: what one node publishes the other has, and what is not
// confirmed at one goes back at both.
func TestVersionOfBothNodes(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	tenant := p.nodes[0].Config.Tenants[0].Name
	published := func(n int) string {
		v, err := p.nodes[n].Plans.Current(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		used := p.nodes[n].Admission.Tenant(tenant).Version()
		if used != v.Version {
			return ""
		}
		return used
	}
	seed := published(0)
	if seed == "" || published(1) != seed {
		t.Fatal("the nodes do not begin with the same version")
	}
	in := api.PlanText{File: "x.plan.hcl", Text: "dial \"*43\" {\n  reject { status = 486 }\n}\n", Within: time.Minute}
	head, err := p.nodes[0].Plans.Apply(t.Context(), tenant, in, "unix:ada")
	if err != nil {
		t.Fatal(err)
	}
	until(t, "node 2 has the version", func() bool { return published(1) == head.Version })
	if _, err := p.nodes[1].Plans.Archive().Confirm(t.Context(), time.Now(), tenant, edition.By{Author: "unix:eve"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.nodes[1].Plans.Rollback(t.Context(), tenant, seed, edition.By{Author: "unix:eve"}); err != nil {
		t.Fatal(err)
	}
	until(t, "node 1 has the former version", func() bool { return published(0) == seed })
	in.Within = edition.MinConfirm
	if _, err := p.nodes[1].Plans.Apply(t.Context(), tenant, in, "unix:ada"); err != nil {
		t.Fatal(err)
	}
	until(t, "both have gone back", func() bool {
		list, _, err := p.nodes[0].Plans.Archive().History(t.Context(), tenant)
		return err == nil && list[0].Kind == edition.Returned && published(0) == seed && published(1) == seed
	})
}

// TestCallsWhileVersionsChange: while versions change each other, every call at either
// node is decided by one of them, and its record says by which.
func TestCallsWhileVersionsChange(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	tenant := p.nodes[0].Config.Tenants[0].Name
	statuses := map[string]int{} // by version
	var texts []api.PlanText
	for _, status := range []int{486, 410} {
		in := api.PlanText{File: "x.plan.hcl", Text: fmt.Sprintf("number %q {\n  reject { status = %d }\n}\n", called, status)}
		texts = append(texts, in)
		statuses[edition.ID(in.Files())] = status
	}
	publish := func(i int) {
		if _, err := p.nodes[i%2].Plans.Apply(t.Context(), tenant, texts[i%2], "unix:ada"); err != nil {
			t.Error(err)
		}
	}
	publish(1)
	until(t, "both nodes have a version", func() bool {
		_, known := statuses[p.nodes[0].Admission.Tenant(tenant).Version()]
		return known
	})
	const calls, changes = 200, 40
	var publisher sync.WaitGroup
	publisher.Go(func() {
		for i := range changes {
			publish(i)
		}
	})
	carrier := udpPeer(t, "127.0.0.2")
	for i := range calls {
		refuse(p, carrier, i)
	}
	publisher.Wait()
	met := map[string]int{}
	until(t, "every call is in the record", func() bool {
		met = map[string]int{}
		for _, n := range p.nodes {
			for _, r := range records(t, filepath.Join(n.Config.Node.Data, "ledger")) {
				if r.Status != statuses[r.Version] {
					t.Fatalf("the record %+v is of no version", r)
				}
				met[r.Version]++
			}
		}
		sum := 0
		for _, n := range met {
			sum += n
		}
		return sum == calls
	})
	if len(met) != len(statuses) {
		t.Errorf("calls by version %v", met)
	}
	until(t, "both nodes have the same version", func() bool {
		return p.nodes[0].Admission.Tenant(tenant).Version() == p.nodes[1].Admission.Tenant(tenant).Version()
	})
}

// refuse makes the i-th call, at one node or the other, and has it refused.
func refuse(p *pair, carrier *peer, i int) {
	c := &call{carrier: carrier, at: p.sip(i % 2), id: fmt.Sprint("refused-", i)}
	target := "sip:" + called + "@" + c.at
	lines := c.request("INVITE", 1, target, "<"+target+">")
	carrier.send(c.at, carrier.sdp(), lines...)
	no := carrier.await("SIP/2.0 4", "SIP/2.0 5", "SIP/2.0 2")
	ack := c.request("ACK", 1, target, no.get("To"))
	ack[1] = lines[1] // of the same transaction
	carrier.send(c.at, "", ack...)
	if !strings.HasPrefix(no.first, "SIP/2.0 486") && !strings.HasPrefix(no.first, "SIP/2.0 410") {
		carrier.t.Errorf("call %d: %s", i, no.first)
	}
}
