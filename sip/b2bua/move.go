package b2bua

import (
	"time"

	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/message"
)

// Moving is a leg on its way from one call to another, with its sound: nobody owns it
// but who holds the value.
type Moving struct {
	Call  string // that gave it
	Leg   int    // its number there
	Cargo any    // what the shell carries with it
	Part  Part   // what it wants in the call that takes it
	party *party
	from  string // where it comes from, for the ledger
}

// Fetch asks another call for the party that talks to a dialog of it; a Fetched event
// follows.
type Fetch struct {
	Leg    int              // it is told
	By     leg.Party        // who asks: the dialog has to be its own
	Dialog message.Replaces // one of this cluster
}

// Tag is ours of the leg's dialog, by which it is found.
func (m *Moving) Tag() string { return m.party.Dialog.LocalTag }

// errRings means that a dialog has no party to give up yet, or many: its place can be had.
var errRings = cause.New(480, "The other party has not answered yet", cause.Caller)

// Yield gives up the party that leg id talks to, for a transfer that the same seat asks
// for in another call. Kept or Returned follows.
func (c *Call) Yield(now time.Time, id int, by leg.Party, out Effects) (*Moving, error) {
	p := c.party(id)
	switch {
	case p == nil || p.over || p.leaving:
		return nil, cause.New(481, "", cause.Caller)
	case !p.is(by):
		return nil, cause.New(403, "", cause.Caller)
	case c.transfer != nil:
		return nil, cause.New(491, "", cause.Caller)
	case c.state == ringing && p == c.caller(), c.isOffered(p), p.member != nil:
		return nil, errRings
	}
	other := c.other(p)
	switch {
	case c.state != talking || other == nil:
		return nil, cause.New(603, "", cause.Caller)
	case !other.Quiet() || other.masked():
		return nil, cause.New(491, "", cause.Caller)
	}
	p.hears(out)
	return c.detach(now, other, out), nil
}

// detach takes a quiet leg out of the call. Its party hears what it did until it is
// attached elsewhere.
func (c *Call) detach(now time.Time, p *party, out Effects) *Moving {
	c.record(now, out, ledger.Event{Kind: ledger.Moved, Leg: p.ID})
	stand := gone(p)
	c.legs[p.ID-1] = stand
	if c.front, c.peer = c.other(p), nil; c.front == nil {
		c.front = stand
	}
	return &Moving{Call: c.ID, Leg: p.ID, party: p, from: placeOf(p.ID, c.ID)}
}

// gone stands in for a leg that has moved.
func gone(p *party) *party {
	return &party{beside: &nothingBeside, Leg: &leg.Leg{ID: p.ID, Party: p.Party, State: leg.Done}, over: true, moved: true}
}

// attach takes a leg into the call.
func (c *Call) attach(now time.Time, m *Moving, out Effects) *party {
	p := m.party
	p.Move(len(c.legs)+1, out)
	p.ring, p.replied = nil, false
	p.attends(elsewhere)
	c.legs = append(c.legs, p)
	out.Attach(p.ID, m)
	c.record(now, out, ledger.Event{
		Kind: ledger.Joined, Leg: p.ID, Party: p.Party.String(), To: p.who().Presentation, SIPCallID: p.Dialog.CallID,
		Detail: m.from,
	})
	return p
}

// Take has a leg take the place of leg id: it talks to the same party, is rung for, or
// answers what rings there. It is false if there is no such place now, or it has
// answered and is wanted only early.
func (c *Call) Take(now time.Time, id int, m *Moving, early bool, out Effects) bool {
	p := c.party(id)
	switch {
	case p == nil || p.over || p.leaving || c.transfer != nil || early && p.Talking():
		return false
	case m.Part.Supervise != NoMode:
		return c.superviseAs(now, id, m, out)
	case m.Part.Room != "":
		return c.joins(now, m, out)
	case p.member != nil:
		return c.joinsFor(now, p, m, out)
	case p.extra():
		return false
	}
	other := c.other(p)
	switch {
	case c.state == talking && other != nil:
		c.front, c.peer = other, c.attach(now, m, out)
		c.join(now, c.peer, out)
		c.release(now, p, cause.Verdict{}, out)
	case c.isOffered(p):
		c.takePlace(now, p, m, out)
	case c.isParked(p):
		c.retrieved(now, m, out)
	case c.state == ringing && p == c.caller():
		c.takeCaller(now, p, m, out)
	case c.state == ringing && p.State < leg.Answered:
		q := c.attach(now, m, out)
		c.connect(now, q, out)
	default:
		return false
	}
	c.arrange(now, out)
	c.inform(now, out)
	return true
}

// takeCaller has a leg that has its answer already be rung for instead of the caller,
// who has transferred it before the target answered.
func (c *Call) takeCaller(now time.Time, p *party, m *Moving, out Effects) {
	early := c.earlyPeer()
	q := c.attach(now, m, out)
	c.front, c.transfer = q, &transfer{by: p, other: q}
	c.release(now, p, cause.Verdict{Status: 487, Q850: 16, Fault: cause.Nobody}, out)
	if early == nil || !c.earlyTransfer(early, early.ring.sounds, out) {
		c.hearRinging(out)
	}
}

// kept tells a call that a leg of it has its place in another one.
func (c *Call) kept(now time.Time, out Effects) {
	if t := c.transfer; t != nil {
		t.by.Report(now, out, cause.Verdict{Status: 200}, true)
		c.transfer = nil
	}
	c.end(now, cause.Verdict{}, "transfer", out)
}

// returned takes back a leg that nobody wanted. If the call is over, it is hung up.
func (c *Call) returned(now time.Time, m *Moving, v cause.Verdict, out Effects) {
	p := c.attach(now, m, out)
	switch t := c.transfer; {
	case c.state == over:
		p.End(now, out, v)
		c.legOver(now, p, v, out)
	case p.entry != nil:
		c.front = p
		c.unentered(now, v, out)
	case t != nil: // it was to be transferred
		t.other, c.front, c.peer = p, p, t.by
		c.rejoin(now, out)
		c.untransferred(now, v, out)
	case c.front != p && !c.front.over: // it was asked for
		c.peer = p
		c.join(now, p, out)
	default:
		c.end(now, v, "switch", out)
	}
}

// rejoin joins what a move has parted, unless one has hung up meanwhile.
func (c *Call) rejoin(now time.Time, out Effects) {
	if !c.peer.over {
		c.join(now, c.front, out)
	}
}
