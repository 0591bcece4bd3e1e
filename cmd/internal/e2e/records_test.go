package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"strowger/sip/ledger"
)

// ending is how a call ended, as its record says it.
type ending struct {
	disposition  string
	status, q850 int
	by           string
}

func endingOf(c ledger.CDR) ending { return ending{c.Disposition, c.Status, c.Q850, c.By} }

// recorded waits for the record of each call and wants no other.
func (n *node) recorded(want ...ending) []ledger.CDR {
	n.t.Helper()
	var all []ledger.CDR
	until(n.t, fmt.Sprintf("%d calls are recorded", len(want)), func() bool {
		all = n.cdrs()
		return len(all) >= len(want)
	})
	if len(all) != len(want) {
		n.t.Fatalf("%d calls were recorded, want %d: %+v", len(all), len(want), all)
	}
	for i, w := range want {
		if got := endingOf(all[i]); got != w {
			n.t.Errorf("call %d to %s was recorded as %+v, want %+v", i+1, all[i].To, got, w)
		}
	}
	return all
}

func (n *node) cdrs() []ledger.CDR {
	n.t.Helper()
	return rows[ledger.CDR](n.t, n.dir, "cdr-*.jsonl")
}

// cdrOf waits for the record of the call that one party made to another.
func (n *node) cdrOf(from caller, to string) ledger.CDR {
	n.t.Helper()
	var found ledger.CDR
	until(n.t, "the call from "+string(from)+" is recorded", func() bool {
		for _, c := range n.cdrs() {
			if c.From == string(from) && c.To == to {
				found = c
				return true
			}
		}
		return false
	})
	return found
}

// legs are the leg records of a call.
func (n *node) legs(call string) []ledger.LegRecord {
	n.t.Helper()
	var of []ledger.LegRecord
	for _, l := range rows[ledger.LegRecord](n.t, n.dir, "legs-*.jsonl") {
		if l.Call == call {
			of = append(of, l)
		}
	}
	return of
}

// heard wants at least so many packets received from and sent to each leg of a
// call.
func (n *node) heard(call string, packets uint64) {
	n.t.Helper()
	all := n.legs(call)
	if len(all) == 0 {
		n.t.Errorf("call %s has no leg records", call)
	}
	for _, l := range all {
		if l.Received < packets || l.Sent < packets {
			n.t.Errorf("leg %d (%s) received %d packets and sent %d, want at least %d", l.Leg, l.Party, l.Received, l.Sent, packets)
		}
	}
}

// rows reads the JSON lines of a projection of the ledger.
func rows[T any](t *testing.T, dir, pattern string) []T {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "data", "ledger", pattern))
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text = text[:bytes.LastIndexByte(text, '\n')+1] // the last line may still be being written
		for line := range bytes.Lines(text) {
			var row T
			if err := json.Unmarshal(line, &row); err != nil {
				t.Fatalf("%s: %v in %s", file, err, line)
			}
			all = append(all, row)
		}
	}
	return all
}
