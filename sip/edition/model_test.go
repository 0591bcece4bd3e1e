package edition_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strowger/sip/edition"
	"strowger/sip/state"
	"strowger/sip/state/statetest"
)

// model is what the head of a tenant is to be: which text is published, to which text
// and when that changes by itself, and what rollbacks go back to.
type model struct {
	text   string
	until  time.Time // nobody confirmed text
	next   string    // text that is published at begins
	begins time.Time
	within time.Duration
	stack  []string
}

// back takes publishings away until a text is the last, as Rollback is told.
func (m *model) back(text string) {
	for i := len(m.stack) - 2; i >= 0; i-- {
		if m.stack[i] == text {
			m.stack, m.text, m.until, m.next = m.stack[:i+1], text, time.Time{}, ""
			return
		}
	}
}

// hasty is a store that waits for no disk.
type hasty struct{ state.Store }

func (s hasty) Apply(ctx context.Context, t state.Table, tenant string, changes []state.Change) error {
	for i := range changes {
		changes[i].Durable = false
	}
	return s.Store.Apply(ctx, t, tenant, changes)
}

// TestModel does what it likes, and compares the head with the model's.
func TestModel(t *testing.T) {
	a, runs := edition.New(hasty{statetest.Open(t)}), 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		run(t, a, fmt.Sprint("tenant-", runs))
	})
}

func run(t *rapid.T, a *edition.Archive, tenant string) {
	ctx, m, now := context.Background(), &model{}, start
	t.Repeat(map[string]func(*rapid.T){
		"publish": func(t *rapid.T) {
			in := draft(fmt.Sprint("text ", rapid.IntRange(0, 3).Draw(t, "text")), "ada")
			in.Within = rapid.SampledFrom([]time.Duration{0, time.Minute}).Draw(t, "within")
			if rapid.Bool().Draw(t, "later") {
				in.At = now.Add(time.Minute)
			}
			_, err := a.Publish(ctx, now, tenant, in)
			m.publish(t, in, now, err)
		},
		"rollback": func(t *rapid.T) {
			_, err := a.Rollback(ctx, now, tenant, "", edition.By{Author: "eve"})
			if can := len(m.stack) > 1; can != (err == nil) {
				t.Fatalf("rollback with %q: %v", m.stack, err)
			} else if can {
				m.back(m.stack[len(m.stack)-2])
			}
		},
		"confirm": func(t *rapid.T) {
			_, err := a.Confirm(ctx, now, tenant, edition.By{})
			if m.until.IsZero() != (err != nil) {
				t.Fatalf("confirm: %v", err)
			}
			m.until = time.Time{}
		},
		"cancel": func(t *rapid.T) {
			_, err := a.Cancel(ctx, now, tenant, edition.By{})
			if (m.next == "") != (err != nil) {
				t.Fatalf("cancel: %v", err)
			}
			m.next = ""
		},
		"wait": func(t *rapid.T) {
			now = now.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second)
			if _, err := a.Advance(ctx, now, tenant, edition.By{Author: "node"}); err != nil {
				t.Fatal(err)
			}
			m.advance(now)
		},
		"": func(t *rapid.T) { m.compare(t, a, tenant) },
	})
}

func (m *model) publish(t *rapid.T, in edition.Draft, now time.Time, err error) {
	text := in.Files[0].Text
	switch {
	case m.next != "" || !m.until.IsZero():
		if _, busy := errors.AsType[*edition.BusyError](err); !busy {
			t.Fatalf("published while one waits: %v", err)
		}
		return
	case text == m.text:
	case in.Within != 0 && m.text == "":
		if err == nil {
			t.Fatal("nothing to go back to")
		}
		return
	case !in.At.IsZero():
		m.next, m.begins, m.within = text, in.At, in.Within
	default:
		m.begin(text, in.Within, now)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (m *model) begin(text string, within time.Duration, now time.Time) {
	m.text, m.stack = text, append(m.stack, text)
	if within != 0 {
		m.until = now.Add(within)
	}
}

func (m *model) advance(now time.Time) {
	switch {
	case m.next != "" && !now.Before(m.begins):
		text := m.next
		m.next = ""
		m.begin(text, m.within, now)
	case !m.until.IsZero() && !now.Before(m.until):
		m.back(m.stack[len(m.stack)-2])
	}
}

func (m *model) compare(t *rapid.T, a *edition.Archive, tenant string) {
	h, v, err := a.Current(context.Background(), tenant)
	have := ""
	if err == nil {
		have = v.Files[0].Text
	}
	at, _ := h.Due()
	want := m.until
	if m.next != "" {
		want = m.begins
	}
	if have != m.text || !at.Equal(want) {
		t.Fatalf("published is %q until %v (%v), want %q until %v", have, at, err, m.text, want)
	}
}
