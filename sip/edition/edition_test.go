package edition_test

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"strowger/sip/edition"
	"strowger/sip/state"
	"strowger/sip/state/redistest"
	"strowger/sip/state/statetest"
)

const tenant = "demo"

// start is before every time of a test.
var start = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

// eachStore runs a test over an empty store of each kind.
func eachStore(t *testing.T, test func(t *testing.T, store state.Store)) {
	t.Helper()
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, statetest.Open(t))
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		s, err := state.OpenRedis(t.Context(), redistest.Start(t), state.Options{Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() })
		test(t, s)
	})
}

func draft(text, author string) edition.Draft {
	return edition.Draft{
		Files: []edition.File{{Name: "plan.hcl", Text: text}}, Meaning: "m:" + text,
		By: edition.By{Author: author, Message: "why " + text[:min(len(text), 20)]},
	}
}

// desk publishes, a minute later each time.
type desk struct {
	*edition.Archive
	t   *testing.T
	now time.Time
}

func open(t *testing.T, store state.Store) *desk {
	t.Helper()
	return &desk{edition.New(store), t, start}
}

func (d *desk) tick() time.Time {
	d.now = d.now.Add(time.Minute)
	return d.now
}

func (d *desk) publish(text string) string {
	d.t.Helper()
	h, err := d.Publish(d.t.Context(), d.tick(), tenant, draft(text, "ada"))
	if err != nil {
		d.t.Fatalf("publish %q: %v", text, err)
	}
	return h.Version
}

func (d *desk) rollback(id string) {
	d.t.Helper()
	if _, err := d.Rollback(d.t.Context(), d.tick(), tenant, id, edition.By{Author: "eve"}); err != nil {
		d.t.Fatalf("rollback %q: %v", id, err)
	}
}

// wantCurrent compares the text that is published.
func (d *desk) wantCurrent(want string) edition.Head {
	d.t.Helper()
	h, v, err := d.Current(d.t.Context(), tenant)
	if err != nil || v.Files[0].Text != want || v.ID != h.Version {
		d.t.Fatalf("published is %+v %+v, %v; want %q", h, v, err, want)
	}
	return h
}

// kinds are the changes, the oldest first.
func (d *desk) kinds() string {
	d.t.Helper()
	list, _, err := d.History(d.t.Context(), tenant)
	if err != nil {
		d.t.Fatal(err)
	}
	var words []string
	for _, p := range slices.Backward(list) {
		words = append(words, string(p.Kind))
	}
	return strings.Join(words, " ")
}

// wantError wants an error of a type that says something.
func wantError[E error](t *testing.T, err error, text string) {
	t.Helper()
	var want E
	if !errors.As(err, &want) || !strings.Contains(err.Error(), text) {
		t.Fatalf("error %v, want a %T with %q", err, want, text)
	}
}

func TestVersions(t *testing.T) {
	eachStore(t, func(t *testing.T, store state.Store) {
		t.Helper()
		d := open(t, store)
		if _, err := d.Head(t.Context(), tenant); !errors.Is(err, state.ErrNotFound) {
			t.Fatal("an empty store has a head:", err)
		}
		one := d.publish("one")
		two := d.publish("two")
		if again := d.publish("two"); again != two || d.kinds() != "apply apply" {
			t.Errorf("the same again is %s, and the history %q", again, d.kinds())
		}
		v, err := d.Version(t.Context(), tenant, two)
		if err != nil || v.Parent != one || v.Author != "ada" || v.Message != "why two" || v.Meaning != "m:two" || v.ID != edition.ID(v.Files) || !v.At.Equal(start.Add(2*time.Minute)) {
			t.Errorf("version %+v, %v", v, err)
		}
		h := d.wantCurrent("two")
		if h.Serial != 2 || h.Author != "ada" || h.Message != "why two" {
			t.Errorf("head %+v", h)
		}
		for _, name := range []string{two, two[:edition.MinPrefix]} {
			if id, err := d.Resolve(t.Context(), tenant, name); id != two || err != nil {
				t.Errorf("%s is %s, %v", name, id, err)
			}
		}
		for name, want := range map[string]string{two[:5]: "there is no tag", "ffffff": "there is no version", "Winter": "there is no tag", "": "there is no tag"} {
			_, err := d.Resolve(t.Context(), tenant, name)
			wantError[*edition.RequestError](t, err, want)
		}
		if _, err := d.Head(t.Context(), "other"); !errors.Is(err, state.ErrNotFound) {
			t.Error("another tenant has it too:", err)
		}
	})
}

// TestRollback: each rollback without a version takes back one publishing more.
func TestRollback(t *testing.T) {
	eachStore(t, func(t *testing.T, store state.Store) {
		t.Helper()
		d := open(t, store)
		one := d.publish("one")
		d.publish("two")
		d.publish("one")
		d.publish("three")
		for _, want := range []string{"one", "two", "one"} {
			d.rollback("")
			d.wantCurrent(want)
		}
		_, err := d.Rollback(t.Context(), d.tick(), tenant, "", edition.By{})
		wantError[*edition.RequestError](t, err, "there is no version before")
		_, err = d.Rollback(t.Context(), d.tick(), tenant, one, edition.By{})
		wantError[*edition.RequestError](t, err, "is published already")
		if _, err := d.Rollback(t.Context(), d.tick(), tenant, edition.ID(nil), edition.By{}); !errors.Is(err, state.ErrNotFound) {
			t.Error("a rollback to what is not there:", err)
		}
		d.publish("four")
		d.rollback("")
		d.wantCurrent("one")
	})
}

// TestOvertaken: of many publishers at once each is either the one that was published,
// or told of another.
func TestOvertaken(t *testing.T) {
	eachStore(t, func(t *testing.T, store state.Store) {
		t.Helper()
		d := open(t, store)
		base := d.publish("base")
		now := d.tick()
		const publishers = 8
		errs := make([]error, publishers)
		var all sync.WaitGroup
		for i := range publishers {
			all.Go(func() {
				in := draft(fmt.Sprint("of ", i), fmt.Sprint("author-", i))
				in.Base = base
				_, errs[i] = edition.New(store).Publish(t.Context(), now, tenant, in)
			})
		}
		all.Wait()
		h, err := d.Head(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			wantError[*edition.OvertakenError](t, err, "version "+edition.Short(h.Version)+" was published meanwhile by "+h.Author+" at 2026-11-23 10:02:00 UTC ("+h.Message+")")
			if !errors.Is(err, state.ErrConflict) {
				t.Error("it is no conflict")
			}
		}
		if won != 1 || d.kinds() != "apply apply" {
			t.Errorf("%d were published; history %q", won, d.kinds())
		}
		list, _, _ := d.History(t.Context(), tenant)
		for _, p := range list {
			if _, err := d.Version(t.Context(), tenant, p.Version); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestUnconfirmed(t *testing.T) {
	eachStore(t, func(t *testing.T, store state.Store) {
		t.Helper()
		d := open(t, store)
		trial := draft("two", "ada")
		trial.Within = 10 * time.Minute
		_, err := d.Publish(t.Context(), d.tick(), tenant, trial)
		wantError[*edition.RequestError](t, err, "the first version has none to go back to")
		d.publish("one")
		h, err := d.Publish(t.Context(), d.tick(), tenant, trial)
		if err != nil {
			t.Fatal(err)
		}
		until, _ := h.Due()
		if !until.Equal(d.now.Add(trial.Within)) {
			t.Fatalf("head %+v", h)
		}
		_, err = d.Publish(t.Context(), d.now, tenant, draft("three", "bob"))
		wantError[*edition.BusyError](t, err, "of ada waits until 2026-11-23 10:13:00 UTC to be confirmed")
		if _, err := d.Advance(t.Context(), until.Add(-1), tenant, edition.By{Author: "n1"}); err != nil {
			t.Fatal(err)
		}
		d.wantCurrent("two")
		advanceAll(t, store, until)
		h = d.wantCurrent("one")
		if d.kinds() != "apply apply return" || h.Unconfirmed != nil || h.Message != "late" {
			t.Errorf("history %q, head %+v", d.kinds(), h)
		}
		_, err = d.Confirm(t.Context(), until, tenant, edition.By{Author: "ada"})
		wantError[*edition.RequestError](t, err, "no version waits to be confirmed")

		d.now = until
		if _, err := d.Publish(t.Context(), d.tick(), tenant, trial); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Confirm(t.Context(), d.tick(), tenant, edition.By{Author: "ada"}); err != nil {
			t.Fatal(err)
		}
		advanceAll(t, store, until.Add(time.Hour))
		d.wantCurrent("two")

		trial.Files[0].Text = "three"
		if _, err := d.Publish(t.Context(), d.tick(), tenant, trial); err != nil {
			t.Fatal(err)
		}
		d.rollback("")
		if h = d.wantCurrent("two"); h.Unconfirmed != nil {
			t.Errorf("after a rollback it still waits: %+v", h)
		}
	})
}

// advanceAll has several nodes do what is due, at once.
func advanceAll(t *testing.T, store state.Store, now time.Time) {
	t.Helper()
	var nodes sync.WaitGroup
	for i := range 4 {
		nodes.Go(func() {
			if _, err := edition.New(store).Advance(t.Context(), now, tenant, edition.By{Author: fmt.Sprint("node:", i), Message: "late"}); err != nil {
				t.Error(err)
			}
		})
	}
	nodes.Wait()
}

func TestPlanned(t *testing.T) {
	eachStore(t, func(t *testing.T, store state.Store) {
		t.Helper()
		d := open(t, store)
		d.publish("one")
		easter := draft("two", "ada")
		easter.At, easter.Within = start.Add(24*time.Hour), time.Hour
		if _, err := d.Publish(t.Context(), d.tick(), tenant, easter); err != nil {
			t.Fatal(err)
		}
		d.wantCurrent("one")
		_, err := d.Publish(t.Context(), d.tick(), tenant, draft("three", "bob"))
		wantError[*edition.BusyError](t, err, "of ada waits for 2026-11-24 10:00:00 UTC")
		advanceAll(t, store, easter.At.Add(-1))
		d.wantCurrent("one")
		advanceAll(t, store, easter.At)
		h := d.wantCurrent("two")
		if h.Author != "ada" || h.Message != "why two" || h.Unconfirmed == nil || !h.Unconfirmed.Until.Equal(easter.At.Add(time.Hour)) {
			t.Errorf("head %+v", h)
		}
		if d.kinds() != "apply schedule apply" {
			t.Errorf("history %q", d.kinds())
		}
		advanceAll(t, store, easter.At.Add(time.Hour))
		d.wantCurrent("one")

		d.now = easter.At.Add(2 * time.Hour)
		easter.At = easter.At.Add(24 * time.Hour)
		if _, err := d.Publish(t.Context(), d.tick(), tenant, easter); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Cancel(t.Context(), d.tick(), tenant, edition.By{Author: "bob"}); err != nil {
			t.Fatal(err)
		}
		_, err = d.Cancel(t.Context(), d.tick(), tenant, edition.By{Author: "bob"})
		wantError[*edition.RequestError](t, err, "no version waits for its time")
		advanceAll(t, store, easter.At)
		d.wantCurrent("one")
	})
}

// TestAdopted: a store with one plan and no versions goes on with it as the first.
func TestAdopted(t *testing.T) {
	eachStore(t, func(t *testing.T, store state.Store) {
		t.Helper()
		table := edition.Tables()[0]
		old := `{"hash":"h","author":"ada","at":"2026-11-01T10:00:00Z","file":"old.hcl","text":"old"}`
		if _, err := store.Put(t.Context(), table, tenant, state.Change{ID: "current", Value: []byte(old), Expect: state.None}); err != nil {
			t.Fatal(err)
		}
		var nodes sync.WaitGroup
		for range 4 {
			nodes.Go(func() {
				if _, err := edition.New(store).Head(t.Context(), tenant); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		d := open(t, store)
		h := d.wantCurrent("old")
		if h.Author != "ada" || h.Serial != 1 || !h.At.Equal(time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)) {
			t.Errorf("head %+v", h)
		}
		d.publish("new")
		d.rollback("")
		d.wantCurrent("old")
	})
}
