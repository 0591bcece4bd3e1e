package relay

import (
	"math"
	"testing"
)

// TestFifthMemberIsNoGap: two members of a conference hear each other by their packets as
// long as it is small, and by the mix then: nothing is lost in between, nor when it is small
// again.
func TestFifthMemberIsNoGap(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(7)
	in := func(n int) {
		for _, s := range all[:n] {
			s.listens(all[:n]...)
		}
	}
	var pcm []int16
	ear := all[0]
	speak := func(ticks int) {
		for range ticks {
			for _, s := range all {
				s.say(s.tone())
			}
			b.pass(tick)
			packets := heard(t, ear.rtp)
			if len(packets) != 1 {
				t.Fatalf("%d packets in a packet time, after %d", len(packets), len(pcm)/frame)
			}
			sound := make([]int16, frame)
			ear.law.Decode(sound, packets[0][minRTP:])
			pcm = append(pcm, sound...)
			for _, s := range all[1:] {
				heard(t, s.rtp)
			}
		}
	}
	in(2)
	for n := 2; n <= len(all); n++ {
		in(n)
		speak(20)
	}
	for n := len(all); n >= 2; n-- {
		for _, s := range all[n:] {
			s.listens()
		}
		in(n)
		speak(20)
	}
	for at := frame; at+800 <= len(pcm); at += frame {
		if got := level(pcm[at:at+800], all[1].freq); math.Abs(got-4000) > 1000 {
			t.Errorf("the second member at %d ms: %.0f, want 4000", at/8, got)
		}
	}
}
