package trace_test

import (
	"testing"
	"time"

	"strowger/sip/leg"
	"strowger/sip/trace"
)

// TestWipe: what is too old is gone for every reader, what is not is whole, and more
// comes behind it.
func TestWipe(t *testing.T) {
	r := open(t, trace.Config{Keep: 24 * time.Hour})
	now := time.Now()
	old := now.Add(-time.Hour)
	r.Leg(old, "call-1", 1, leg.Party{Kind: leg.Seat, Name: "1001"}, "a")
	put(r, old, false, text("INVITE", "a", 100))
	put(r, old, false, text("REGISTER", "b", 100))
	put(r, now, false, text("BYE", "a", 100))
	if n := r.Wipe(now.Add(-time.Minute)); n != 2 {
		t.Errorf("%d messages were wiped, want 2", n)
	}
	put(r, now, true, text("NOTIFY", "a", 100))
	found := r.Messages([]string{"a", "b"}, trace.Span{From: old.Add(-time.Hour), To: now.Add(time.Hour)})
	if len(found) != 2 || found[0].Text[:3] != "BYE" || found[1].Text[:6] != "NOTIFY" {
		t.Errorf("left are %v", found)
	}
	if r.Wipe(now.Add(-time.Minute)) != 0 || r.Counters().Wiped.Load() != 2 {
		t.Errorf("%d are counted, want 2", r.Counters().Wiped.Load())
	}
}
