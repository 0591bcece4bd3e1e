package state

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"strowger/sip/state/redistest"
)

// eachStore runs a test on an empty store of each kind, all side by side and beside
// other tests: a cluster takes seconds to find itself.
func eachStore(t *testing.T, test func(t *testing.T, s Store)) {
	t.Helper()
	t.Parallel()
	for kind, url := range map[string]func(t *testing.T, s redistest.Setup) string{
		"redis":          func(t *testing.T, s redistest.Setup) string { t.Helper(); return s.URL(s.Server(t)) },
		"redis cluster":  func(t *testing.T, s redistest.Setup) string { t.Helper(); url, _ := s.Cluster(t, 3); return url },
		"redis sentinel": func(t *testing.T, s redistest.Setup) string { t.Helper(); return s.Sentinels(t, 1).URL },
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			test(t, openRedisTest(t, url(t, redistest.Setup{})))
		})
		t.Run(kind+" by TLS", func(t *testing.T) {
			t.Parallel()
			test(t, openRedisTest(t, url(t, redistest.Setup{TLS: redistest.NewAuthority(t)})))
		})
	}
	t.Run("embedded", func(t *testing.T) {
		t.Parallel()
		test(t, openTest(t, t.TempDir()))
	})
}

func openRedisTest(tb testing.TB, url string) *Redis {
	tb.Helper()
	s, err := OpenRedis(context.Background(), url, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func mustPut(t *testing.T, s Store, table Table, tenant string, c Change) Rev {
	t.Helper()
	rev, err := s.Put(t.Context(), table, tenant, c)
	if err != nil {
		t.Fatalf("put %s/%s/%s: %v", table.Name, tenant, c.ID, err)
	}
	return rev
}

// dump is what a table holds, as tenant/id=value.
func dump(t *testing.T, s Store, table Table, tenant string) []string {
	t.Helper()
	list := []string{}
	err := s.List(t.Context(), table, tenant, func(tenant string, r Record) bool {
		list = append(list, fmt.Sprintf("%s/%s=%s", tenant, r.ID, r.Value))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestContract(t *testing.T) {
	eachStore(t, func(t *testing.T, s Store) {
		t.Helper()
		for _, table := range []Table{grouped, spread} {
			t.Run(table.Name, func(t *testing.T) {
				t.Run("revisions", func(t *testing.T) { testRevisions(t, s, table) })
				t.Run("list", func(t *testing.T) { testList(t, s, table) })
				t.Run("watch", func(t *testing.T) { testWatch(t, s, table) })
				t.Run("race", func(t *testing.T) { testRace(t, s, table) })
				t.Run("invalid", func(t *testing.T) { testInvalid(t, s, table) })
			})
		}
		t.Run("apply", func(t *testing.T) { testApply(t, s) })
		t.Run("expiry", func(t *testing.T) { testExpiry(t, s) })
		t.Run("end", func(t *testing.T) { testEnd(t, s) })
	})
}

func testRevisions(t *testing.T, s Store, table Table) {
	t.Helper()
	ctx := t.Context()
	put := func(expect Rev, value []byte) (Rev, error) {
		return s.Put(ctx, table, "rev", Change{ID: "a", Value: value, Expect: expect})
	}
	if _, err := s.Get(ctx, table, "rev", "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get of nothing: %v", err)
	}
	if _, err := put(12345, []byte("x")); !errors.Is(err, ErrConflict) {
		t.Errorf("update of nothing: %v", err)
	}
	if _, err := put(Any, nil); err != nil {
		t.Errorf("delete of nothing with Any: %v", err)
	}
	if _, err := put(None, nil); err != nil {
		t.Errorf("delete of nothing with None: %v", err)
	}
	first, err := put(None, []byte("one\x00\xff"))
	if err != nil || first == None || first == Any {
		t.Fatalf("create: %d, %v", first, err)
	}
	if _, err := put(None, []byte("x")); !errors.Is(err, ErrConflict) {
		t.Errorf("create of what is there: %v", err)
	}
	second, err := put(first, []byte{})
	if err != nil || second == first {
		t.Fatalf("update: %d after %d, %v", second, first, err)
	}
	for _, value := range [][]byte{[]byte("x"), nil} {
		if _, err := put(first, value); !errors.Is(err, ErrConflict) {
			t.Errorf("write %q with an old revision: %v", value, err)
		}
	}
	r, err := s.Get(ctx, table, "rev", "a")
	if diff := cmp.Diff(Record{ID: "a", Value: []byte{}, Rev: second}, r); diff != "" || err != nil {
		t.Errorf("get: %v\n%s", err, diff)
	}
	if rev, err := put(second, nil); err != nil || rev != None {
		t.Errorf("delete: %d, %v", rev, err)
	}
	if _, err := s.Get(ctx, table, "rev", "a"); !errors.Is(err, ErrNotFound) {
		t.Errorf("get after delete: %v", err)
	}
	third, err := put(None, []byte("three"))
	if err != nil || third == first || third == second {
		t.Errorf("create anew: revision %d is not new, %v", third, err)
	}
	if _, err := s.Put(ctx, table, "rev", Change{ID: "a", Expect: Any, Durable: true}); err != nil {
		t.Errorf("durable delete: %v", err)
	}
}

func testList(t *testing.T, s Store, table Table) {
	t.Helper()
	for _, id := range []string{"10", "9", "a:b*[c]"} {
		mustPut(t, s, table, "l1", Change{ID: id, Value: []byte("v" + id), Expect: Any})
	}
	mustPut(t, s, table, "l", Change{ID: "9", Value: []byte("other"), Expect: Any})
	want := []string{"l1/10=v10", "l1/9=v9", "l1/a:b*[c]=va:b*[c]"}
	if diff := cmp.Diff(want, dump(t, s, table, "l1")); diff != "" {
		t.Errorf("one tenant:\n%s", diff)
	}
	all := dump(t, s, table, "")
	for _, line := range append(want, "l/9=other") {
		if !slices.Contains(all, line) {
			t.Errorf("%s is not among all tenants' records %v", line, all)
		}
	}
	n := 0
	if err := s.List(t.Context(), table, "", func(string, Record) bool { n++; return false }); n != 1 || err != nil {
		t.Errorf("fn was called %d times after it returned false, %v", n, err)
	}
	if got := dump(t, s, table, "nobody"); len(got) != 0 {
		t.Errorf("an unknown tenant has %v", got)
	}
}

func testWatch(t *testing.T, s Store, table Table) {
	t.Helper()
	told := make(chan string, 16)
	stop := s.Watch(table, func(tenant, id string) { told <- tenant + "/" + id })
	defer stop()
	await := func(want string) {
		t.Helper()
		select {
		case got := <-told:
			if got != want {
				t.Errorf("told of %s, want %s", got, want)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("not told of %s", want)
		}
	}
	other := Table{Name: table.Name + "2", Placement: table.Placement}
	mustPut(t, s, other, "w", Change{ID: "z", Value: []byte("1"), Expect: Any})
	mustPut(t, s, table, "w", Change{ID: "a", Value: []byte("1"), Expect: Any})
	await("w/a")
	mustPut(t, s, table, "w", Change{ID: "a", Expect: Any})
	await("w/a")
	stop()
	stop()
	again := make(chan string, 16)
	defer s.Watch(table, func(_, id string) { again <- id })()
	mustPut(t, s, table, "w", Change{ID: "b", Value: []byte("1"), Expect: Any})
	<-again
	if len(told) != 0 {
		t.Errorf("told of %s after stop", <-told)
	}
}

// testRace: of several writers with one revision exactly one wins each round.
func testRace(t *testing.T, s Store, table Table) {
	t.Helper()
	const writers, rounds = 8, 20
	rev := mustPut(t, s, table, "race", Change{ID: "a", Value: []byte("0"), Expect: Any})
	for round := range rounds {
		var wg sync.WaitGroup
		var wins, next atomic.Uint64
		for range writers {
			wg.Go(func() {
				got, err := s.Put(t.Context(), table, "race", Change{ID: "a", Value: []byte{byte(round)}, Expect: rev})
				switch {
				case err == nil:
					wins.Add(1)
					next.Store(uint64(got))
				case !errors.Is(err, ErrConflict):
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if wins.Load() != 1 {
			t.Fatalf("%d writers won", wins.Load())
		}
		rev = Rev(next.Load())
	}
}

func testInvalid(t *testing.T, s Store, table Table) {
	t.Helper()
	ctx := t.Context()
	for _, c := range []struct {
		tenant string
		change Change
	}{
		{"", Change{ID: "a"}},
		{"a:b", Change{ID: "a"}},
		{"{a}", Change{ID: "a"}},
		{"a", Change{ID: ""}},
		{"a", Change{ID: "x\x00y"}},
		{"a", Change{ID: "{"}},
		{"a", Change{ID: strings.Repeat("x", MaxKey+1)}},
		{"a", Change{ID: "x", Value: make([]byte, MaxValue+1)}},
	} {
		if _, err := s.Put(ctx, table, c.tenant, c.change); !errors.Is(err, ErrInvalid) {
			t.Errorf("tenant %q, id %.10q, %d bytes: %v, want ErrInvalid", c.tenant, c.change.ID, len(c.change.Value), err)
		}
	}
}

func testApply(t *testing.T, s Store) {
	t.Helper()
	ctx := t.Context()
	a := mustPut(t, s, grouped, "apply", Change{ID: "a", Value: []byte("1"), Expect: None})
	mustPut(t, s, grouped, "apply", Change{ID: "b", Value: []byte("1"), Expect: None})
	told := make(chan string, 16)
	defer s.Watch(grouped, func(_, id string) { told <- id })()

	err := s.Apply(ctx, grouped, "apply", []Change{
		{ID: "a", Value: []byte("2"), Expect: a},
		{ID: "c", Value: []byte("2"), Expect: None},
		{ID: "b", Value: []byte("2"), Expect: None},
	})
	if !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "apply/b") {
		t.Errorf("one change in conflict: %v, want ErrConflict that names b", err)
	}
	if diff := cmp.Diff([]string{"apply/a=1", "apply/b=1"}, dump(t, s, grouped, "apply")); diff != "" {
		t.Errorf("after a conflict:\n%s", diff)
	}
	err = s.Apply(ctx, grouped, "apply", []Change{
		{ID: "a", Value: []byte("2"), Expect: a},
		{ID: "b", Expect: Any},
		{ID: "c", Value: []byte("2"), Expect: None, Durable: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"apply/a=2", "apply/c=2"}, dump(t, s, grouped, "apply")); diff != "" {
		t.Errorf("after all changes:\n%s", diff)
	}
	// News of the writes before may arrive late.
	var got []string
	for len(got) == 0 || got[len(got)-1] != "c" {
		got = append(got, <-told)
	}
	if n := len(got); n < 3 || !slices.Equal(got[n-3:], []string{"a", "b", "c"}) {
		t.Errorf("told of %v", got)
	}
	if err := s.Apply(ctx, grouped, "apply", nil); err != nil {
		t.Errorf("no changes: %v", err)
	}
	for name, bad := range map[string]struct {
		table   Table
		changes []Change
	}{
		"spread table":  {spread, []Change{{ID: "a", Value: []byte("1")}}},
		"twice one id":  {grouped, []Change{{ID: "x", Value: []byte("1"), Expect: Any}, {ID: "x", Expect: Any}}},
		"with expiry":   {grouped, []Change{{ID: "x", Value: []byte("1"), Expires: time.Now()}}},
		"too many":      {grouped, make([]Change, MaxChanges+1)},
		"one of no id ": {grouped, []Change{{ID: "x", Value: []byte("1")}, {}}},
	} {
		if err := s.Apply(ctx, bad.table, "apply", bad.changes); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
}

func testExpiry(t *testing.T, s Store) {
	t.Helper()
	ctx := t.Context()
	far := time.Now().Add(time.Hour).UTC().Truncate(time.Millisecond)
	mustPut(t, s, spread, "exp", Change{ID: "far", Value: []byte("1"), Expect: Any, Expires: far})
	if r, err := s.Get(ctx, spread, "exp", "far"); err != nil || !r.Expires.Equal(far) {
		t.Errorf("expiry %v, %v; want %v", r.Expires, err, far)
	}
	life := 150 * time.Millisecond
	begin := time.Now()
	near := mustPut(t, s, spread, "exp", Change{ID: "near", Value: []byte("1"), Expect: Any, Expires: begin.Add(life)})
	for {
		_, err := s.Get(ctx, spread, "exp", "near")
		after := time.Since(begin)
		if errors.Is(err, ErrNotFound) {
			if after < life-2*time.Millisecond {
				t.Errorf("gone after %v of %v", after, life)
			}
			break
		}
		if err != nil || after > life+5*time.Second {
			t.Fatalf("after %v: %v, want ErrNotFound", after, err)
		}
	}
	if diff := cmp.Diff([]string{"exp/far=1"}, dump(t, s, spread, "exp")); diff != "" {
		t.Error(diff)
	}
	if _, err := s.Put(ctx, spread, "exp", Change{ID: "near", Value: []byte("2"), Expect: near}); !errors.Is(err, ErrConflict) {
		t.Errorf("update of an expired record: %v, want ErrConflict", err)
	}
	mustPut(t, s, spread, "exp", Change{ID: "near", Value: []byte("2"), Expect: None})
	// A write without an expiry takes it away.
	mustPut(t, s, spread, "exp", Change{ID: "far", Value: []byte("2"), Expect: Any})
	if r, err := s.Get(ctx, spread, "exp", "far"); err != nil || !r.Expires.IsZero() {
		t.Errorf("expiry %v, %v; want none", r.Expires, err)
	}
}

func testEnd(t *testing.T, s Store) {
	t.Helper()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	nothing := func(string, Record) bool { return true }
	calls := map[string]func(ctx context.Context) error{
		"get":  func(ctx context.Context) error { _, err := s.Get(ctx, spread, "e", "a"); return err },
		"put":  func(ctx context.Context) error { _, err := s.Put(ctx, spread, "e", Change{ID: "a"}); return err },
		"list": func(ctx context.Context) error { return s.List(ctx, spread, "e", nothing) },
		"all":  func(ctx context.Context) error { return s.List(ctx, grouped, "", nothing) },
		"ping": s.Ping,
		"apply": func(ctx context.Context) error {
			return s.Apply(ctx, grouped, "e", []Change{{ID: "a", Value: []byte("1"), Expect: Any}})
		},
	}
	for name, call := range calls {
		if err := call(cancelled); !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context: %v", name, err)
		}
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	for name, call := range calls {
		if err := call(t.Context()); !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s of a closed store: %v, want ErrUnavailable", name, err)
		}
	}
}
