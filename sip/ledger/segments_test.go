package ledger_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/sip/ledger"
)

// TestSegments: who spoke to whom when, in a call that was transferred with
// consultation, in the one from which the target came, and in one that nobody answered.
func TestSegments(t *testing.T) {
	for name, c := range map[string]struct {
		events   []ledger.Event
		segments string
		legs     string
	}{
		"transferred": {
			[]ledger.Event{
				{Kind: ledger.Rang, Leg: 2, Party: "seat:1002"},
				{Kind: ledger.Answered, Leg: 2},
				{Kind: ledger.Segment, Leg: 1, Peer: 2},
				{Kind: ledger.Joined, Leg: 3, Party: "seat:1003"},
				{Kind: ledger.Transferred, Leg: 2, Peer: 1, To: "1003"},
				{Kind: ledger.Segment, Leg: 1, Peer: 3},
				{Kind: ledger.LegEnded, Leg: 2},
				{Kind: ledger.LegEnded, Leg: 1},
				{Kind: ledger.LegEnded, Leg: 3},
			},
			"3-6 trunk:carrier seat:1002; 6-8 trunk:carrier seat:1003",
			"seat:1002 answered, trunk:carrier answered, seat:1003 answered",
		},
		"rung anew": {
			[]ledger.Event{
				{Kind: ledger.Rang, Leg: 2, Party: "seat:1002"},
				{Kind: ledger.Answered, Leg: 2},
				{Kind: ledger.Segment, Leg: 1, Peer: 2},
				{Kind: ledger.Segment, Leg: 1},
				{Kind: ledger.Decided, Detail: "list 1003"},
				{Kind: ledger.Rang, Leg: 3, Party: "seat:1003"},
				{Kind: ledger.LegEnded, Leg: 3, Status: 486},
				{Kind: ledger.Segment, Leg: 1, Peer: 2},
				{Kind: ledger.LegEnded, Leg: 1},
				{Kind: ledger.LegEnded, Leg: 2},
			},
			"3-4 trunk:carrier seat:1002; 8-9 trunk:carrier seat:1002",
			"seat:1003, trunk:carrier answered, seat:1002 answered",
		},
		"given away": {
			[]ledger.Event{
				{Kind: ledger.Rang, Leg: 2, Party: "seat:1003"},
				{Kind: ledger.Answered, Leg: 2},
				{Kind: ledger.Segment, Leg: 1, Peer: 2},
				{Kind: ledger.Moved, Leg: 2},
				{Kind: ledger.LegEnded, Leg: 1},
			},
			"3-4 trunk:carrier seat:1003",
			"seat:1003 answered, trunk:carrier answered",
		},
		"not answered": {
			[]ledger.Event{{Kind: ledger.Rang, Leg: 2, Party: "seat:1002"}, {Kind: ledger.LegEnded, Leg: 1}, {Kind: ledger.LegEnded, Leg: 2}},
			"", "trunk:carrier, seat:1002",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l, _ := open(t, dir, start)
			at := start
			story := append([]ledger.Event{{Kind: ledger.Arrived, Leg: 1, Party: "trunk:carrier"}}, c.events...)
			story = append(story, ledger.Event{Kind: ledger.Ended, Status: 200})
			for i, e := range story {
				if i > 0 {
					at = at.Add(time.Second)
				}
				e.At, e.Call, e.Tenant = at, "c1", "demo"
				l.Record(e)
			}
			flush(t, l)
			got := cdrs(t, dir)
			if len(got) != 1 || got[0].Segments != c.segments {
				t.Errorf("%+v, want %q", got, c.segments)
			}
			var legs []string
			for _, r := range lines[ledger.LegRecord](t, filepath.Join(dir, "legs-2026-11-23.jsonl")) {
				legs = append(legs, r.Party+map[bool]string{true: " answered"}[r.Answered])
			}
			if text := strings.Join(legs, ", "); text != c.legs {
				t.Errorf("legs %s, want %s", text, c.legs)
			}
		})
	}
}
