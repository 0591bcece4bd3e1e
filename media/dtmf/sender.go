package dtmf

import (
	"errors"
	"fmt"
)

// A digit that is sent, in ticks of 20 ms, and how many may wait.
const (
	Press = 5 // 100 ms
	Pause = 4 // 80 ms, in which the end is sent
	Ends  = 3 // packets that tell the end, one a tick (RFC 4733 section 2.5.1.4)

	MaxWaiting = 64
)

// ErrNoDigit means that a character is not 0-9, *, # or A-D. ErrWaiting means that
// MaxWaiting digits wait.
var (
	ErrNoDigit = errors.New("no digit: 0-9, *, # and A-D are")
	ErrWaiting = fmt.Errorf("more than %d digits wait", MaxWaiting)
)

// Sender gives out digits, one after the other. The zero value has none.
type Sender struct {
	codes []byte
	tick  int // of the first
}

// Beat is what one tick of 20 ms has of a digit.
type Beat struct {
	Code    byte
	First   bool // the digit begins
	Sounds  bool // the key is down
	Told    bool // a packet is due
	Ticks   int  // for how long the key is or was down
	End     bool // it is up
	Through bool // the pause is over with this tick
}

// Add has digits sent behind those that wait: all of them or, with an error, none.
func (s *Sender) Add(digits string) error {
	codes := make([]byte, 0, len(digits))
	for i := range len(digits) {
		code, ok := Code(digits[i])
		if !ok {
			return ErrNoDigit
		}
		codes = append(codes, code)
	}
	if len(s.codes)+len(codes) > MaxWaiting {
		return ErrWaiting
	}
	s.codes = append(s.codes, codes...)
	return nil
}

// Busy tells whether there is a digit to be sent.
func (s *Sender) Busy() bool { return s != nil && len(s.codes) > 0 }

// Step goes on by a tick. It wants a Sender that is Busy.
func (s *Sender) Step() Beat {
	s.tick++
	b := Beat{
		Code: s.codes[0], First: s.tick == 1, Sounds: s.tick <= Press, Told: s.tick <= Press+Ends,
		Ticks: min(s.tick, Press), End: s.tick > Press, Through: s.tick >= Press+Pause,
	}
	if b.Through {
		s.codes, s.tick = s.codes[1:], 0
	}
	return b
}
