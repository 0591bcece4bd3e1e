package node

import (
	"errors"
	"log/slog"
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

// TestPlansLostNews: where news of a plan may have been lost the node reads what is
// published, as soon as the store answers.
func TestPlansLostNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := statetest.Open(t)
		d := &statetest.Deaf{Store: store}
		cfg := &configs.Config{Tenants: []configs.Tenant{{Name: "demo"}, {Name: "other"}}}
		p := newPlans(d, seat.NewDirectory(store), cfg, nil, slog.New(slog.DiscardHandler))
		defer p.close()
		draft := edition.Draft{Files: []edition.File{{Name: "x.plan.hcl", Text: "dial \"*43\" {\n  echo {}\n}\n"}}}
		if _, err := edition.New(store).Publish(t.Context(), time.Now(), "demo", draft); err != nil {
			t.Fatal(err)
		}
		store.Away(true)
		d.Lose()
		<-time.After(time.Minute) // fake time
		if p.tenant("demo").Plan() != nil {
			t.Fatal("there is a plan that could not be read")
		}
		store.Away(false)
		<-time.After(rereadEvery)
		synctest.Wait()
		if p.tenant("demo").Plan() == nil {
			t.Error("the published plan was not read")
		}
	})
}

// TestPlansBase: a plan that was made from another one than the published one is not
// published, and one that was made from none that is named always is.
func TestPlansBase(t *testing.T) {
	store := statetest.Open(t)
	cfg := &configs.Config{Tenants: []configs.Tenant{{Name: "demo"}}}
	p := newPlans(store, seat.NewDirectory(store), cfg, nil, slog.New(slog.DiscardHandler))
	defer p.close()
	text := func(code, base string) api.PlanText {
		return api.PlanText{File: "x.plan.hcl", Text: "dial \"" + code + "\" {\n  echo {}\n}\n", Base: base}
	}
	apply := func(in api.PlanText, want error) edition.Head {
		t.Helper()
		v, err := p.Apply(t.Context(), "demo", in, "me")
		if !errors.Is(err, want) {
			t.Fatalf("%q on %q: got %v, want %v", in.Text, in.Base, err, want)
		}
		return v
	}
	apply(text("1", "0"), state.ErrConflict) // there is none
	first := apply(text("1", ""), nil)
	second := apply(text("2", first.Version), nil)
	apply(text("3", first.Version), state.ErrConflict)
	if v, err := p.Current(t.Context(), "demo"); err != nil || v.Version != second.Version {
		t.Fatalf("the published plan is %v, %v", v, err)
	}
	apply(text("3", ""), nil)
}
