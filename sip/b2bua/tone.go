package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media/tone"
	"strowger/sip/cause"
	"strowger/sip/leg"
)

// FailureTone is how long a caller hears a tone that says why its call has failed, before
// it is told by the response, or by the BYE if it has an answer.
const FailureTone = 6 * time.Second

// failure is a call that has failed, while its caller hears the tone.
type failure struct {
	verdict cause.Verdict
	by      string
	until   time.Time
}

// soundEarly has a caller that nobody has answered hear us, by an answer to its offer
// ahead of the 200. It is false if it has offered nothing, or nothing that we know.
func (c *Call) soundEarly(now time.Time, out Effects, headers ...sip.Header) bool {
	caller := c.caller()
	if caller.replied || caller.Settled() {
		return true
	}
	if caller.State > leg.Early || caller.offer == nil {
		return false
	}
	answer, err := c.finalFor(caller, nil, out)
	if err != nil {
		return false
	}
	caller.replied = answer != nil
	caller.Progress(now, out, 183, answer, headers...)
	return true
}

// ringback has a caller hear that p rings, where ringing by a response says nothing to
// it: it hears us already, as the early media of somebody else is over, or is of a
// network that makes no tones.
func (c *Call) ringback(now time.Time, p *party, out Effects) bool {
	caller := c.caller()
	switch {
	case caller.Talking() || c.earlyPeer() != nil:
		return false
	case !caller.replied && !caller.Settled() && !caller.Party.WantsRinging():
		return false
	case !c.soundEarly(now, out, c.rungFor(p)...):
		return false
	}
	if !caller.toned {
		caller.hearsTone(out, tone.Ringing)
	}
	return true
}

// refuse ends a call whose caller is not connected. One who has an answer already, as it
// was transferred or has heard an application, hears why before; one who has none is told
// by the response, and hears it before that if its network wants it to.
func (c *Call) refuse(now time.Time, v cause.Verdict, by string, out Effects) {
	caller := c.caller()
	says := toneOf(v)
	if says == "" && caller.Talking() { // after ringing, nothing would be no answer
		says = tone.Congestion
	}
	if says == "" || c.state == over || c.silent || c.emergency || caller.over || !caller.Talking() && !c.hearsWhy(now, out) {
		c.end(now, v, by, out)
		return
	}
	c.dropTransfer(now, v, out)
	for _, p := range c.legs {
		if p != caller && !p.over {
			c.release(now, p, v, out)
		}
	}
	c.state, c.stageEnd, c.peer, c.course = failing, time.Time{}, nil, nil
	c.failure = &failure{verdict: v, by: by, until: now.Add(FailureTone)}
	caller.hearsTone(out, says)
}

// hearsWhy has a caller that nobody has answered hear us, if its network wants tones.
func (c *Call) hearsWhy(now time.Time, out Effects) bool {
	caller := c.caller()
	if c.state != ringing || !caller.Party.WantsFailures() || caller.State > leg.Early {
		return false
	}
	_, ok := c.ready(caller, out)
	return ok && c.soundEarly(now, out)
}

// toneOf is the tone by which a network says why a call failed, "" if there is none.
func toneOf(v cause.Verdict) tone.Kind {
	switch v.Cause() {
	case 17: // user busy
		return tone.Busy
	case 1, 2, 3, 22, 28: // no such number, no way to it, changed, incomplete
		return tone.Unobtainable
	case 34, 38, 41, 42, 44, 47, 58: // no channel, out of order, congestion
		return tone.Congestion
	}
	return ""
}
