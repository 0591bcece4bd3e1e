package relay

import (
	"testing"
	"time"

	"strowger/media"
)

// TestLatchFollows: a stream goes on from another port, as when a NAT has forgotten the
// first one.
func TestLatchFollows(t *testing.T) {
	const quiet = media.LatchSilence
	for name, test := range map[string]struct {
		policy media.Latch
		silent time.Duration
		change func(s *stream)
		locks  bool
	}{
		"the same stream after silence":    {policy: media.LatchFollow, silent: quiet, locks: true},
		"some packets were lost meanwhile": {policy: media.LatchFollow, silent: quiet, change: func(s *stream) { s.seq += 100 }, locks: true},
		"the locked source still speaks":   {policy: media.LatchFollow, silent: quiet - tick},
		"another SSRC":                     {policy: media.LatchFollow, silent: quiet, change: func(s *stream) { s.ssrc++ }},
		"a sequence from before":           {policy: media.LatchFollow, silent: quiet, change: func(s *stream) { s.seq -= 2 }},
		"a sequence far ahead":             {policy: media.LatchFollow, silent: quiet, change: func(s *stream) { s.seq += maxAhead }},
		"no sound":                         {policy: media.LatchFollow, silent: quiet, change: func(s *stream) { s.payload = 77 }},
		"locked for good":                  {policy: media.LatchLocked, silent: time.Minute},
		"strict":                           {policy: media.LatchStrict, silent: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, testConfig())
			left, right := b.bridge(pcmu, pcmu)
			r := left.remote(pcmu)
			r.Latch = test.policy
			left.update(r)
			left.say(sound(1))
			b.pass(test.silent)
			heard(t, left.rtp)
			if test.change != nil {
				test.change(&left.packet)
			}
			moved := socket(t)
			for range 3 {
				left.sendFrom(moved, left.packet.next(sound(2)))
			}
			right.say(sound(3))
			came, went := len(heard(t, right.rtp)), len(heard(t, moved))
			want := [2]int{1, 0}
			if test.locks {
				want = [2]int{3, 1} // the second of three locks
			}
			if came != want[0] || went != want[1] {
				t.Errorf("%d packets came through and %d went to the new source, want %d and %d", came, went, want[0], want[1])
			}
			if stays := left.to.Stats().Source == addrOf(left.rtp); stays == test.locks {
				t.Errorf("locked to %v", left.to.Stats().Source)
			}
		})
	}
}

// TestPolicyChanges: another policy by re-INVITE opens the latch again.
func TestPolicyChanges(t *testing.T) {
	b := newBench(t, testConfig())
	left, _ := b.bridge(pcmu, pcmu)
	left.say(sound(1))
	r := left.remote(pcmu)
	left.update(r)
	if s := left.to.Stats().Source; s != addrOf(left.rtp) {
		t.Errorf("the same exchange again: locked to %v", s)
	}
	r.Latch = media.LatchStrict
	left.update(r)
	if s := left.to.Stats().Source; s.IsValid() {
		t.Errorf("another policy: still locked to %v", s)
	}
}
