package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media/sdp"
	"strowger/sip/cause"
)

// reoffers answers a party's re-INVITE: hold, resume, a new address or codec.
func (c *Call) reoffers(now time.Time, p *party, body []byte, out Effects) {
	if c.other(p) == nil && c.state != talking && c.transfer == nil || c.reoffer != nil {
		p.RefuseReoffer(now, out, cause.New(491, "", cause.Peer))
		return
	}
	if body == nil {
		p.ours = true
		p.AnswerReoffer(now, out, p.session.Offer(p.local, p.offers(c.all(p)), sdp.SendRecv))
		return
	}
	d, err := p.session.Parse(body)
	if err != nil {
		p.RefuseReoffer(now, out, p.verdict(err))
		return
	}
	p.offer, p.replied, p.refuses = d, false, false
	c.answerReoffer(now, p, out)
}

// all is what a party is offered that asks for an offer (RFC 6337 section 5.2.5): what
// is agreed, then what both parties have been able to do.
func (c *Call) all(p *party) []sdp.Codec {
	able := sdp.Defaults()
	if other := c.other(p); other != nil {
		able = sdp.Common(p.able, other.able)
	}
	return sdp.Join(p.agreed.Codecs, able)
}

// answerReoffer answers p's open offer; if p no longer takes what the other leg
// sends, that leg is asked to change first.
func (c *Call) answerReoffer(now time.Time, p *party, out Effects) {
	other := c.other(p)
	if other != nil && c.reoffer == nil && !takes(p.offer, other.agreed.Codecs) {
		c.askOther(now, p, other, out)
		return
	}
	c.reply(now, p, other, out)
}

// reply answers p's open offer, with the codecs of the other leg as far as they go.
func (c *Call) reply(now time.Time, p, other *party, out Effects) {
	body, err := c.answerFor(p, other, out)
	if err != nil {
		p.RefuseReoffer(now, out, p.verdict(err))
		return
	}
	p.AnswerReoffer(now, out, body)
	c.watch(p, out)
}

// takes tells whether an offer can be answered by the codec that the other leg
// uses now. One without usable sound is answered or refused by itself.
func takes(offer *sdp.Description, used []sdp.Codec) bool {
	i, err := offer.Audio()
	if err != nil || offer.Media[i].Port == 0 {
		return true
	}
	return sdp.Agree(sdp.Laws.ArrangeAnswer(offer.Codecs(), used), used)
}

// askOther offers p's codecs to the other leg; reanswers goes on from there.
func (c *Call) askOther(now time.Time, p, other *party, out Effects) {
	saved := other.session
	body := other.session.Offer(other.local, other.offers(c.convert.Arrange(p.offer.Codecs(), nil)), sdp.SendRecv)
	if err := other.Reoffer(now, out, body); err != nil {
		other.session = saved
		p.RefuseReoffer(now, out, cause.New(491, "", cause.Peer))
		return
	}
	other.saved, c.reoffer = &saved, p
}

// transcodes tells whether p's open offer can be answered though the other leg keeps its
// codec.
func (c *Call) transcodes(p, other *party) bool {
	used := other.agreed.Codecs
	return p.Asking() && c.convert.Joins(c.convert.ArrangeAnswer(p.offer.Codecs(), used), used)
}

// reanswers takes the answer to our re-INVITE and then answers who caused it.
func (c *Call) reanswers(now time.Time, p *party, body []byte, out Effects) {
	asked := c.reoffer
	if !c.takeAnswer(p, body, out) {
		c.reofferFailed(now, p, cause.New(488, "", cause.Peer), out)
		return
	}
	p.saved = nil
	c.watch(p, out)
	switch {
	case asked == nil:
		c.narrowed(now, p, out)
	case asked.Asking():
		c.answerReoffer(now, asked, out)
	default: // it was cancelled meanwhile
		c.align(now, p, asked, out)
	}
	c.reoffer = nil
}

// narrowed has the other leg follow a party that took our offer, but not the codec that
// the other leg sends. Each leg is asked once: neither may play this back.
func (c *Call) narrowed(now time.Time, p *party, out Effects) {
	other := c.other(p)
	if other == nil {
		return
	}
	if p.refuses = !sdp.Agree(p.agreed.Codecs, other.agreed.Codecs); p.refuses && !other.refuses {
		c.align(now, other, p, out)
	}
}

// align offers a leg the codecs of the other one if it sends what that does not
// take.
func (c *Call) align(now time.Time, p, other *party, out Effects) {
	if sdp.Agree(p.agreed.Codecs, other.agreed.Codecs) {
		return
	}
	saved := p.session
	if err := p.Reoffer(now, out, p.session.Offer(p.local, p.offers(other.agreed.Codecs), sdp.SendRecv)); err != nil {
		p.session = saved
		return
	}
	p.saved = &saved
}

// retries makes an offer again that was refused for a time, if it still has a reason.
func (c *Call) retries(now time.Time, p *party, out Effects) {
	if other := c.other(p); other != nil {
		c.align(now, p, other, out)
	}
}

// repeat offers a party what was agreed with it: so that its session lives on, or for
// the headers.
func (c *Call) repeat(now time.Time, p *party, out Effects, headers ...sip.Header) {
	saved := p.session
	if err := p.Reoffer(now, out, p.session.Repeat(p.local), headers...); err != nil {
		p.session = saved
		return
	}
	p.saved = &saved
}

// unfit tells whether a verdict is on what was offered.
func unfit(v cause.Verdict) bool { return v.Status == 488 || v.Status == 606 || v.Status == 415 }

// reofferFailed goes on after a re-INVITE of ours that was refused. Where it was the
// switch that wanted both legs to agree, the other leg is asked instead.
func (c *Call) reofferFailed(now time.Time, p *party, v cause.Verdict, out Effects) {
	if p.saved != nil {
		p.session, p.saved = *p.saved, nil
	}
	if asked := c.reoffer; asked != nil {
		c.reoffer = nil
		if unfit(v) && c.transcodes(asked, p) {
			c.reply(now, asked, p, out)
			return
		}
		asked.RefuseReoffer(now, out, carried(p.Party.Kind, v))
		return
	}
	p.refuses = unfit(v)
	if other := c.other(p); other != nil && p.refuses && !other.refuses {
		c.align(now, other, p, out)
	}
}
