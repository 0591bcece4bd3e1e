package b2bua

import (
	"time"

	"strowger/media/tone"
	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// Park is where a party may be kept until somebody retrieves it.
type Park struct {
	First, Last int           // places, numbers of the same length
	Place       string        // the one that is wanted; "" is any, before it is reserved
	Timeout     time.Duration // then the phone of who parked it is rung
}

// Pick is a call that the caller of a program wants to have: it rings elsewhere, or is
// parked. Exactly one field but Group is set, or Group alone. It has to be found before
// the call is Admitted, unless it is asked for a PIN.
type Pick struct {
	Seat  string // whose phone rings
	Group string // a pick-up group in which a phone rings
	Place string // where it is parked
	Talks string `json:",omitempty"` // the seat that talks: to supervise it
	Room  string `json:",omitempty"` // the conference; if there is none, the caller opens it
}

// parked is how a party is kept.
type parked struct {
	place string
	until time.Time
	by    *party // who parked it
	// offered: no call is parked yet; by was told the place, to transfer one to it.
	offered bool
}

// OfferTime is how long a place is kept for who was told of it.
const OfferTime = time.Minute

// ErrFull is the outcome when a call cannot be parked because others are in the places.
var ErrFull = cause.Verdict{Status: 486, Q850: 17, Reason: "No place to park is free", Fault: cause.Caller}

var (
	errPick    = cause.Verdict{Status: 403, Q850: 21, Reason: "A call cannot be transferred to that", Fault: cause.Caller}
	errForlorn = cause.Verdict{Status: 480, Q850: 19, Reason: "Nobody retrieved the call", Fault: cause.Callee}
)

// unfit tells why a call cannot be transferred to a program, or nil. The place to park is
// taken.
func (c *Call) unfit(now time.Time, p Program, out Effects) *cause.Verdict {
	switch {
	case p.Refuse != nil:
		return p.Refuse
	case p.Pick != nil && p.Pick.Room == "":
		return &errPick
	case p.App != AppPark:
		return nil
	}
	place, ok := out.Park(c.transfer.other.ID, *p.Park)
	if !ok {
		return &ErrFull
	}
	c.park = &parked{place: place, until: now.Add(p.Park.Timeout), by: c.transfer.by}
	return nil
}

// Place is where a party of the call is parked, "" if none is.
func (c *Call) Place() string {
	if c.park == nil {
		return ""
	}
	return c.park.place
}

// unpark gives the place up.
func (c *Call) unpark(out Effects) {
	if c.park != nil {
		out.Unpark(c.park.place)
		c.park = nil
	}
}

// isParked tells whether p is kept and nobody talks to it.
func (c *Call) isParked(p *party) bool {
	return c.park != nil && !c.park.offered && c.state == talking && p == c.front && c.peer == nil
}

// offerPlace tells a caller the place to which it may transfer a call.
func (c *Call) offerPlace(now time.Time, out Effects) {
	place, ok := out.Park(c.front.ID, *c.program.Park)
	if !ok {
		c.end(now, ErrFull, "switch", out)
		return
	}
	c.park = &parked{place: place, until: now.Add(OfferTime), by: c.front, offered: true}
	for _, d := range place {
		c.program.Prompts = append(c.program.Prompts, "digit-"+string(d))
	}
	c.startApp(now, out)
}

// isOffered tells whether p was told of a place.
func (c *Call) isOffered(p *party) bool {
	return c.park != nil && c.park.offered && c.state == talking && p == c.front
}

// takePlace parks a party in the place that p was told of.
func (c *Call) takePlace(now time.Time, p *party, m *Moving, out Effects) {
	want := *c.program.Park
	want.Place = c.park.place
	c.front = c.attach(now, m, out)
	out.Park(c.front.ID, want) // the place is this call's
	c.park = &parked{place: want.Place, until: now.Add(want.Timeout), by: p}
	c.record(now, out, ledger.Event{Kind: ledger.Segment, Leg: c.front.ID})
	c.performApp(now, out)
	c.release(now, p, cause.Verdict{}, out)
}

// performPark has the caller hear the place that it was told of, or ringing.
func (c *Call) performPark(out Effects) {
	if c.park.offered {
		c.front.plays(out, c.program.Prompts)
	} else {
		c.wait(out)
	}
}

// wait has who is parked hear the music of who parked it, or ringing if there is none.
func (c *Call) wait(out Effects) {
	if music := c.park.by.Party.Music(); music != "" {
		c.front.listens(out, []string{music})
		return
	}
	c.front.hearsTone(out, tone.Ringing)
}

// retrieved gives the party that is parked to who has come for it.
func (c *Call) retrieved(now time.Time, m *Moving, out Effects) {
	c.unpark(out)
	c.program = &done
	c.peer = c.attach(now, m, out)
	c.join(now, c.peer, out)
}

// unclaimed rings the phone of who parked the call.
func (c *Call) unclaimed(now time.Time, out Effects) {
	by, offered := c.park.by, c.park.offered
	c.unpark(out)
	if offered || by.Party.Kind != leg.Seat {
		c.end(now, errForlorn, "switch", out)
		return
	}
	c.transfer = &transfer{by: by, other: c.front, recall: true}
	c.part(now, out)
	c.hearRinging(out)
	c.perform(Program{Emergency: c.emergency, Stages: []Stage{{Targets: []Target{c.transfer.home()}}}})
	c.ringStages(now, out)
}
