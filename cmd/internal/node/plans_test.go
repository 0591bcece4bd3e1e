package node

import (
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"strowger/configs"
	"strowger/sip/edition"
	"strowger/sip/seat"
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
