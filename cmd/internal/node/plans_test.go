package node

import (
	"encoding/json"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
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
		value, err := json.Marshal(api.Plan{File: "x.plan.hcl", Text: "dial \"*43\" {\n  echo {}\n}\n"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Put(t.Context(), planTable, "demo", state.Change{ID: currentPlan, Value: value, Expect: state.None}); err != nil {
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
