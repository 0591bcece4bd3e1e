package b2bua

import (
	"errors"
	"net/netip"
	"slices"
	"time"

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
	d, err := p.session.Parse(body)
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
		return p.session.Offer(p.local, p.offers(c.convert.Arrange(ours, sdp.Defaults())), sdp.SendRecv), nil
	}
	body, agreed, err := p.session.Answer(p.offer, p.local, c.convert.ArrangeAnswer(p.offer.Codecs(), p.keyed(ours)), sdp.SendRecv)
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
	r.Signalled, r.Latch = p.Flow.Remote.Addr().Unmap(), p.Party.Sound.Latch
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
		switch answered := c.takeAnswer(p, body, out); {
		case !answered && p.extra():
			p.End(now, out, cause.Verdict{Status: 488, Q850: 65, Reason: "No SDP answer in ACK", Fault: cause.Peer})
			return
		case !answered:
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
	case errors.Is(err, sdp.ErrPlain):
		return cause.Verdict{Status: 488, Q850: 65, Reason: "SRTP is required here: set this account to SRTP (SDES)", Fault: cause.Peer}
	case errors.Is(err, sdp.ErrCrypto):
		return cause.Verdict{Status: 488, Q850: 65, Reason: "No common SRTP suite: use AES_CM_128_HMAC_SHA1_80 by SDES", Fault: cause.Peer}
	default:
		return cause.Verdict{Status: 488, Q850: 65, Reason: "No common codec", Fault: cause.Peer}
	}
}

var _ leg.Tokens = Effects(nil)
