package quality

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestElsewhere: a stream whose packets are taken by two receivers in turn has the
// figures of one that took them all.
func TestElsewhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var whole, ours Receiver
		first, at := rapid.Uint16().Draw(t, "first"), time.Unix(1000, 0)
		seq := first
		step := func(r *Receiver, seq uint16) { r.Step(seq, 0, 0, at) }
		step(&whole, seq)
		step(&ours, seq)
		for range rapid.IntRange(1, 10).Draw(t, "turns") {
			// The other one goes on from our position and is added up in the end.
			other, from := ours, ours.Position()
			here := rapid.Bool().Draw(t, "here")
			for range rapid.IntRange(0, 50).Draw(t, "packets") {
				at = at.Add(20 * time.Millisecond)
				seq += uint16(rapid.IntRange(0, 5).Draw(t, "step"))
				n := seq - uint16(rapid.IntRange(0, min(3, int(seq-first))).Draw(t, "late")) // not before the first
				step(&whole, n)
				if here {
					step(&ours, n)
				} else {
					step(&other, n)
				}
			}
			if here {
				continue
			}
			if got := ours.Position(); got != from {
				t.Fatalf("position %+v, want %+v", got, from)
			}
			now := other.Figures()
			then := ours.Figures()
			ours.Add(Elsewhere{
				Packets: now.Received - then.Received, Duplicates: now.Duplicates - then.Duplicates,
				Reordered: now.Reordered - then.Reordered, Highest: other.extended(), Seen: other.seen, MaxGap: now.MaxGap, Last: now.Last,
			})
		}
		if got, want := ours.Figures(), whole.Figures(); got != want {
			t.Errorf("figures %+v\nwant %+v", got, want)
		}
		if ours.Report() != whole.Report() {
			t.Error("the reports differ")
		}
	})
}

// TestElsewhereBehind: what was taken elsewhere may be behind what came here meanwhile.
func TestElsewhereBehind(t *testing.T) {
	var r Receiver
	sequences(&r, 1, 2, 4)
	r.Add(Elsewhere{Packets: 1, Highest: 3, Seen: 1, Last: start})
	if got := r.Position(); got.Highest != 4 || got.Seen != 0b1111 {
		t.Errorf("position %+v", got)
	}
	if v := r.Step(3, 0, 0, start); v != Duplicate {
		t.Errorf("verdict %d, want a duplicate", v)
	}
}
