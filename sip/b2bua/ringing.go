package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/leg"
)

// ring is how a party is rung.
type ring struct {
	since    time.Time
	hearEnd  time.Time                         // until when a first response is awaited; zero for as long as the stage rings
	askEnd   time.Time                         // until when its key is awaited; zero if none is
	redirect func(sip.Uri) (leg.Address, bool) // leg.Address.Redirect
	next     []leg.Address                     // other ways to it
	sounds   []byte                            // the SDP that early media comes by
	confirm  bool                              // it is asked for a key before the call is given to it
	alerted  bool                              // it rang
	heard    bool                              // it said something to its INVITE
	early    bool                              // early media was sent to the caller from this leg
}

// early tells whether the caller hears a party that has not answered yet.
func (p *party) early() bool { return p.ring != nil && p.ring.early }

// asked tells whether a key of the party is awaited.
func (p *party) asked() bool { return p.ring != nil && !p.ring.askEnd.IsZero() }

// Legs is how many legs the call has or had: they are numbered from 1.
func (c *Call) Legs() int { return len(c.legs) }

// Ringing calls fn for each phone of a seat that rings for the call, until it returns
// false.
func (c *Call) Ringing(fn func(l *leg.Leg, since time.Time) bool) {
	if c.state != ringing || c.transfer != nil {
		return
	}
	for p := range c.rung() {
		if p.Party.Kind == leg.Seat && p.State < leg.Answered && !fn(p.Leg, p.ring.since) {
			return
		}
	}
}

// Talks calls fn for each seat that talks to one other party.
func (c *Call) Talks(fn func(l *leg.Leg)) {
	for _, p := range c.pair() {
		if p.Party.Kind == leg.Seat && p.Talking() {
			fn(p.Leg)
		}
	}
}

// Held tells whether the party of a leg holds its call, or is held.
func (c *Call) Held(id int) bool {
	p := c.party(id)
	return p != nil && (p.agreed.Held || !p.agreed.Direction.Sends())
}
