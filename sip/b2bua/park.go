package b2bua

import (
	"time"

	"strowger/sip/cause"
	"strowger/sip/leg"
)

// Park is where a party may be kept until somebody retrieves it.
type Park struct {
	First, Last int           // places, numbers of the same length
	Place       string        // the one that is wanted; "" is any
	Timeout     time.Duration // then the phone of who parked it is rung
}

// Pick is a call that the caller of a program wants to have: it rings elsewhere, or is
// parked. Exactly one field but Group is set, or Group alone. It has to be found before
// the call is Admitted.
type Pick struct {
	Seat  string // whose phone rings
	Group string // a pick-up group in which a phone rings
	Place string // where it is parked
}

// parked is how a party is kept.
type parked struct {
	place string
	until time.Time
	by    *party // who parked it
}

// unparkable is the outcome of a call that is not transferred to the application.
var unparkable = cause.Verdict{Status: 403, Q850: 21, Reason: "Transfer a call here to park it", Fault: cause.Caller}

// unfit tells why a call cannot be transferred to a program, or nil. A place to park is
// taken.
func (c *Call) unfit(now time.Time, p Program, out Effects) *cause.Verdict {
	switch {
	case p.Refuse != nil:
		return p.Refuse
	case p.Pick != nil:
		return &cause.Verdict{Status: 403, Q850: 21, Reason: "A call cannot be transferred to that", Fault: cause.Caller}
	case p.App != AppPark:
		return nil
	}
	place, ok := out.Park(c.transfer.other.ID, *p.Park)
	if !ok {
		return &cause.Verdict{Status: 486, Q850: 17, Reason: "No place to park is free", Fault: cause.Caller}
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
	return c.park != nil && c.state == talking && p == c.front && c.peer == nil
}

// retrieved gives the party that is parked to who has come for it.
func (c *Call) retrieved(now time.Time, m *Moving, out Effects) {
	c.unpark(out)
	c.program.App = NoApp
	c.peer = c.attach(now, m, out)
	c.join(now, c.peer, out)
}

// unclaimed rings the phone of who parked the call.
func (c *Call) unclaimed(now time.Time, out Effects) {
	by := c.park.by
	c.unpark(out)
	if by.Party.Kind != leg.Seat {
		c.end(now, cause.Verdict{Status: 480, Q850: 19, Reason: "Nobody retrieved the call", Fault: cause.Callee}, "switch", out)
		return
	}
	c.transfer = &transfer{by: by, other: c.front, recall: true}
	c.part(now, out)
	c.hearRinging(out)
	c.program = Program{Emergency: c.program.Emergency, Stages: []Stage{{Targets: []Target{c.transfer.home()}}}}
	c.ringStages(now, out)
}
