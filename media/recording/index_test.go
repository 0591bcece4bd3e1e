package recording

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestFindListErase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		for i, id := range []string{"a", "b", "c"} {
			rec, err := r.Begin(Info{ID: id, Call: id, Tenant: "demo", From: "+44163296000" + id})
			if err != nil {
				t.Fatal(err)
			}
			rec.Seat([]string{"1001", "1002", "1001"}[i])
			clock(rec, time.Second, caller, agent)
			if id != "c" {
				rec.End()
				<-time.After(24 * time.Hour)
			}
		}
		synctest.Wait()
		first := time.Now().AddDate(0, 0, -2).Add(-3 * time.Second)
		for name, c := range map[string]struct {
			q    Query
			want string
		}{
			"all":        {Query{}, "cba"},
			"tenant":     {Query{Tenant: "other"}, ""},
			"seat":       {Query{Seat: "1001"}, "ca"},
			"number":     {Query{Number: "+44163296000b"}, "b"},
			"call":       {Query{Call: "b"}, "b"},
			"from":       {Query{From: first.Add(time.Hour)}, "cb"},
			"until":      {Query{To: first.Add(time.Hour)}, "a"},
			"the newest": {Query{Limit: 2}, "cb"},
		} {
			found, more, err := r.List(t.Context(), c.q)
			var ids []string
			for _, i := range found {
				ids = append(ids, i.ID)
			}
			got := strings.Join(ids, "")
			if err != nil || got != c.want || more != (name == "the newest") {
				t.Errorf("%s: %q %t %v, want %q", name, got, more, err, c.want)
			}
		}
		if _, err := r.Erase("demo", "c"); !errors.Is(err, ErrActive) {
			t.Errorf("what is under way is erased: %v", err)
		}
		if _, err := r.Erase("other", "a"); !errors.Is(err, ErrUnknown) {
			t.Errorf("another tenant's is erased: %v", err)
		}
		if _, err := r.Find("demo", "../a"); !errors.Is(err, ErrUnknown) {
			t.Errorf("a path is looked for: %v", err)
		}
		if _, _, err := r.Sound("demo", "c"); !errors.Is(err, ErrActive) {
			t.Errorf("what is under way is played: %v", err)
		}
		if i, err := r.Erase("demo", "a"); err != nil || i.Call != "a" {
			t.Errorf("erase: %+v, %v", i, err)
		}
		if left, _ := filepath.Glob(filepath.Join(r.cfg.Dir, "*", "a.*")); len(left) > 0 {
			t.Errorf("%v are left", left)
		}
		closeIt(t, r)
	})
}

func TestSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{})
		<-time.After(24*time.Hour - time.Minute) // it begins at midnight
		old := begin(t, r, "old")
		old.End()
		active := begin(t, r, "active")
		<-time.After(2 * time.Minute)
		young := begin(t, r, "young")
		young.End()
		synctest.Wait()
		before := time.Now().UTC().Truncate(24 * time.Hour)
		if err := r.Sweep(before); err != nil {
			t.Fatal(err)
		}
		found, _, err := r.List(context.Background(), Query{})
		if err != nil || len(found) != 2 || found[0].ID != "young" || found[1].ID != "active" {
			t.Fatalf("left are %+v, %v", found, err)
		}
		active.End()
		synctest.Wait()
		if err := r.Sweep(before); err != nil {
			t.Fatal(err)
		}
		if days, err := os.ReadDir(r.cfg.Dir); err != nil || len(days) != 1 || r.Counters().Removed.Load() != 2 {
			t.Errorf("left are %v, %v; removed %d", days, err, r.Counters().Removed.Load())
		}
		closeIt(t, r)
	})
}
