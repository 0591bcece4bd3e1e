package dtmf

import (
	"time"

	"strowger/media"
)

// apart is how far the same digit may be apart in two forms: a phone may send INFO when
// the key is up.
const apart = 2 * time.Second

// remembered bounds the digits that may come in another form yet.
const remembered = 32

// Once lets each digit of a party pass once, in whichever form it comes first. The zero
// value has let none pass.
type Once struct {
	passed [remembered]passed
	next   int
}

// passed is a digit that passed, and the forms in which it came since.
type passed struct {
	digit byte
	forms uint8 // a bit each
	at    time.Time
}

// Take tells whether a digit is new. One that passed in another form, and not yet in
// this one, is the same. Every form has the digits in the same order: what passed before
// a digit does not come behind it.
func (o *Once) Take(now time.Time, digit byte, form media.Form) bool {
	bit := uint8(1) << form
	for i := range o.passed {
		p := &o.passed[(o.next+i)%remembered] // from the oldest
		same := p.digit == digit && p.forms&bit == 0 && now.Sub(p.at) < apart
		p.forms |= bit
		if same {
			return false
		}
	}
	o.passed[o.next] = passed{digit, bit, now}
	o.next = (o.next + 1) % remembered
	return true
}
