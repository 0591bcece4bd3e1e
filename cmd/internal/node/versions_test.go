package node_test

import (
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
