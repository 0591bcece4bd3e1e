package ledger_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"strowger/sip/ledger"
)

// TestSnapshot: a call that is open when a segment begins has the records that it has
// without a new segment, also after kill -9.
func TestSnapshot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		whole, cdr := lostCall(t, false)
		split, cdrOfSplit := lostCall(t, true)
		if diff := cmp.Diff(cdr, cdrOfSplit); diff != "" {
			t.Errorf("CDR (-without +with a snapshot):\n%s", diff)
		}
		if diff := cmp.Diff(whole, split); diff != "" {
			t.Errorf("legs (-without +with a snapshot):\n%s", diff)
		}
		want := "0-1 trunk:carrier seat:1002"
		if len(cdr) != 1 || cdr[0].Segments != want || cdr[0].Answerer != "seat:1002" || len(whole) != 3 {
			t.Errorf("%+v of legs %+v, want segments %q", cdr, whole, want)
		}
	})
}

// lostCall records a call with a transfer, kills the ledger before its end, and returns
// the records that the next start makes.
func lostCall(t *testing.T, split bool) ([]ledger.LegRecord, []ledger.CDR) {
	t.Helper()
	dir, at := t.TempDir(), start
	l, _, err := ledger.Open(dir, "n1", at, nil)
	if err != nil {
		t.Fatal(err)
	}
	story := append(answered("c")[:4],
		ledger.Event{Kind: ledger.Segment, At: at.Add(time.Second), Leg: 1, Peer: 2},
		ledger.Event{Kind: ledger.LegEnded, At: at.Add(2 * time.Second), Leg: 2, Q850: 16, Media: &ledger.Media{Received: 3}},
		ledger.Event{Kind: ledger.Joined, At: at.Add(2 * time.Second), Leg: 3, Party: "seat:1003"})
	for _, e := range story {
		e.Call, e.Tenant = "c", "demo"
		l.Record(e)
	}
	if split {
		if err := l.Sweep(at, ledger.Kept{Events: 10_000}); err != nil { // begins the day's segment
			t.Fatal(err)
		}
		pass(time.Second)
		if n := len(list(t, filepath.Join(dir, "events"))); n != 2 {
			t.Fatalf("%d segments, want 2", n)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	again, lost := open(t, dir, start.Add(time.Minute))
	if err := again.Close(); err != nil || lost != 1 {
		t.Fatalf("%d calls were lost, want 1: %v", lost, err)
	}
	return lines[ledger.LegRecord](t, filepath.Join(dir, "legs-2026-11-23.jsonl")), cdrs(t, dir)
}
