package quality

import (
	"math"
	"time"
)

// minInterval is the least mean time between two reports (RFC 3550 section 6.2). That
// by bandwidth is below it for two parties of any codec: two reports of 100 bytes take
// 1.3 s of a twentieth of G.729's 24 kbit/s, and less of any other's.
const minInterval = 5 * time.Second

// compensation is for timer reconsideration, which sends less than intended (section
// 6.3.1).
const compensation = math.E - 1.5

// Schedule says when reports of a party are sent, by RFC 3550 sections 6.2 and 6.3 for
// two members: at random times, lest many parties report at once, and the first one
// after half the time. The zero value is ready.
type Schedule struct {
	last, next time.Time
	initial    bool
}

// Due tells whether a report is to be sent now, and sets the time of the next one. The
// first call starts the time. random gives numbers from 0 to below 1.
func (s *Schedule) Due(now time.Time, random func() float64) bool {
	if s.next.IsZero() {
		s.last, s.initial = now, true
		s.next = now.Add(s.interval(random()))
		return false
	}
	if now.Before(s.next) {
		return false
	}
	if again := s.last.Add(s.interval(random())); again.After(now) { // reconsidered, 6.3.6
		s.next = again
		return false
	}
	s.last, s.initial = now, false
	s.next = now.Add(s.interval(random()))
	return true
}

func (s *Schedule) interval(random float64) time.Duration {
	mean := minInterval
	if s.initial {
		mean /= 2
	}
	return time.Duration(float64(mean) * (0.5 + random) / compensation)
}
