package b2bua

import (
	"time"

	"strowger/sip/leg"
)

// Legs is how many legs the call has or had: they are numbered from 1.
func (c *Call) Legs() int { return len(c.legs) }

// Ringing calls fn for each phone of a seat that rings for the call, until it returns
// false.
func (c *Call) Ringing(fn func(l *leg.Leg, since time.Time) bool) {
	if c.state != ringing || c.transfer != nil {
		return
	}
	for p := range c.rung() {
		if p.Party.Kind == leg.Seat && p.State < leg.Answered && !fn(p.Leg, p.rang) {
			return
		}
	}
}
