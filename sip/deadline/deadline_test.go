package deadline_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strowger/sip/deadline"
)

type thing struct {
	deadline.Place
	name int
}

var t0 = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func TestFirst(t *testing.T) {
	var q deadline.Queue[*thing]
	if _, ok := q.First(t0); ok || !q.Next().IsZero() {
		t.Fatal("an empty queue has something due")
	}
	a, b, c := &thing{name: 1}, &thing{name: 2}, &thing{name: 3}
	q.Set(a, t0.Add(2*time.Second))
	q.Set(b, t0.Add(time.Second))
	q.Set(c, t0.Add(time.Second))
	if x, ok := q.First(t0); ok {
		t.Fatalf("%d is due before its time", x.name)
	}
	if x, ok := q.First(t0.Add(time.Second)); !ok || x != b || !q.Next().Equal(b.Due()) {
		t.Fatal("of two, not the one that entered first")
	}
	q.Set(b, t0.Add(3*time.Second))
	q.Set(c, time.Time{})
	if x, ok := q.First(t0.Add(time.Hour)); !ok || x != a || q.Len() != 2 || !c.Due().IsZero() {
		t.Fatal("what was moved and taken out is still there")
	}
	q.Set(c, time.Time{}) // it is out already
}

// TestOrder compares with a sorted list.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var q deadline.Queue[*thing]
		all := make([]*thing, 8)
		for i := range all {
			all[i] = &thing{name: i}
		}
		var in []*thing // in order of entering
		r.Repeat(map[string]func(*rapid.T){
			"set": func(r *rapid.T) {
				x := rapid.SampledFrom(all).Draw(r, "thing")
				if x.Due().IsZero() {
					in = append(in, x)
				}
				q.Set(x, t0.Add(time.Duration(rapid.IntRange(0, 9).Draw(r, "at"))))
			},
			"take out": func(r *rapid.T) {
				x := rapid.SampledFrom(all).Draw(r, "thing")
				q.Set(x, time.Time{})
				in = slices.DeleteFunc(in, func(y *thing) bool { return y == x })
			},
			"": func(r *rapid.T) {
				sorted := slices.Clone(in)
				slices.SortStableFunc(sorted, func(a, b *thing) int { return a.Due().Compare(b.Due()) })
				first, ok := q.First(t0.Add(time.Minute))
				if q.Len() != len(in) || ok != (len(in) > 0) || ok && first != sorted[0] {
					r.Fatalf("%d held, first %v, want %d and the first of %v", q.Len(), first, len(in), sorted)
				}
			},
		})
	})
}
