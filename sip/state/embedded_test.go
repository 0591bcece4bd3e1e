package state

import (
	"testing"
	"time"
)

func openTest(t *testing.T, dir string) *Embedded {
	t.Helper()
	s, err := OpenEmbedded(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

var (
	grouped = Table{Name: "things", Placement: Grouped}
	spread  = Table{Name: "sparks", Placement: Spread}
)

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, dir)
	rev, err := s.Put(t.Context(), grouped, "demo", Change{ID: "a", Value: []byte("1"), Expect: None})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Change{
		{ID: "soon", Value: []byte("2"), Expect: Any, Expires: time.Now().Add(time.Hour)},
		{ID: "gone", Value: []byte("2"), Expect: Any, Expires: time.Now().Add(-time.Hour)},
		{ID: "never was", Expect: Any, Durable: true},
	} {
		if _, err := s.Put(t.Context(), spread, "demo", c); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, dir)
	r, err := s.Get(t.Context(), grouped, "demo", "a")
	if err != nil || string(r.Value) != "1" || r.Rev != rev {
		t.Errorf("after reopening: %+v, %v; want value 1, revision %d", r, err, rev)
	}
	n := 0
	if err := s.List(t.Context(), spread, "", func(string, Record) bool { n++; return true }); err != nil || n != 1 {
		t.Errorf("%d spread records, %v; want 1", n, err)
	}
	again, err := s.Put(t.Context(), grouped, "demo", Change{ID: "b", Value: []byte("1"), Expect: None})
	if err != nil || again <= rev {
		t.Errorf("revision %d after %d, %v; it must grow", again, rev, err)
	}
}
