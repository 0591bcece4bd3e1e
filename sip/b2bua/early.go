package b2bua

import (
	"bytes"
	"time"

	"strowger/media/sdp"
	"strowger/sip/leg"
)

// rings passes ringing and early media on to the caller.
func (c *Call) rings(now time.Time, p *party, ev leg.Event, out Effects) {
	if c.state != ringing || p.extra() {
		return
	}
	p.ring.alerted = true
	c.tellProgress(now, ev.Status, out)
	single := len(c.program.Stages[c.stage].Targets) == 1
	if single && ev.Body != nil && !p.ring.confirm && c.earlyMedia(now, p, ev.Body, out) {
		return
	}
	if c.ringback(now, p, out) {
		return
	}
	if caller := c.caller(); caller.State == leg.Offered {
		caller.Progress(now, out, 180, c.firstOffer(caller), c.rungFor(p)...)
	}
}

// firstOffer is our offer to a caller who has made none and has to get it before
// anybody answers; nil if there is time.
func (c *Call) firstOffer(caller *party) []byte {
	if !caller.MustOffer() {
		return nil
	}
	caller.ours = true
	return caller.session.Offer(caller.local, caller.offers(sdp.Defaults()), sdp.SendRecv)
}

// earlyMedia opens the way for the sound of a party that has not answered yet.
func (c *Call) earlyMedia(now time.Time, p *party, body []byte, out Effects) bool {
	caller := c.caller()
	if p.ring.early {
		c.follow(p, body, out)
	}
	if caller.offer == nil && !caller.Talking() || p.ring.early {
		return p.ring.early
	}
	if !c.takeAnswer(p, body, out) {
		return false
	}
	if caller.Talking() {
		return c.earlyTransfer(p, body, out)
	}
	answer, err := c.finalFor(caller, p, out)
	if err != nil || caller.Settled() && !c.convert.Joins(caller.agreed.Codecs, p.agreed.Codecs) {
		return false
	}
	p.ring.early, p.ring.sounds = true, body
	caller.replied = answer != nil
	caller.hears(out, p)
	p.hears(out, caller)
	caller.Progress(now, out, 183, answer, c.rungFor(p)...)
	return true
}

// follow hears the early media of another phone behind the same party, such as the one
// that a carrier has gone on to, if the caller can hear it in the codec that it was answered.
func (c *Call) follow(p *party, body []byte, out Effects) {
	if bytes.Equal(body, p.ring.sounds) {
		return
	}
	used := c.caller().agreed.Codecs
	if d, err := p.session.Parse(body); err != nil || !c.convert.Joins(used, c.convert.ArrangeAnswer(d.Codecs(), used)) {
		return
	}
	if c.takeAnswer(p, body, out) {
		p.ring.sounds = body
	}
}
