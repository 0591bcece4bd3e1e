package node

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/sip/edition"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/state/statetest"
)

const (
	echoes = "dial \"*43\" {\n  echo {}\n}\n"
	busy   = "dial \"*43\" {\n  reject { status = 486 }\n}\n"
	rings  = "dial \"1\" {\n  ring { seats = [\"1001\"] }\n}\n"
)

// following are the plans of two nodes on one store, in a bubble of synctest.
type following struct {
	t     *testing.T
	store *statetest.Store
	dir   *seat.Directory
	nodes [2]*Plans
}

// follow runs a test with two nodes that have the plan echoes.
func follow(t *testing.T, test func(t *testing.T, f *following)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		store := statetest.Open(t)
		f := &following{t: t, store: store, dir: seat.NewDirectory(store)}
		for i, name := range []string{"n1", "n2"} {
			cfg := &configs.Config{Tenants: []configs.Tenant{{Name: "demo"}}}
			cfg.Node.Name = name
			f.nodes[i] = newPlans(store, f.dir, cfg, nil, slog.New(slog.DiscardHandler))
			defer f.nodes[i].close()
		}
		f.apply(api.PlanText{Text: echoes})
		test(t, f)
	})
}

// apply publishes a plan from node 1.
func (f *following) apply(in api.PlanText) {
	f.t.Helper()
	in.File = "x.plan.hcl"
	if _, err := f.nodes[0].Apply(f.t.Context(), "demo", in, "unix:ada"); err != nil {
		f.t.Fatal(err)
	}
}

// wait lets time pass.
func (f *following) wait(d time.Duration) {
	<-time.After(d) // fake time
	synctest.Wait()
}

// want wants a plan on both nodes.
func (f *following) want(text string) {
	f.t.Helper()
	synctest.Wait()
	for i, n := range f.nodes {
		want := edition.ID(api.PlanText{File: "x.plan.hcl", Text: text}.Files())
		if n.tenant("demo").Version() != want {
			f.t.Fatalf("node %d has not the plan\n%s", i+1, text)
		}
	}
}

// last are the newest changes, the newest first, as kind author.
func (f *following) last(n int) string {
	f.t.Helper()
	list, _, err := f.nodes[1].Archive().History(f.t.Context(), "demo")
	if err != nil {
		f.t.Fatal(err)
	}
	var words []string
	for _, p := range list[:n] {
		words = append(words, string(p.Kind)+" by "+p.Author)
	}
	return strings.Join(words, ", ")
}

// TestUnconfirmedGoesBack: the nodes return in time, one of them for both.
func TestUnconfirmedGoesBack(t *testing.T) {
	follow(t, func(t *testing.T, f *following) {
		t.Helper()
		f.apply(api.PlanText{Text: busy, Within: time.Minute})
		f.want(busy)
		f.wait(time.Minute - time.Second)
		f.want(busy)
		f.wait(time.Second)
		f.want(echoes)
		if got := f.last(2); got != "return by node:n1, apply by unix:ada" && got != "return by node:n2, apply by unix:ada" {
			t.Error(got)
		}
	})
}

func TestConfirmedStays(t *testing.T) {
	follow(t, func(t *testing.T, f *following) {
		t.Helper()
		f.apply(api.PlanText{Text: busy, Within: time.Minute})
		if _, err := f.nodes[1].Archive().Confirm(t.Context(), time.Now(), "demo", edition.By{Author: "unix:eve"}); err != nil {
			t.Fatal(err)
		}
		f.wait(time.Hour)
		f.want(busy)
		if got := f.last(2); got != "confirm by unix:eve, apply by unix:ada" {
			t.Error(got)
		}
	})
}

// TestPlannedBegins: a version begins at its time, is confirmed by nobody, and goes.
func TestPlannedBegins(t *testing.T) {
	follow(t, func(t *testing.T, f *following) {
		t.Helper()
		f.apply(api.PlanText{Text: busy, At: time.Now().Add(time.Hour), Within: time.Minute})
		f.wait(time.Hour - time.Second)
		f.want(echoes)
		f.wait(time.Second)
		f.want(busy)
		f.wait(time.Minute)
		f.want(echoes)
		if got := f.last(3); !strings.HasSuffix(got, ", apply by unix:ada, schedule by unix:ada") {
			t.Error(got)
		}
	})
}

// TestDueWithoutStore: what is due while the store is away is done when it is back, and
// calls have a plan all the time.
func TestDueWithoutStore(t *testing.T) {
	follow(t, func(t *testing.T, f *following) {
		t.Helper()
		f.apply(api.PlanText{Text: busy, Within: time.Minute})
		f.want(busy)
		f.store.Away(true)
		f.wait(time.Hour)
		f.want(busy)
		f.store.Away(false)
		f.wait(rereadEvery)
		f.want(echoes)
	})
}

// TestDueUnusable: a version that cannot be used any more does not begin.
func TestDueUnusable(t *testing.T) {
	follow(t, func(t *testing.T, f *following) {
		t.Helper()
		if err := f.dir.PutTenant(t.Context(), seat.Tenant{Name: "demo", Realm: "demo"}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.dir.Import(t.Context(), "demo", strings.NewReader("number,network,password\n1001,local,long-enough-1\n"), seat.ImportOptions{}); err != nil {
			t.Fatal(err)
		}
		f.apply(api.PlanText{Text: rings, At: time.Now().Add(time.Hour)})
		if err := f.dir.DeleteSeat(t.Context(), "demo", "1001"); err != nil {
			t.Fatal(err)
		}
		f.wait(time.Hour)
		f.want(echoes)
		list, _, _ := f.nodes[0].Archive().History(t.Context(), "demo")
		if p := list[0]; p.Kind != edition.Canceled || !strings.Contains(p.Message, "cannot be used any more: x.plan.hcl:1: ") {
			t.Errorf("%+v", p)
		}
	})
}

// TestRolledBack: both nodes have the former version, which is checked before.
func TestRolledBack(t *testing.T) {
	follow(t, func(t *testing.T, f *following) {
		t.Helper()
		f.apply(api.PlanText{Text: busy})
		id, err := f.nodes[1].Archive().Before(t.Context(), "demo")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.nodes[1].Rollback(t.Context(), "demo", id, edition.By{Author: "unix:eve"}); err != nil {
			t.Fatal(err)
		}
		f.want(echoes)
		broken := edition.Draft{Files: api.PlanText{File: "x", Text: rings}.Files()}
		h, err := f.nodes[1].Archive().Publish(t.Context(), time.Now(), "demo", broken)
		if err != nil {
			t.Fatal(err)
		}
		f.want(echoes)
		if _, err := f.nodes[1].Rollback(t.Context(), "demo", h.Version, edition.By{}); err == nil || !strings.Contains(err.Error(), "cannot be used: x:1: ") {
			t.Error(err)
		}
	})
}

// TestPlanOfAnOlderNode: a store without versions has its plan as the first.
func TestPlanOfAnOlderNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := statetest.Open(t)
		value := `{"hash":"h","author":"ada","at":"2026-11-01T10:00:00Z","file":"x.plan.hcl","text":"dial \"*43\" {\n  echo {}\n}\n"}`
		if _, err := store.Put(t.Context(), edition.Tables()[0], "demo", state.Change{ID: "current", Value: []byte(value), Expect: state.None}); err != nil {
			t.Fatal(err)
		}
		cfg := &configs.Config{Tenants: []configs.Tenant{{Name: "demo"}}}
		p := newPlans(store, seat.NewDirectory(store), cfg, nil, slog.New(slog.DiscardHandler))
		defer p.close()
		v, err := p.Current(t.Context(), "demo")
		if err != nil || v.Author != "ada" || v.Text != echoes {
			t.Fatal(v, err)
		}
		synctest.Wait()
		if p.tenant("demo").Plan() == nil {
			t.Error("it is not used")
		}
	})
}
