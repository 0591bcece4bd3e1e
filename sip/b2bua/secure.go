package b2bua

import (
	"errors"

	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/transport"
)

// secure sets how a party's sound is encrypted, before its first offer or answer; false
// if it would have to be and cannot, and why. Keys go by signalling that is encrypted,
// unless the party's setting says otherwise. Who calls for help is not held up by it.
func (c *Call) secure(p *party, out Effects) (cause.Verdict, bool) {
	how := p.Party.Sound
	if c.emergency && p == c.caller() {
		how.SRTP = min(how.SRTP, sdp.Optional)
	}
	switch {
	case how.SRTP == sdp.Plain:
	case p.Flow.Proto == transport.TLS || how.ClearKeys:
		p.session.Secure(how.SRTP, out.Secret())
	case how.SRTP == sdp.Required:
		return errNeedsTLS, false
	}
	return cause.Verdict{}, true
}

// errNeedsTLS is the outcome of a leg that must be encrypted and has no way for its keys.
var errNeedsTLS = cause.Verdict{Status: 488, Q850: 65, Reason: "SRTP is required here and needs SIP over TLS", Fault: cause.Peer}

// equip gives a leg what its sound needs, keys and ports; false if it cannot have them,
// and why.
func (c *Call) equip(p *party, out Effects) (cause.Verdict, bool) {
	if v, ok := c.secure(p, out); !ok {
		return v, false
	}
	if err := c.open(p, out); err != nil {
		return soundless, false
	}
	return cause.Verdict{}, true
}

// verdict says with which status a party's SDP that cannot be used is refused.
func (p *party) verdict(err error) cause.Verdict {
	if errors.Is(err, sdp.ErrTransport) && p.Party.Sound.SRTP == sdp.Optional && p.Flow.Proto != transport.TLS && !p.Party.Sound.ClearKeys {
		return cause.Verdict{Status: 488, Q850: 65, Reason: "SRTP needs SIP over TLS here: use TLS, or plain RTP (RTP/AVP)", Fault: cause.Peer}
	}
	return sdpVerdict(err)
}

// unusable is the outcome of a party that was rung and whose answer cannot be used.
func (p *party) unusable() cause.Verdict {
	v := cause.Verdict{Status: 488, Q850: 65, Reason: "Unusable SDP answer", Fault: cause.Callee}
	if p.Party.Sound.SRTP == sdp.Required {
		v.Reason = "SRTP is required of " + p.Party.String() + ", and its answer is not usable"
	}
	return v
}
