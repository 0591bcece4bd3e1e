package b2bua

import (
	"errors"
	"net/netip"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/leg"
)

// takeAnswer applies a party's answer to our offer. No body repeats what early
// media agreed.
func (c *Call) takeAnswer(p *party, body []byte, out Effects) bool {
	if body == nil {
		return p.agreed.Codecs != nil
	}
	d, err := sdp.Parse(body)
	if err != nil {
		return false
	}
	agreed, err := p.session.Accept(d)
	if err != nil {
		return false
	}
	// An offer that does not speak cannot learn that the party does not listen.
	agreed.Held = agreed.Held || p.agreed.Held && agreed.Direction == p.agreed.Direction
	p.agree(agreed, out)
	return true
}

// answerFor is our SDP towards a party whose offer is open, with the codecs of
// the peer that it is to be joined with; nil peer means an application.
func (c *Call) answerFor(p, peer *party, out Effects) ([]byte, error) {
	if peer == nil {
		return c.answerWith(p, nil, out)
	}
	return c.answerWith(p, peer.agreed.Codecs, out)
}

// answerWith is the same with codecs; none means those of an application.
func (c *Call) answerWith(p *party, ours []sdp.Codec, out Effects) ([]byte, error) {
	switch {
	case p.replied: // it stays what it was (13.2.1)
		ours = p.agreed.Codecs
	case len(ours) == 0:
		ours = sdp.Defaults()
	}
	if p.offer == nil { // the party offered nothing: it answers in its ACK
		p.ours = true
		return p.session.Offer(p.local, p.offers(sdp.Arrange(ours, sdp.Defaults())), sdp.SendRecv), nil
	}
	body, agreed, err := p.session.Answer(p.offer, p.local, sdp.ArrangeAnswer(p.offer.Codecs(), ours), sdp.SendRecv)
	if err != nil {
		return nil, err
	}
	p.agree(agreed, out)
	return body, nil
}

// finalFor is our answer to the caller's INVITE, nil if it has one already that
// stays.
func (c *Call) finalFor(caller, peer *party, out Effects) ([]byte, error) {
	if caller.Settled() {
		return nil, nil
	}
	return c.answerFor(caller, peer, out)
}

// agree takes the result of an exchange. A stream that was refused leaves the
// codecs as they were, for the exchange that brings it back.
func (p *party) agree(a sdp.Agreed, out Effects) {
	if len(a.Codecs) == 0 {
		a.Codecs = p.agreed.Codecs
	}
	p.agreed, p.able = agreed{a.Codecs, a.Direction, a.Held}, sdp.Join(a.Codecs, p.able)
	out.Update(p.ID, p.bounded(a.Remote))
}

// bounded adds to what SDP said where the party's sound may be: where its network
// may send, or the party signals from; for a trunk, no address but its own.
func (p *party) bounded(r media.Remote) media.Remote {
	r.Signalled = p.Flow.Remote.Addr().Unmap()
	switch p.Party.Kind {
	case leg.Node: // where it says, which its network need not list, or by the way of the link
		link := r.Signalled
		r.Signalled, r.Setting = r.RTP.Addr().Unmap(), "sound of node "+p.Flow.Node
		for _, a := range []netip.Addr{r.Signalled, link} {
			if a.IsValid() {
				r.Sources = append(r.Sources, netip.PrefixFrom(a, a.BitLen()))
			}
		}
		return r
	case leg.Seat:
		return r
	case leg.Trunk:
	}
	r.Setting = "media of trunk " + p.Party.Name
	if r.Sources = p.Party.Media; len(r.Sources) > 0 {
		return r
	}
	r.Sources = p.Party.Sources
	for _, a := range []netip.Addr{r.Signalled, r.RTP.Addr().Unmap(), r.RTCP.Addr().Unmap()} {
		if a.IsValid() && !slices.ContainsFunc(r.Sources, func(own netip.Prefix) bool { return own.Contains(a) }) {
			r.Sources = append(slices.Clip(r.Sources), netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return r
}

// acked takes the answer that an ACK or PRACK carries, when the offer was ours; the
// other leg follows it. What an answer of ours before anybody answered has left
// between both legs is settled at the ACK: the party has offered more than it says.
func (c *Call) acked(now time.Time, p *party, body []byte, out Effects) {
	other := c.other(p)
	switch {
	case p.ours:
		p.ours = false
		if !c.takeAnswer(p, body, out) {
			c.end(now, cause.Verdict{Status: 488, Q850: 65, Reason: "No SDP answer in ACK", Fault: cause.Peer}, "switch", out)
			return
		}
		c.watch(p, out)
		if other != nil {
			c.align(now, other, p, out)
		}
	case p.Settled(), p.replied:
		if p.Settled() {
			c.watch(p, out)
		}
		p.replied = false
		if other != nil {
			c.align(now, p, other, out)
		}
	}
}

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
	d, err := sdp.Parse(body)
	if err != nil {
		p.RefuseReoffer(now, out, sdpVerdict(err))
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
	body, err := c.answerFor(p, other, out)
	if err != nil {
		p.RefuseReoffer(now, out, sdpVerdict(err))
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
	return sdp.Agree(sdp.ArrangeAnswer(offer.Codecs(), used), used)
}

// askOther offers p's codecs to the other leg; reanswers goes on from there.
func (c *Call) askOther(now time.Time, p, other *party, out Effects) {
	saved := other.session
	body := other.session.Offer(other.local, other.offers(sdp.Arrange(p.offer.Codecs(), nil)), sdp.SendRecv)
	if err := other.Reoffer(now, out, body); err != nil {
		other.session = saved
		p.RefuseReoffer(now, out, cause.New(491, "", cause.Peer))
		return
	}
	other.saved, c.reoffer = &saved, p
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

// reofferFailed goes on after a re-INVITE of ours that was refused. Where it was the
// switch that wanted both legs to agree, the other leg is asked instead.
func (c *Call) reofferFailed(now time.Time, p *party, v cause.Verdict, out Effects) {
	if p.saved != nil {
		p.session, p.saved = *p.saved, nil
	}
	if asked := c.reoffer; asked != nil {
		c.reoffer = nil
		asked.RefuseReoffer(now, out, carried(p.Party.Kind, v))
		return
	}
	p.refuses = v.Status == 488 || v.Status == 606 || v.Status == 415
	if other := c.other(p); other != nil && p.refuses && !other.refuses {
		c.align(now, other, p, out)
	}
}

// other is the party that p talks to, or hears while it rings; nil if there is none.
func (c *Call) other(p *party) *party {
	peer := c.peer
	if peer == nil {
		peer = c.earlyPeer()
	}
	switch {
	case peer == nil:
		return nil
	case p == c.caller():
		return peer
	case p == peer:
		return c.caller()
	default:
		return nil
	}
}

// earlyPeer is the party that the caller hears while it rings, or nil.
func (c *Call) earlyPeer() *party {
	for p := range c.rung() {
		if p.early() {
			return p
		}
	}
	return nil
}

// watch sets the media timeout of a leg by whether it should be speaking, if anybody
// has answered. Another node sends reports (RTCP) while who is behind it is silent.
func (c *Call) watch(p *party, out Effects) {
	if c.state != talking {
		return
	}
	out.Watch(p.ID, p.agreed.speaks())
}

// sdpVerdict says with which status an SDP that cannot be used is refused.
func sdpVerdict(err error) cause.Verdict {
	var v cause.Verdict
	switch {
	case errors.As(err, &v):
		return v
	case errors.Is(err, sdp.ErrMalformed), errors.Is(err, sdp.ErrLimit):
		return cause.Verdict{Status: 400, Q850: 127, Reason: "Unreadable SDP", Fault: cause.Peer}
	case errors.Is(err, sdp.ErrNoAudio):
		return cause.Verdict{Status: 488, Q850: 65, Reason: "No audio in SDP", Fault: cause.Peer}
	case errors.Is(err, sdp.ErrTransport):
		return cause.Verdict{Status: 488, Q850: 65, Reason: "SRTP only is offered: set this account to plain RTP (RTP/AVP)", Fault: cause.Peer}
	default:
		return cause.Verdict{Status: 488, Q850: 65, Reason: "No common codec", Fault: cause.Peer}
	}
}

var _ leg.Tokens = Effects(nil)
