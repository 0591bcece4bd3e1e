package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/media/tone"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// Ask is a call that a party of this one wants made.
type Ask struct {
	Leg   int             // it is told by the Routed event
	By    leg.Party       // who asks: what it may not dial, it may not ask for
	Shown identity.Caller // who is connected, as shown to who is rung
	To    sip.Uri
	// Supervise has the phones of By itself rung, whatever To; nil for a call to that.
	Supervise *Supervise
}

// transfer is one that is under way: the caller of the program is rung for.
type transfer struct {
	by     *party           // who asked for it, or is let go by an administrator
	other  *party           // who goes on; nil while it is given to another call
	told   int              // the last provisional status that who asked was told
	asks   message.Replaces // the dialog to take over; zero for a blind transfer
	again  time.Time        // when its call is asked for again; zero for never
	until  time.Time        // and until when
	at     transport.Flow   // the way to the node that has it; zero for this one
	to     sip.Uri          // who is there, as who asked has it
	recall bool             // it failed, and who asked has hung up: its phone is rung
}

// transfers tells whether p is the one that a transfer under way leaves behind.
func (c *Call) transfers(p *party) bool { return c.transfer != nil && c.transfer.by == p }

// refers takes a REFER.
func (c *Call) refers(now time.Time, p *party, r leg.Referral, out Effects) {
	other := c.other(p)
	switch {
	case c.transfer != nil || c.state != talking || p.leaving || p.masked() || other != nil && other.masked():
		p.RefuseRefer(now, out, cause.New(491, "", cause.Peer))
	case p.Party.Kind != leg.Seat && !p.Party.Transfers:
		p.RefuseRefer(now, out, cause.New(403, "", cause.Peer))
	case other == nil: // an application
		p.RefuseRefer(now, out, cause.New(603, "", cause.Peer))
	case r.Replaces != nil:
		c.transfer = &transfer{by: p, other: other, asks: *r.Replaces, until: now.Add(fetchTime), to: r.To}
		p.AcceptRefer(now, out)
		c.fetch(out)
	default:
		c.transfer = &transfer{by: p, other: other}
		p.AcceptRefer(now, out)
		c.route(p, other, p.Party, r.To, out)
	}
}

// transferBy begins the transfer that an administrator wants.
func (c *Call) transferBy(_ time.Time, e Transfer, out Effects) {
	other := c.party(e.Leg)
	if c.CanTransfer(e.Leg) != nil {
		return
	}
	by := c.other(other)
	c.transfer = &transfer{by: by, other: other}
	asks := by.Party
	if asks.Kind != leg.Seat && other.Party.Kind == leg.Seat {
		asks = other.Party
	}
	c.route(by, other, asks, e.To, out)
}

// CanTransfer tells why a leg cannot be connected to somebody else, or nil.
func (c *Call) CanTransfer(id int) error {
	p := c.party(id)
	switch {
	case p == nil:
		return cause.New(404, "There is no such leg", cause.Caller)
	case c.transfer != nil:
		return cause.New(491, "A transfer is under way", cause.Caller)
	case c.state != talking || c.other(p) == nil:
		return cause.New(409, "The leg does not talk to another one", cause.Caller)
	case p.masked(), c.other(p).masked():
		return cause.New(409, "A payment window is open", cause.Caller)
	}
	return nil
}

func (c *Call) route(by, other *party, asks leg.Party, to sip.Uri, out Effects) {
	shown := *other.who()
	shown.Network, shown.Tel = "", "" // those of who calls next
	out.Ask(Ask{Leg: by.ID, By: asks, Shown: shown, To: to})
}

// routed goes on with a transfer when it is decided where it leads to.
func (c *Call) routed(now time.Time, e Routed, out Effects) {
	if e.Supervise != nil {
		c.summoned(now, e, out)
		return
	}
	t := c.transfer
	if t == nil || t.by.ID != e.Leg || c.state != talking {
		return
	}
	p := e.Program
	c.record(now, out, ledger.Event{Kind: ledger.Transferred, Leg: t.by.ID, Peer: t.other.ID, To: p.To})
	c.recordDecision(now, p, out)
	if v := c.unfit(now, p, out); v != nil {
		c.untransferred(now, *v, out)
		return
	}
	c.part(now, out)
	p.Silent, c.course = false, nil
	if p.Pick != nil {
		p.App = AppConference
		t.other.own().entry = &entry{by: t.by}
	}
	c.perform(p)
	c.starts(p)
	if p.App != NoApp {
		c.transferred(now, nil, out)
		c.performApp(now, out)
		return
	}
	c.hearRinging(out)
	c.ringStages(now, out)
}

// part takes both parties of a transfer from each other, and has the program serve who
// goes on.
func (c *Call) part(now time.Time, out Effects) {
	t := c.transfer
	if c.state == talking {
		c.record(now, out, ledger.Event{Kind: ledger.Segment, Leg: t.other.ID})
	}
	if !t.by.over {
		t.by.hears(out)
	}
	c.state, c.front, c.peer = ringing, t.other, nil
	c.notifying = false
}

// ringStages rings the stages of the program from the first one on.
func (c *Call) ringStages(now time.Time, out Effects) {
	c.stage, c.outcome = -1, cause.Verdict{}
	c.nextStage(now, out)
}

// hearRinging has the caller hear that somebody is rung. One who has no answer yet was
// told so by a response.
func (c *Call) hearRinging(out Effects) {
	if caller := c.caller(); caller.Talking() {
		caller.hearsTone(out, tone.Ringing)
	} else {
		caller.hears(out)
	}
}

// tellProgress tells who asked for a transfer that its target rings.
func (c *Call) tellProgress(now time.Time, status int, out Effects) {
	if t := c.transfer; t != nil && t.told != status {
		t.told = status
		t.by.Report(now, out, cause.Verdict{Status: status}, false)
	}
}

// transferred gives the call to who answered, nil for an application, and lets go who
// asked for that.
func (c *Call) transferred(now time.Time, p *party, out Effects) {
	t := c.transfer
	c.transfer = nil
	c.state, c.peer = talking, p
	if c.Answer.IsZero() {
		c.Answer = now
	}
	if p == nil {
		c.record(now, out, ledger.Event{Kind: ledger.Answered, Leg: c.front.ID, Party: c.program.App.String()})
	} else {
		c.program = &done
		c.meetsPeer()
		c.record(now, out, ledger.Event{Kind: ledger.Answered, Leg: p.ID})
		c.join(now, c.front, out)
	}
	told := t.by.Report(now, out, cause.Verdict{Status: 200}, true)
	if t.by.over {
		return
	}
	t.by.leaving = true
	if !told {
		c.release(now, t.by, cause.Verdict{}, out)
	}
}

// join makes the caller, who has an answer already, and its peer hear each other. If
// their codecs differ, one is asked for those of the other.
func (c *Call) join(now time.Time, asked *party, out Effects) {
	caller, p := c.front, c.peer
	notice := c.notice(out)
	if notice == "" {
		c.record(now, out, ledger.Event{Kind: ledger.Segment, Leg: caller.ID, Peer: p.ID})
	}
	for _, one := range []*party{caller, p} {
		one.refuses = false
		c.introduce(one)
	}
	c.bridge(notice, out)
	c.watch(caller, out)
	c.watch(p, out)
	c.align(now, asked, c.other(asked), out)
}

// reported lets go who has heard that its transfer has come about. It may hang up
// before.
func (c *Call) reported(now time.Time, p *party, out Effects) {
	if p.leaving && !p.over {
		c.release(now, p, cause.Verdict{}, out)
	}
}

// untransferred gives the call back to who asked for the transfer (RFC 5589 section
// 6.2), by ringing its phone if it has hung up.
func (c *Call) untransferred(now time.Time, v cause.Verdict, out Effects) {
	t := c.transfer
	t.by.Report(now, out, v, true)
	if t.by.over || c.state != talking { // else what it would have followed is not begun
		c.course = nil
	}
	switch {
	case !t.by.over && c.state == talking:
		c.transfer = nil
	case !t.by.over:
		c.transfer, c.program = nil, &done
		c.state, c.peer = talking, t.by
		c.join(now, c.front, out)
	case t.recall, t.by.Party.Kind != leg.Seat:
		c.transfer = nil
		c.refuse(now, v, "switch", out)
	default:
		t.recall = true
		c.part(now, out)
		c.hearRinging(out)
		c.perform(Program{Emergency: c.emergency, Stages: []Stage{{Targets: []Target{t.home()}}}})
		c.ringStages(now, out)
	}
}

// home is the phone of who asked for the transfer.
func (t *transfer) home() Target {
	d, caller := t.by.Dialog, t.other.who()
	return Target{Address: leg.Address{
		Party: t.by.Party, Flow: t.by.Flow, Target: d.Target, Routes: d.Routes, To: d.Remote(), From: caller.From(d.Local().URI.Host), Shown: t.by.shown,
	}}
}

// dropTransfer tells who asked for a transfer that the call is over.
func (c *Call) dropTransfer(now time.Time, v cause.Verdict, out Effects) {
	t := c.transfer
	if t == nil {
		return
	}
	c.transfer = nil
	if v.Status < 300 {
		v = cause.New(487, "", cause.Nobody)
	}
	t.by.Report(now, out, v, true)
}

// earlyTransfer opens the way for the sound of a party that has not answered yet to
// one that has; only if it needs no other codec.
func (c *Call) earlyTransfer(p *party, body []byte, out Effects) bool {
	caller := c.caller()
	if !c.convert.Joins(caller.agreed.Codecs, p.agreed.Codecs) {
		return false
	}
	p.ring.early, p.ring.sounds = true, body
	caller.hears(out, p)
	p.hears(out, caller)
	return true
}
