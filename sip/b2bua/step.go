package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Event is something that happens to a call.
type Event interface{ isEvent() }

// The events.
type (
	// Admitted is the decision about the caller's INVITE.
	Admitted struct{ Program Program }
	// Request is a request of a leg's dialog, from its party. Tx is nil for ACK.
	Request struct {
		Leg int
		Tx  *transaction.Server
		Msg *sip.Request
	}
	// Cancelled is a CANCEL of a leg's pending INVITE.
	Cancelled struct {
		Leg int
		Tx  *transaction.Server
		Msg *sip.Request
	}
	// Response is a response to a request of a leg.
	Response struct {
		Leg int
		Tx  *transaction.Client
		Msg *sip.Response
	}
	// Failed is the end of a leg's transaction without an answer.
	Failed struct {
		Leg int
		Tx  *transaction.Client
		Err error
	}
	// Sound is an event of a leg's ports.
	Sound struct {
		Leg   int
		Event media.Event
	}
	// Hangup ends the call from outside; By is "admin" or "switch".
	Hangup struct {
		By      string
		Verdict cause.Verdict
	}
	// Routed is the decision about what a leg's party has asked for.
	Routed struct {
		Leg     int
		Program Program
	}
	// Found is the answer to Find: where the dialog is, or why it may not be taken over.
	// At is the way to the node that has it, with ErrElsewhere; zero if there is none.
	Found struct {
		Place Place
		Err   error
		At    transport.Flow
	}
	// Fetched is the answer to Fetch: a leg, or why there is none. At is as that of Found.
	Fetched struct {
		Leg    int
		Moving *Moving
		Err    error
		At     transport.Flow
	}
	// Kept tells that a leg which went to another call has its place there.
	Kept struct{}
	// Returned gives back a leg that no call wanted.
	Returned struct {
		Moving  *Moving
		Verdict cause.Verdict
	}
	// Transfer has a party called by the number that an administrator says: Leg stays
	// in the call, and is connected to it.
	Transfer struct {
		Leg int
		To  sip.Uri
	}
	// Tick runs what is due.
	Tick struct{}
)

func (Admitted) isEvent()  {}
func (Request) isEvent()   {}
func (Cancelled) isEvent() {}
func (Response) isEvent()  {}
func (Failed) isEvent()    {}
func (Sound) isEvent()     {}
func (Hangup) isEvent()    {}
func (Routed) isEvent()    {}
func (Transfer) isEvent()  {}
func (Found) isEvent()     {}
func (Fetched) isEvent()   {}
func (Kept) isEvent()      {}
func (Returned) isEvent()  {}
func (Tick) isEvent()      {}

// Step advances the call by one event.
func (c *Call) Step(now time.Time, ev Event, out Effects) {
	c.step(now, ev, out)
	c.inform(now, out)
}

func (c *Call) step(now time.Time, ev Event, out Effects) {
	switch e := ev.(type) {
	case Admitted:
		c.admitted(now, e.Program, out)
	case Request:
		if p := c.party(e.Leg); p != nil {
			p.hear(e.Msg)
			ev := p.Request(now, out, e.Tx, e.Msg)
			c.introduce(p)
			c.legEvent(now, p, ev, out)
		}
	case Cancelled:
		if p := c.party(e.Leg); p != nil {
			c.legEvent(now, p, p.Cancelled(now, out, e.Tx, e.Msg), out)
		}
	case Response:
		if p := c.party(e.Leg); p != nil {
			if p.ring != nil {
				p.ring.hearEnd, p.ring.heard = time.Time{}, true
			}
			p.hear(e.Msg)
			c.placed(now, p, e.Msg, out)
			ev := p.Response(now, out, e.Tx, e.Msg)
			c.introduce(p)
			c.legEvent(now, p, ev, out)
		}
	case Failed:
		if p := c.party(e.Leg); p != nil {
			c.legEvent(now, p, p.Failed(now, out, e.Tx, e.Err), out)
		}
	case Sound:
		if p := c.party(e.Leg); p != nil {
			c.sound(now, p, e.Event, out)
		}
	case Hangup:
		c.end(now, e.Verdict, e.By, out)
	case Routed:
		c.routed(now, e, out)
	case Transfer:
		c.transferBy(now, e, out)
	default:
		c.moves(now, ev, out)
	}
}

// moves takes what happens to legs that go from call to call, and the time.
func (c *Call) moves(now time.Time, ev Event, out Effects) {
	switch e := ev.(type) {
	case Found:
		c.found(now, e, out)
	case Fetched:
		c.fetched(now, e, out)
	case Kept:
		c.kept(now, out)
	case Returned:
		c.returned(now, e.Moving, e.Verdict, out)
	case Lost:
		c.lost(now, e.Node)
	case Tick:
		c.tick(now, out)
	}
}

func (c *Call) tick(now time.Time, out Effects) {
	for _, p := range c.legs {
		if due(now, p.Deadline()) {
			c.legEvent(now, p, p.Tick(now, out), out)
		}
		if p.ring != nil && due(now, p.ring.askEnd) {
			c.unconfirmed(now, p, out)
		}
		if p.ring != nil && due(now, p.ring.hearEnd) {
			c.unheard(now, p, out)
		}
	}
	if c.park != nil && due(now, c.park.until) {
		c.unclaimed(now, out)
	}
	if due(now, c.stageEnd) {
		c.unanswered(now, out)
	}
	if t := c.transfer; t != nil && due(now, t.again) {
		c.again(now, out)
	}
}

func due(now, deadline time.Time) bool { return !deadline.IsZero() && !now.Before(deadline) }

// legEvent acts on what a leg says.
func (c *Call) legEvent(now time.Time, p *party, ev leg.Event, out Effects) {
	switch ev.Kind {
	case leg.Again:
		c.listen(now, p)
	case leg.Rings:
		c.rings(now, p, ev, out)
	case leg.Accepts:
		c.accepts(now, p, ev.Body, out)
	case leg.Acked:
		c.acked(now, p, ev.Body, out)
		c.takeOver(now, out)
	case leg.Reoffers:
		c.reoffers(now, p, ev.Body, out)
	case leg.Reanswers:
		c.reanswers(now, p, ev.Body, out)
	case leg.ReofferFail:
		c.reofferFailed(now, p, ev.Verdict, out)
	case leg.Refreshes:
		c.repeat(now, p, out)
	case leg.Retries:
		c.retries(now, p, out)
	case leg.Digit:
		c.digit(now, p, ev.Digit, out)
	case leg.Refers:
		c.refers(now, p, ev.Refer, out)
	case leg.Reported:
		c.reported(now, p, out)
	case leg.Ends:
		c.ends(now, p, ev, out)
	case leg.Nothing:
	}
}

// sound acts on what happened to a leg's ports.
func (c *Call) sound(now time.Time, p *party, ev media.Event, out Effects) {
	if c.state == over {
		return
	}
	switch ev.Kind {
	case media.Timeout:
		v := cause.Verdict{Q850: 102, Reason: "No media", Fault: cause.Peer}
		c.record(now, out, ledger.Event{Kind: ledger.Alarm, Leg: p.ID, Detail: "media timeout"})
		if p.leaving || c.transfers(p) {
			c.release(now, p, v, out)
			return
		}
		c.end(now, v, "switch", out)
	case media.Ended:
		if p == c.caller() && c.program.App == AppPlay {
			c.end(now, cause.Verdict{}, "switch", out)
		}
	case media.OneWay:
		p.oneWay = true
	case media.Digit:
		c.digit(now, p, ev.Digit, out)
	case media.Latched:
	}
}

// ends acts on a party that hung up, refused or vanished.
func (c *Call) ends(now time.Time, p *party, ev leg.Event, out Effects) {
	v := ev.Verdict
	c.legOver(now, p, v, out)
	switch {
	case c.state == over, p.leaving, c.transfers(p):
	case c.state == talking && v.Status == 408, p == c.caller() && v.Status == 504, // it went silent; nobody hung up
		c.state == talking && v.Status != 0 && p.Party.Kind == leg.Node: // or the node
		c.end(now, v, "switch", out)
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
	answered := !c.Answer.IsZero()
	if c.state == admitting { // nobody knows yet whose call it would have been
		c.silent = true
	}
	c.state = over
	c.stageEnd, c.reoffer = time.Time{}, nil
	c.dropTransfer(now, v, out)
	c.unpark(out)
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
		out.Hear(c.transfer.other.ID, 0)
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
		MOS: s.MOS, Codec: s.Encoding, OneWay: p.oneWay, Foreign: s.Foreign, Reordered: s.Reordered,
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
