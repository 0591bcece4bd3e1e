package override_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/override"
	"strowger/sip/state"
	"strowger/sip/state/statetest"
)

var silent = slog.New(slog.DiscardHandler)

func board(t *testing.T, store state.Store) *override.Board {
	t.Helper()
	b, err := override.New(t.Context(), store, silent)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

// TestHoldsOnEveryNode: what one node sets the other knows, of its tenant alone, until its
// end.
func TestHoldsOnEveryNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := statetest.Open(t)
		one, other := board(t, store), board(t, store)
		now := time.Now()
		o := override.Override{Key: "switch.moved", Value: "true", Until: now.Add(time.Hour), Why: "fire", By: "unix:ada", At: now}
		if err := one.Set(t.Context(), now, "demo", o); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		for name, b := range map[string]*override.Board{"one": one, "other": other} {
			if got := b.Value(now, "demo", "switch.moved"); got != "true" {
				t.Errorf("%s: %q", name, got)
			}
			if got := b.Value(now, "moon", "switch.moved"); got != "" {
				t.Errorf("%s: another tenant has %q", name, got)
			}
			if got := b.Value(now.Add(time.Hour), "demo", "switch.moved"); got != "" || len(b.List(now.Add(time.Hour), "demo")) != 0 {
				t.Errorf("%s: at its end %q", name, got)
			}
			if list := b.List(now, "demo"); len(list) != 1 || list[0].Why != "fire" || list[0].By != "unix:ada" {
				t.Errorf("%s: %+v", name, list)
			}
		}
		if err := other.Clear(t.Context(), now, "demo", "switch.moved"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := one.Value(now, "demo", "switch.moved"); got != "" {
			t.Errorf("after its end by hand: %q", got)
		}
	})
}

// TestStoreAway: what was known stays, and is read again when the store is back.
func TestStoreAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := statetest.Open(t)
		one, other := board(t, store), board(t, store)
		now := time.Now()
		set := func(b *override.Board, key string) error {
			return b.Set(t.Context(), now, "demo", override.Override{Key: key, Value: "true"})
		}
		if err := set(one, "switch.a"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		store.Away(true)
		if err := set(one, "switch.b"); !errors.Is(err, state.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
		if other.Value(now, "demo", "switch.a") != "true" {
			t.Error("what was known is forgotten")
		}
		store.Unwritable.Store(false)
		if err := set(one, "switch.b"); err != nil { // written, and not read
			t.Error(err)
		}
		synctest.Wait()
		if other.Value(now, "demo", "switch.b") != "" {
			t.Fatal("it was read from a store that is away")
		}
		store.Away(false)
		<-time.After(5 * time.Second)
		synctest.Wait()
		if other.Value(now, "demo", "switch.b") != "true" || one.Value(now, "demo", "switch.b") != "true" {
			t.Error("it is not read again")
		}
	})
}

// TestLimits: the number of overrides and the length of a reason are bounded; what has
// ended makes room.
func TestLimits(t *testing.T) {
	store := statetest.Open(t)
	b := board(t, store)
	now := time.Now()
	if err := b.Set(t.Context(), now, "demo", override.Override{Key: "switch.a", Value: "true", Why: strings.Repeat("w", override.MaxWhy+1)}); err == nil {
		t.Error("a long reason is taken")
	}
	for i := range override.Max {
		if err := store.Apply(t.Context(), override.Tables()[0], "demo", []state.Change{{
			ID: fmt.Sprint("switch.s", i), Value: []byte(`{"value":"true","until":"2026-01-01T00:00:00Z"}`), Expect: state.Any,
		}}); err != nil {
			t.Fatal(err)
		}
	}
	full := board(t, store)
	before := time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)
	if err := full.Set(t.Context(), before, "demo", override.Override{Key: "switch.more", Value: "true"}); !errors.Is(err, override.ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	if err := full.Set(t.Context(), before, "demo", override.Override{Key: "switch.s1", Value: "true"}); err != nil {
		t.Errorf("one that is there: %v", err)
	}
	if err := full.Set(t.Context(), now, "demo", override.Override{Key: "switch.more", Value: "true"}); err != nil {
		t.Errorf("when they have ended: %v", err)
	}
	if n := len(full.List(before, "demo")); n != 2 {
		t.Errorf("%d are kept", n)
	}
}

// TestUnreadable: a record that nobody can read is left out.
func TestUnreadable(t *testing.T) {
	store := statetest.Open(t)
	if _, err := store.Put(t.Context(), override.Tables()[0], "demo", state.Change{ID: "switch.a", Value: []byte("{"), Expect: state.Any}); err != nil {
		t.Fatal(err)
	}
	if b := board(t, store); b.Value(time.Now(), "demo", "switch.a") != "" {
		t.Error("it is read")
	}
	store.Away(true)
	if _, err := override.New(t.Context(), store, silent); !errors.Is(err, state.ErrUnavailable) {
		t.Errorf("a store that is away: %v", err)
	}
}
