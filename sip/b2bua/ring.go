package b2bua

import (
	"slices"
	"time"

	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// nextStage rings the next stage that has targets, or ends the call.
func (c *Call) nextStage(now time.Time, out Effects) {
	for c.stage++; c.stage < len(c.program.Stages); c.stage++ {
		s := c.program.Stages[c.stage]
		if len(s.Targets) == 0 {
			c.outcome = better(c.outcome, s.Empty)
			continue
		}
		c.stageEnd = now.Add(s.timeout())
		for _, t := range s.Targets[:min(len(s.Targets), MaxTargets)] {
			c.ring(now, t, out)
		}
		if c.ringingLegs() > 0 || c.state != ringing {
			return
		}
	}
	c.stageEnd = time.Time{}
	c.fails(now, "switch", out)
}

func (s Stage) timeout() time.Duration {
	if s.Timeout > 0 {
		return s.Timeout
	}
	return RingTimeout
}

// ring sends an INVITE to one target: the first way to it that has a channel.
func (c *Call) ring(now time.Time, t Target, out Effects) {
	for t.Party.Kind == leg.Trunk && !c.seize(now, len(c.legs)+1, t.Party, out) {
		if len(t.Next) == 0 {
			return
		}
		t.Address, t.Next = t.Next[0], t.Next[1:]
	}
	p := c.newParty(leg.Calling(len(c.legs)+1, t.Address, out), now)
	p.ring = &ring{since: now, confirm: t.Confirm, next: t.Next, redirect: t.Redirect}
	p.timed()
	p.shown, p.knows = t.Shown, c.caller().who()
	c.listen(now, p)
	p.Dialog.Meet(c.caller().Dialog)
	c.legs = append(c.legs, p)
	if v, ok := c.equip(p, out); !ok {
		p.Drop()
		c.outcome = better(c.outcome, v)
		c.legOver(now, p, v, out)
		return
	}
	c.record(now, out, ledger.Event{
		Kind: ledger.Rang, Leg: p.ID, Party: t.Party.String(), To: t.To.URI.User,
		SIPCallID: p.Dialog.CallID, Emergency: c.emergency,
	})
	codecs := p.offers(c.offerCodecs())
	body := p.session.Offer(p.local, codecs, sdp.SendRecv)
	p.Invite(now, out, body, t.Headers)
	if len(c.wider(p)) > len(codecs) {
		p.Another()
	}
}

// wider is what a party is offered that has refused what it was offered first: what the
// caller's speech can be transcoded to besides.
func (c *Call) wider(p *party) []sdp.Codec { return p.offers(c.convert.Wider(c.offerCodecs())) }

// listen gives a trunk that was sent an INVITE its time to say something, if there is
// another way or stage.
func (c *Call) listen(now time.Time, p *party) {
	if c.state == ringing && p.Party.Kind == leg.Trunk && (len(p.ring.next) > 0 || c.another()) {
		p.ring.hearEnd = now.Add(Silence)
	}
}

// offers are the codecs that a party may be offered.
func (p *party) offers(codecs []sdp.Codec) []sdp.Codec {
	return sdp.Only(p.keyed(codecs), p.Party.Codecs)
}

// offerCodecs is what a target is offered: the caller's codecs, then ours.
func (c *Call) offerCodecs() []sdp.Codec {
	switch caller := c.caller(); {
	case caller.Talking():
		return sdp.Join(caller.agreed.Codecs, sdp.Join(caller.able, sdp.Defaults()))
	case caller.offer == nil:
		return sdp.Defaults()
	default:
		return c.convert.Arrange(caller.offer.Codecs(), sdp.Defaults())
	}
}

// open reserves the leg's ports, once.
func (c *Call) open(p *party, out Effects) error {
	if p.local.IsValid() {
		return nil
	}
	local, err := out.Open(p.ID, p.Party.Network)
	if err != nil {
		return err
	}
	p.local = local
	return nil
}

// fails ends what the program was for: nobody has answered.
func (c *Call) fails(now time.Time, by string, out Effects) {
	switch t := c.transfer; {
	case c.failedAct(out):
	case t == nil:
		c.refuse(now, c.outcome, by, out)
	case t.isBusy(now, c.outcome):
		t.again = now.Add(placeEvery)
	default:
		c.untransferred(now, c.outcome, out)
	}
}

func (c *Call) ringingLegs() int {
	n := 0
	for p := range c.rung() {
		if p.State < leg.Ending {
			n++
		}
	}
	return n
}

// accepts gives the call to the party that answered.
func (c *Call) accepts(now time.Time, p *party, body []byte, out Effects) {
	if p.supervises != nil {
		c.answersSummons(now, p, body, out)
		return
	}
	if c.state != ringing {
		c.release(now, p, cause.Verdict{}, out)
		return
	}
	if !c.takeAnswer(p, body, out) {
		v := p.unusable()
		c.release(now, p, v, out)
		c.outcome = better(c.outcome, v)
		c.stageOver(now, out)
		return
	}
	if p.ring.confirm {
		c.ask(now, p, out)
		return
	}
	c.connect(now, p, out)
}

// connect makes caller and answering party hear each other.
func (c *Call) connect(now time.Time, p *party, out Effects) {
	caller := c.caller()
	c.stageEnd = time.Time{}
	c.cancelOthers(now, p, out)
	if c.transfer != nil {
		c.transferred(now, p, out)
		return
	}
	if caller.Talking() {
		c.answersLate(now, p, out)
		return
	}
	body, err := c.finalFor(caller, p, out)
	if err != nil {
		c.end(now, caller.verdict(err), "switch", out)
		return
	}
	c.state, c.peer, c.Answer = talking, p, now
	p.Dialog.Meet(caller.Dialog)
	c.record(now, out, ledger.Event{Kind: ledger.Answered, Leg: p.ID})
	notice := c.notice(out)
	if notice == "" {
		c.record(now, out, ledger.Event{Kind: ledger.Segment, Leg: caller.ID, Peer: p.ID})
	}
	caller.knows = p.who()
	caller.Answer(now, out, body, caller.told(p.who())...)
	if !caller.Asking() {
		caller.offer = nil
	}
	c.program = &done
	c.meetsPeer()
	c.bridge(notice, out)
	c.watch(caller, out)
	c.watch(p, out)
}

func (c *Call) cancelOthers(now time.Time, winner *party, out Effects) {
	elsewhere := cause.Verdict{Status: 200, Q850: leg.Elsewhere}
	for p := range c.rung() {
		if p != winner {
			c.release(now, p, elsewhere, out)
		}
	}
	for _, p := range c.legs {
		p.ring = nil
	}
}

// another tells whether a later stage could have the call.
func (c *Call) another() bool {
	return slices.ContainsFunc(c.program.Stages[c.stage+1:], func(s Stage) bool { return len(s.Targets) > 0 })
}

// unheard gives up a trunk that says nothing. Its CANCEL waits for a provisional
// response (RFC 3261 section 9.1); should it answer yet, it gets ACK and BYE.
func (c *Call) unheard(now time.Time, p *party, out Effects) {
	v := cause.Verdict{Status: 408, Q850: 102, Reason: "No response", Fault: cause.Peer}
	out.Silent(now, p.ID)
	c.release(now, p, v, out)
	c.outcome = better(c.outcome, v)
	c.goOn(now, p, v, out)
}

// goOn rings the next way to a party that could not be reached, with the stage's
// time anew if nobody else is rung. Without one the stage is over if this was its
// last leg.
func (c *Call) goOn(now time.Time, p *party, v cause.Verdict, out Effects) {
	if c.state == ringing && p.ring != nil && len(p.ring.next) > 0 && unreached(v, p.ring.alerted) {
		if c.ringingLegs() == 0 {
			c.stageEnd = now.Add(c.program.Stages[c.stage].timeout())
		}
		c.ring(now, Target{Address: p.ring.next[0], Confirm: p.ring.confirm, Next: p.ring.next[1:]}, out)
	}
	c.stageOver(now, out)
}

// unanswered ends a stage that rang long enough.
func (c *Call) unanswered(now time.Time, out Effects) {
	c.stageEnd = time.Time{}
	if c.state != ringing {
		return
	}
	v := cause.Verdict{Status: 480, Q850: 19, Reason: "No answer", Fault: cause.Callee}
	for p := range c.rung() {
		if !p.asked() {
			if p.Party.Kind == leg.Trunk && p.ring != nil && !p.ring.heard && now.Sub(p.ring.since) >= Silence {
				out.Silent(now, p.ID)
			}
			c.release(now, p, v, out)
		}
	}
	c.outcome = better(c.outcome, v)
	if c.ringingLegs() == 0 && !c.divert(now, true, out) {
		c.nextStage(now, out)
	}
}

// stageOver goes on when the last leg of a stage has failed.
func (c *Call) stageOver(now time.Time, out Effects) {
	if c.state != ringing || c.ringingLegs() > 0 {
		return
	}
	c.stageEnd = time.Time{}
	if c.divert(now, false, out) {
		return
	}
	if refused(c.outcome) && !c.program.Stages[c.stage].Busy && !c.emergency {
		c.fails(now, "callee", out)
		return
	}
	c.nextStage(now, out)
}
