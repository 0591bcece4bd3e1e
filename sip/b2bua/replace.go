package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/message"
)

// Find asks whether a dialog may be taken over; a Found event follows.
type Find struct {
	By     leg.Party
	Dialog message.Replaces
	Own    bool // it has to be By's own: another party takes its place for it
	Part   Part // what is wanted in the call instead
}

// find asks for the dialog that the program takes over.
func (c *Call) find(out Effects) {
	f := Find{By: c.program.Caller, Dialog: *c.program.Replaces, Part: c.program.Part}
	if b := c.program.Behalf; b != nil {
		f.By, f.Own, f.Part = b.By, b.Own, b.Part
	}
	out.Find(f)
}

// Replaceable tells why the dialog of leg id may not be taken over by a party (RFC 3891
// section 3), or nil and where it is. It is what Take wants, but for what happens
// meanwhile.
func (c *Call) Replaceable(id int, f Find) (Place, error) {
	p := c.party(id)
	at := Place{Call: c.ID, Leg: id}
	switch {
	case p == nil || c.Tenant != f.By.Tenant:
		return at, cause.New(481, "", cause.Caller)
	case p.over || p.leaving:
		return at, cause.New(603, "", cause.Caller)
	case f.Own && !p.is(f.By):
		return at, cause.New(403, "", cause.Caller)
	case c.transfer != nil:
		return at, cause.New(491, "", cause.Caller)
	case f.Part != Part{}:
		return at, c.partakes(p, f, &at)
	case f.Own && p.member != nil && c.state == talking:
		at.codecs = sdp.Defaults()
	case p.extra():
		return at, cause.New(481, "", cause.Caller)
	case p.Talking() && f.Dialog.EarlyOnly:
		return at, cause.New(486, "", cause.Caller)
	case c.state == talking && c.other(p) != nil:
		at.with(c.other(p))
	case c.isParked(p):
		at.with(p)
	case c.state == ringing && p != c.caller() && p.State < leg.Answered: // we have called it: a pick-up
		at.with(c.caller())
		at.codecs, at.Early = c.offerCodecs(), true
	case f.Own && (c.state == ringing && p == c.caller() || c.isOffered(p)):
	default:
		return at, cause.New(481, "", cause.Caller)
	}
	return at, nil
}

// partakes tells why a party may not have its part in the call of p, or nil.
func (c *Call) partakes(p *party, f Find, at *Place) error {
	at.codecs = sdp.Defaults()
	if f.Part.Room != "" {
		return c.joinable(f.Part.Room)
	}
	of, err := c.supervisable(p.ID, f.By)
	if err == nil {
		at.who = of.who()
	}
	return err
}

// is tells whether p is a party, as another call names it.
func (p *party) is(by leg.Party) bool {
	return p.Party.Kind == by.Kind && p.Party.Name == by.Name && p.Party.Tenant == by.Tenant
}

// found answers a caller that may take over a dialog, or refuses it.
func (c *Call) found(now time.Time, e Found, out Effects) {
	caller := c.caller()
	if caller.entry != nil {
		c.foundRoom(now, e, out)
		return
	}
	if c.state != ringing || c.program.Replaces == nil {
		return
	}
	switch v := cause.Of(e.Err); {
	case e.Err == nil:
	case v == ErrElsewhere && c.program.Behalf == nil:
		c.elsewhere(now, *c.program.Replaces, e.At, c.program.Caller, false, c.To, out)
		return
	default:
		c.end(now, v, "switch", out)
		return
	}
	body, err := c.answerWith(caller, e.Place.codecs, out)
	if err != nil {
		c.end(now, caller.verdict(err), "switch", out)
		return
	}
	caller.Dialog.Expect(e.Place.session)
	c.program.Replaces.EarlyOnly = e.Place.Early
	c.state, c.Answer = talking, now
	c.record(now, out, ledger.Event{Kind: ledger.Answered, Leg: caller.ID})
	var headers []sip.Header
	if who := e.Place.who; who != nil {
		caller.knows, headers = who, caller.told(who)
	}
	if c.program.Behalf != nil {
		headers = append(headers, e.Place.header())
	}
	caller.Answer(now, out, body, headers...)
	caller.offer = nil
	c.watch(caller, out)
}

// takeOver gives the caller, once its ACK has come, to the call whose dialog it takes
// over.
func (c *Call) takeOver(now time.Time, out Effects) {
	caller, d := c.caller(), c.program.Replaces
	if d == nil || c.state != talking || c.peer != nil || !caller.Quiet() {
		return
	}
	c.program.Replaces = nil
	m := c.detach(now, caller, out)
	m.Part = c.program.Part
	if b := c.program.Behalf; b != nil {
		m.from, m.Part = b.from(), b.Part
	}
	out.Give(m, *d)
}
