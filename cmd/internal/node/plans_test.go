package node

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// deaf is a store that tells of no change, but that anything may have changed, and
// that can be away.
type deaf struct {
	state.Store
	tell func(tenant, id string)
	away atomic.Bool
}

func (d *deaf) Watch(_ state.Table, fn func(tenant, id string)) (stop func()) {
	d.tell = fn
	return func() {}
}

func (d *deaf) Get(ctx context.Context, t state.Table, tenant, id string) (state.Record, error) {
	if d.away.Load() {
		return state.Record{}, state.ErrUnavailable
	}
	return d.Store.Get(ctx, t, tenant, id)
}

// TestPlansLostNews: where news of a plan may have been lost the node reads what is
// published, as soon as the store answers.
func TestPlansLostNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := state.OpenEmbedded(t.TempDir(), state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		d := &deaf{Store: store}
		cfg := &configs.Config{Tenants: []configs.Tenant{{Name: "demo"}, {Name: "other"}}}
		p := newPlans(d, seat.NewDirectory(store), cfg, nil, slog.New(slog.DiscardHandler))
		defer p.close()
		value, err := json.Marshal(api.Plan{File: "x.plan.hcl", Text: "dial \"*43\" {\n  echo {}\n}\n"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Put(t.Context(), planTable, "demo", state.Change{ID: currentPlan, Value: value, Expect: state.None}); err != nil {
			t.Fatal(err)
		}
		d.away.Store(true)
		d.tell("", "")
		<-time.After(time.Minute) // fake time
		if p.tenant("demo").Plan() != nil {
			t.Fatal("there is a plan that could not be read")
		}
		d.away.Store(false)
		<-time.After(rereadEvery)
		synctest.Wait()
		if p.tenant("demo").Plan() == nil {
			t.Error("the published plan was not read")
		}
	})
}
