package b2bua

import (
	"time"

	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/message"
)

// Find asks whether a dialog may be taken over; a Found event follows.
type Find struct {
	By     leg.Party
	Dialog message.Replaces
}

// Replaceable tells why the dialog of leg id may not be taken over by a party (RFC 3891
// section 3), or nil and whether it rings. It is what Take wants, but for what happens
// meanwhile.
func (c *Call) Replaceable(id int, f Find) (early bool, err error) {
	p := c.party(id)
	switch {
	case p == nil || c.Tenant != f.By.Tenant:
		return false, cause.New(481, "", cause.Caller)
	case p.over || p.leaving:
		return false, cause.New(603, "", cause.Caller)
	case c.transfer != nil:
		return false, cause.New(491, "", cause.Caller)
	case p.Talking() && f.Dialog.EarlyOnly:
		return false, cause.New(486, "", cause.Caller)
	case c.state == talking && c.other(p) != nil, c.isParked(p):
		return false, nil
	case c.state == ringing && p != c.caller() && p.State < leg.Answered: // we have called it: a pick-up
		return true, nil
	}
	return false, cause.New(481, "", cause.Caller)
}

// found answers a caller that may take over a dialog, or refuses it.
func (c *Call) found(now time.Time, e Found, out Effects) {
	caller := c.caller()
	if c.state != ringing || c.program.Replaces == nil {
		return
	}
	if e.Err != nil {
		c.end(now, cause.Of(e.Err), "switch", out)
		return
	}
	body, err := c.answerFor(caller, nil, out)
	if err != nil {
		c.end(now, sdpVerdict(err), "switch", out)
		return
	}
	c.program.Replaces.EarlyOnly = e.Early
	c.state, c.Answer = talking, now
	c.record(now, out, ledger.Event{Kind: ledger.Answered, Leg: caller.ID})
	caller.Answer(now, out, body)
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
	out.Give(c.detach(now, caller, out), *d)
}
