package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// ends acts on a party that hung up, refused or vanished.
func (c *Call) ends(now time.Time, p *party, ev leg.Event, out Effects) {
	v := ev.Verdict
	c.legOver(now, p, v, out)
	switch {
	case c.state == over, p.leaving, p.supervises != nil, c.transfers(p):
	case p.member != nil:
		c.gone(now, p, v, out)
	case c.state == talking && v.Status == 408, p == c.caller() && v.Status == 504, // it went silent; nobody hung up
		c.state == talking && v.Status != 0 && p.Party.Kind == leg.Node: // or the node
		c.end(now, v, "switch", out)
	case c.talked(now, p, out):
	case p == c.caller(), p == c.peer:
		c.end(now, v, p.side(), out)
	default:
		c.outcome = better(c.outcome, carried(p.Party.Kind, v))
		if !c.redirected(now, p, ev.Moved, out) {
			c.goOn(now, p, v, out)
		}
	}
}

// end releases every leg and closes the record. It is called once a call.
func (c *Call) end(now time.Time, v cause.Verdict, by string, out Effects) {
	if c.state == over {
		return
	}
	if f := c.failure; f != nil { // whoever has had enough of the tone
		v, by, c.failure = f.verdict, f.by, nil
	}
	answered := !c.Answer.IsZero()
	if c.state == admitting { // nobody knows yet whose call it would have been
		c.silent = true
	}
	c.state, c.course = over, nil
	c.stageEnd, c.reoffer = time.Time{}, nil
	c.dropTransfer(now, v, out)
	c.unpark(out)
	if c.Room() != "" {
		out.Unpark(roomPlace(c.conf.room))
	}
	for _, p := range c.legs {
		c.legOver(now, p, v, out)
	}
	c.recordEnd(now, v, by, answered, out)
	for _, p := range c.legs {
		p.End(now, out, v, c.headersFor(p)...)
	}
}

// recordEnd writes the one event that closes the call.
func (c *Call) recordEnd(now time.Time, v cause.Verdict, by string, answered bool, out Effects) {
	if c.silent {
		return
	}
	status := v.Status
	switch {
	case status != 0:
	case answered:
		status = 200
	default:
		status = cause.ToStatus(v.Cause())
	}
	c.record(now, out, ledger.Event{
		Kind: ledger.Ended, Status: status, Q850: v.Cause(), Reason: v.Phrase(), By: by, Emergency: c.emergency,
	})
}

// side is how the ledger names a party that ended the call.
func (p *party) side() string {
	if p.ID == 1 {
		return "caller"
	}
	return "callee"
}

func (c *Call) headersFor(p *party) []sip.Header {
	if p == c.caller() {
		return c.program.Headers
	}
	return nil
}

// release ends one leg of a call that goes on.
func (c *Call) release(now time.Time, p *party, v cause.Verdict, out Effects) {
	c.legOver(now, p, v, out)
	p.End(now, out, v)
}

// legOver closes a leg's ports and its record, once.
func (c *Call) legOver(now time.Time, p *party, v cause.Verdict, out Effects) {
	if p.over {
		return
	}
	out.Free(p.ID)
	p.over = true
	c.unmask(now, p, "hang-up", out)
	if p.ring != nil {
		p.ring.askEnd, p.ring.hearEnd = time.Time{}, time.Time{}
	}
	e := ledger.Event{Kind: ledger.LegEnded, Leg: p.ID, Status: v.Status, Q850: v.Cause()}
	if p != c.caller() {
		e.SessionID = p.Dialog.SessionID()
	}
	if p.early() && c.state == ringing && !c.caller().over {
		c.hearRinging(out)
		if asked := c.reoffer; asked != nil { // who was to answer first is gone
			c.reoffer = nil
			asked.RefuseReoffer(now, out, cause.New(491, "", cause.Peer))
		}
	}
	if c.transfers(p) && c.state == talking && c.transfer.other != nil { // before it was decided where to
		c.transfer.other.hears(out)
	}
	if p.local.IsValid() {
		e.Media = figures(out.Close(p.ID), p)
	}
	p.session, p.able, p.offer, p.saved = sdp.Session{}, nil, nil, nil // of no more use
	if !c.silent && c.state != admitting {
		c.record(now, out, e)
	}
}

func figures(s media.Stats, p *party) *ledger.Media {
	return &ledger.Media{
		Received: s.Received, Sent: s.Sent, Lost: s.Lost,
		JitterMs: ms(s.Jitter), MaxGapMs: ms(s.MaxGap),
		MOS: s.MOS, Codec: s.Encoding, OneWay: p.oneWay, Foreign: s.Foreign, Reordered: s.Reordered, Duplicate: s.Duplicate,
		RoundTripMs: ms(s.RoundTrip), FarLoss: s.FarLoss, MaxSilenceMs: ms(s.MaxSilence), Silent: s.Silent, Overrun: s.Overrun,
		RTCPReceived: s.RTCPReceived, RTCPSent: s.RTCPSent, SRTP: s.SRTP, Converted: s.Converted,
		ConvertedFrom: s.ConvertedFrom, ConvertedTo: s.ConvertedTo, PTimeMs: ms(s.PTime),
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
