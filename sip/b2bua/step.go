package b2bua

import (
	"time"

	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// Step advances the call by one event.
func (c *Call) Step(now time.Time, ev Event, out Effects) {
	c.step(now, ev, out)
	c.arrange(now, out)
	c.inform(now, out)
	c.attend(out)
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
	case Followed:
		c.followed(now, e, out)
	case Transfer:
		c.transferBy(now, e, out)
	case Mask:
		c.mask(now, e.Leg, e.Window, out)
	case Unmask:
		c.unmask(now, c.party(e.Leg), "admin", out)
	default:
		c.moves(now, ev, out)
	}
}

// moves takes what happens to legs that go from call to call, and the time.
func (c *Call) moves(now time.Time, ev Event, out Effects) {
	switch e := ev.(type) {
	case Picked:
		c.picked(now, e.Program, out)
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
	default:
		c.mixes(now, ev, out)
	}
}

// mixes takes what an operator wants of calls with more than two parties.
func (c *Call) mixes(now time.Time, ev Event, out Effects) {
	switch e := ev.(type) {
	case Supervise:
		c.superviseBy(now, e, out)
	case Mute:
		if p := c.isMember(e.Leg); p != nil {
			c.mute(now, p, e.On, out)
		}
	case Kick:
		if p := c.isMember(e.Leg); p != nil {
			c.expel(now, p, cause.Verdict{}, out)
		}
	case Merge:
		c.merges(e, out)
	}
}

func (c *Call) tick(now time.Time, out Effects) {
	for _, p := range c.legs {
		if due(now, p.Deadline()) {
			c.legEvent(now, p, p.Tick(now, out), out)
		}
		c.windowDue(now, p, out)
		c.entryDue(now, p, out)
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
	if f := c.failure; f != nil && due(now, f.until) {
		c.end(now, f.verdict, f.by, out)
	}
	if due(now, c.courseEnd()) {
		c.asked(out)
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
	case leg.Unfit:
		p.Offer(now, out, p.session.Offer(p.local, c.wider(p), sdp.SendRecv))
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
		c.digit(now, p, ev.Digit, media.ByInfo, out)
	case leg.Unkeyed:
		c.unkeyed(p, ev.Digits, out)
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
		switch {
		case p.leaving, p.supervises != nil, c.transfers(p):
			c.release(now, p, v, out)
		case p.member != nil:
			c.expel(now, p, v, out)
		default:
			c.end(now, v, "switch", out)
		}
	case media.Ended:
		if p.member != nil {
			p.member.tone = ""
		} else if p == c.caller() && c.program.App == AppPlay {
			c.end(now, cause.Verdict{}, "switch", out)
		}
		switch {
		case p != c.caller():
		case c.notifying:
			c.know(now, out)
		default:
			c.heard(now, out)
		}
	case media.OneWay:
		p.oneWay = true
	case media.Digit:
		c.digit(now, p, ev.Digit, ev.Form, out)
	case media.Latched, media.Silent: // its figures tell
	}
}
