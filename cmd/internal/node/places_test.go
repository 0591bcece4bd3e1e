package node

import (
	"log/slog"
	"testing"
	"time"

	"strowger/sip/state"
	"strowger/sip/state/redistest"
	"strowger/sip/subscribe"
)

// TestPlaces: of two nodes one has a place, until it gives it up, its time is over or
// it is gone.
func TestPlaces(t *testing.T) {
	open := map[string]func(t *testing.T) (state.Store, error){
		"embedded": func(t *testing.T) (state.Store, error) {
			t.Helper()
			return state.OpenEmbedded(t.TempDir(), state.Options{Logger: slog.New(slog.DiscardHandler)})
		},
		"redis": func(t *testing.T) (state.Store, error) {
			t.Helper()
			if testing.Short() {
				t.Skip("starts a redis-server: not in -short")
			}
			return state.OpenRedis(t.Context(), redistest.Start(t), state.Options{Logger: slog.New(slog.DiscardHandler)})
		},
	}
	for name, open := range open {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, err := open(t)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = store.Close() })
			takePlaces(t, store)
		})
	}
}

func takePlaces(t *testing.T, store state.Store) {
	t.Helper()
	alive := []string{"node-1", "node-2"}
	of := func(node string) places { return places{store, node, func() []string { return alive }} }
	one, two := of("node-1"), of("node-2")
	place := subscribe.Name{Tenant: "demo", Number: "701"}
	take := func(p places, at subscribe.Name, call string, life time.Duration, want bool) {
		t.Helper()
		if ok, err := p.Take(t.Context(), at, call, time.Now().Add(life)); ok != want || err != nil {
			t.Errorf("%s takes %s: %t, %v; want %t", p.node, at.Number, ok, err, want)
		}
	}
	free := func(p places, call string) {
		t.Helper()
		if err := p.Free(t.Context(), place, call); err != nil {
			t.Error(err)
		}
	}
	take(one, place, "a", time.Minute, true)
	take(two, place, "b", time.Minute, false)
	take(two, subscribe.Name{Tenant: "other", Number: "701"}, "b", time.Minute, true)
	free(two, "a") // of another node
	free(one, "b") // another call
	take(two, place, "b", time.Minute, false)
	free(one, "a")
	free(one, "a")
	take(two, place, "b", time.Minute, true)
	take(two, place, "c", time.Minute, true) // node 2 has restarted, and knows of no call there
	free(two, "b")
	take(one, place, "d", time.Minute, false)
	alive = []string{"node-1"}
	take(one, place, "d", time.Minute, true) // node 2 is gone
	alive = []string{"node-1", "node-2"}
	take(two, place, "e", time.Minute, false)
	free(one, "d")
	take(one, place, "f", 300*time.Millisecond, true)
	take(two, place, "g", time.Minute, false)
	<-time.After(400 * time.Millisecond)
	take(two, place, "g", time.Minute, true) // its time is over
}
