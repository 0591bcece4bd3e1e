package ledger_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"strowger/sip/ledger"
)

// TestKeep: a file goes when its days are over, what is of others stays, and a call
// that lasts for days has its record.
func TestKeep(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now() // a midnight (testing/synctest)
		if err := os.WriteFile(filepath.Join(dir, "cdr-notes.txt"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		l, _, err := ledger.Open(dir, "n1", began, nil)
		if err != nil {
			t.Fatal(err)
		}
		sweep := func() {
			if err := l.Sweep(time.Now(), ledger.Kept{Events: 1, Records: 1}); err != nil {
				t.Error(err)
			}
		}
		sweep()
		l.Record(ledger.Event{Kind: ledger.Arrived, At: time.Now(), Call: "long"})
		for day := range 3 {
			name := time.Now().Format("0102")
			l.Record(ledger.Event{Kind: ledger.Arrived, At: time.Now(), Call: name}, ledger.Event{Kind: ledger.Ended, At: time.Now(), Call: name})
			age(t, dir, time.Now())
			pass(24 * time.Hour)
			sweep()
			if day == 0 && !slices.Contains(list(t, dir), began.Format("cdr-2006-01-02.csv")) {
				t.Error("the first day is removed too early")
			}
		}
		l.Record(ledger.Event{Kind: ledger.Ended, At: time.Now(), Call: "long"})
		pass(time.Second)
		kept := []string{"cdr-notes.txt"}
		for _, day := range []int{2, 3} {
			date := began.AddDate(0, 0, day).Format("2006-01-02")
			for _, kind := range []string{"cdr-", "legs-"} {
				kept = append(kept, kind+date+".csv", kind+date+".jsonl")
			}
		}
		slices.Sort(kept)
		if diff := cmp.Diff(kept, list(t, dir)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if n := len(list(t, filepath.Join(dir, "events"))); n < 2 || n > 3 {
			t.Errorf("%d segments of events are kept", n)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if l.Counters().Removed.Load() == 0 {
			t.Error("nothing is counted as removed")
		}
		again, lost, err := ledger.Open(dir, "n1", time.Now(), nil)
		if err != nil || lost != 0 {
			t.Errorf("opened again: %d calls lost, %v", lost, err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	})
}

// pass lets time go by.
func pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// age gives the newest segment the time that the test has, as the kernel's is another.
func age(t *testing.T, dir string, now time.Time) {
	t.Helper()
	names := list(t, filepath.Join(dir, "events"))
	if err := os.Chtimes(filepath.Join(dir, "events", names[len(names)-1]), now, now); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}
