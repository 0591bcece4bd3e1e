package state

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// modelEntry is a record as the model knows it.
type modelEntry struct {
	value string
	rev   Rev
}

// TestModel compares a store with a map under random operations. Each run has
// tenants of its own, so that one store serves all runs.
func TestModel(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		t.Helper()
		run := 0
		rapid.Check(t, func(t *rapid.T) {
			run++
			m := &model{s: s, tenant: "run" + strconv.Itoa(run), stale: []Rev{None, Any, Any - 1}, have: map[Table]map[string]modelEntry{grouped: {}, spread: {}}}
			t.Repeat(map[string]func(*rapid.T){"put": m.put, "apply": m.apply, "get": m.get, "": m.check})
		})
	})
}

type model struct {
	s      Store
	tenant string
	have   map[Table]map[string]modelEntry
	stale  []Rev // every revision seen and one that is never given, to try again
}

func (m *model) change(t *rapid.T, label string) Change {
	c := Change{
		ID:     rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, label+"ID"),
		Expect: rapid.SampledFrom(m.stale).Draw(t, label+"Expect"),
	}
	if rapid.Bool().Draw(t, label+"Write") {
		c.Value = []byte(rapid.StringN(0, 4, -1).Draw(t, label+"Value"))
	}
	return c
}

func (m *model) allowed(table Table, c Change) bool {
	return c.Expect == Any || c.Expect == m.have[table][c.ID].rev
}

func (m *model) put(t *rapid.T) {
	table := rapid.SampledFrom(bothTables).Draw(t, "table")
	c := m.change(t, "")
	want := m.allowed(table, c)
	rev, err := m.s.Put(context.Background(), table, m.tenant, c)
	switch {
	case !want && errors.Is(err, ErrConflict):
		return
	case !want || err != nil:
		t.Fatalf("put %+v: %v; should it be allowed: %t", c, err, want)
	case c.Value == nil:
		delete(m.have[table], c.ID)
	case slices.Contains(m.stale, rev):
		t.Fatalf("revision %d was given before", rev)
	default:
		m.have[table][c.ID] = modelEntry{string(c.Value), rev}
		m.stale = append(m.stale, rev)
	}
}

func (m *model) apply(t *rapid.T) {
	changes := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) Change { return m.change(t, "") }),
		0, 3, func(c Change) string { return c.ID }).Draw(t, "changes")
	want := !slices.ContainsFunc(changes, func(c Change) bool { return !m.allowed(grouped, c) })
	err := m.s.Apply(context.Background(), grouped, m.tenant, changes)
	if want != (err == nil) || !want && !errors.Is(err, ErrConflict) {
		t.Fatalf("apply %+v: %v; should it be allowed: %t", changes, err, want)
	}
	for _, c := range changes {
		if want && c.Value == nil {
			delete(m.have[grouped], c.ID)
		} else if want {
			r, err := m.s.Get(context.Background(), grouped, m.tenant, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			m.have[grouped][c.ID] = modelEntry{string(c.Value), r.Rev}
			m.stale = append(m.stale, r.Rev)
		}
	}
}

func (m *model) get(t *rapid.T) {
	table := rapid.SampledFrom(bothTables).Draw(t, "table")
	id := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "id")
	r, err := m.s.Get(context.Background(), table, m.tenant, id)
	want, ok := m.have[table][id]
	if ok != (err == nil) || !ok && !errors.Is(err, ErrNotFound) || ok && (string(r.Value) != want.value || r.Rev != want.rev) {
		t.Fatalf("get %s: %+v, %v; want %+v", id, r, err, want)
	}
}

func (m *model) check(t *rapid.T) {
	for _, table := range bothTables {
		got := make(map[string]modelEntry)
		err := m.s.List(context.Background(), table, m.tenant, func(_ string, r Record) bool {
			got[r.ID] = modelEntry{string(r.Value), r.Rev}
			return true
		})
		if err != nil || !maps.Equal(got, m.have[table]) {
			t.Fatalf("list: %v\n%v\n%v", err, got, m.have[table])
		}
	}
}

// TestConcurrentTransfers moves units between records of one tenant from several
// goroutines: no snapshot may ever show another sum, and none is lost.
func TestConcurrentTransfers(t *testing.T) {
	const accounts, start, movers, moves = 4, 100, 4, 30
	eachStore(t, func(t *testing.T, s Store) {
		t.Helper()
		for i := range accounts {
			mustPut(t, s, grouped, "sum", Change{ID: strconv.Itoa(i), Value: strconv.AppendInt(nil, start, 10), Expect: None})
		}
		sum := func() (total int) {
			err := s.List(t.Context(), grouped, "sum", func(_ string, r Record) bool {
				n, err := strconv.Atoi(string(r.Value))
				total += n
				return err == nil
			})
			if err != nil {
				t.Error(err)
			}
			return total
		}
		var wg sync.WaitGroup
		for mover := range movers {
			wg.Go(func() {
				for i := range moves {
					if err := move(t.Context(), s, strconv.Itoa((mover+i)%accounts), strconv.Itoa((mover+i+1)%accounts)); err != nil {
						t.Error(err)
					}
					if got := sum(); got != accounts*start {
						t.Errorf("a snapshot has the sum %d", got)
					}
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(accounts*start, sum()); diff != "" {
			t.Error(diff)
		}
	})
}

// move takes one unit from a record to another, until no other writer was faster.
func move(ctx context.Context, s Store, from, to string) error {
	for {
		a, err := s.Get(ctx, grouped, "sum", from)
		if err != nil {
			return err
		}
		b, err := s.Get(ctx, grouped, "sum", to)
		if err != nil {
			return err
		}
		err = s.Apply(ctx, grouped, "sum", []Change{
			{ID: from, Expect: a.Rev, Value: addUnits(a.Value, -1)},
			{ID: to, Expect: b.Rev, Value: addUnits(b.Value, 1)},
		})
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
}

func addUnits(value []byte, n int) []byte {
	have, _ := strconv.Atoi(string(value))
	return strconv.AppendInt(nil, int64(have+n), 10)
}
