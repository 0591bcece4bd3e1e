package admission_test

import (
	"testing"

	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/leg"
	"strowger/sip/seat"
)

// TestSound: the sound of a seat is secured as it says, or else as its network does,
// whether it calls or is called.
func TestSound(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.sound = leg.Sound{Latch: media.LatchStrict, SRTP: sdp.Optional, ClearKeys: true}
	b.seat("1002", func(s *seat.Seat) { s.SRTP, s.Latch = "required", "latch" })
	b.seat("1003", func(s *seat.Seat) { s.SRTP = "off" })
	for number, want := range map[string]leg.Sound{
		"1001": b.sound,
		"1002": {Latch: media.LatchFollow, SRTP: sdp.Required, ClearKeys: true},
		"1003": {Latch: media.LatchStrict, SRTP: sdp.Plain, ClearKeys: true},
	} {
		if got := b.fromSeat(number, "*43").Caller.Sound; got != want {
			t.Errorf("%s calls with %+v, want %+v", number, got, want)
		}
		b.register(number, "192.0.2.7:5060")
		p := b.fromSeat("1001", number)
		if len(p.Stages) == 0 || len(p.Stages[0].Targets) == 0 || p.Stages[0].Targets[0].Party.Sound != want {
			t.Errorf("%s is called by %+v, want %+v", number, p.Stages, want)
		}
	}
}
