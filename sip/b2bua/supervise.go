package b2bua

import (
	"slices"
	"time"

	"strowger/media/sdp"
	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// MaxSupervisors bounds who supervises one call, and who is rung to.
const MaxSupervisors = 4

// ErrSupervised is the outcome when a call has as many supervisors as it may.
var ErrSupervised = cause.New(486, "It has as many supervisors as it may", cause.Caller)

// The keys by which a supervisor changes its mode.
var modeKeys = map[byte]Mode{'4': Listen, '5': Whisper, '6': Barge}

// Supervise has a seat supervise the party of leg Leg (0: see Call.supervisable), for
// who is By: its phones are rung, or its mode changes if it does so already.
type Supervise struct {
	Leg  int
	Seat string
	Mode Mode
	By   string
}

func (Supervise) isEvent() {}

// supervision is how one leg, or several that ring for one seat, supervise another.
type supervision struct {
	of    *party
	mode  Mode
	by    string
	until time.Time // its phones ring; zero once one has answered
}

// supervising tells whether the party hears the call as its supervisor.
func (p *party) supervising() bool {
	return p.supervises != nil && p.supervises.until.IsZero() && !p.over
}

// CanSupervise tells why a seat cannot supervise a leg now, or nil.
func (c *Call) CanSupervise(id int, seat string) error {
	_, err := c.supervisable(id, leg.Party{Kind: leg.Seat, Name: seat, Tenant: c.Tenant})
	return err
}

// supervisable is the party of leg id, or why it cannot be supervised by another; with 0
// it is the called seat, or else the calling one.
func (c *Call) supervisable(id int, by leg.Party) (*party, error) {
	pair := c.pair()
	switch {
	case c.conf != nil:
		return nil, cause.New(409, "It is a conference, which can be joined", cause.Caller)
	case pair == nil:
		return nil, cause.New(409, "Nobody talks to anybody there", cause.Caller)
	}
	of := c.party(id)
	if id == 0 {
		of = c.agent()
	}
	supervisors := map[*supervision]bool{}
	for _, p := range c.legs {
		switch {
		case p.over || p.leaving:
		case p.supervises == nil && p.is(by) || p.supervises != nil && p.is(by) && p.supervises.of != of:
			return nil, cause.New(409, "Seat "+by.Name+" takes part in the call already", cause.Caller)
		case p.supervises != nil && !p.is(by):
			supervisors[p.supervises] = true
		}
	}
	switch {
	case of == nil || !slices.Contains(pair, of):
		return nil, cause.New(404, "There is no such leg that talks", cause.Caller)
	case len(supervisors) >= MaxSupervisors:
		return nil, ErrSupervised
	}
	for _, p := range pair {
		if v := p.unmixable(); v != nil {
			return nil, *v
		}
	}
	return of, nil
}

// agent is the seat that is supervised unless another leg is named.
func (c *Call) agent() *party {
	if c.peer.Party.Kind != leg.Seat && c.front.Party.Kind == leg.Seat {
		return c.front
	}
	return c.peer
}

// unmixable tells why what a party says cannot be mixed, or nil.
func (p *party) unmixable() *cause.Verdict {
	if len(p.agreed.Codecs) == 0 {
		return nil
	}
	used := p.agreed.Codecs[0]
	if used.G711() || used.G722() {
		return nil
	}
	v := cause.Verdict{Status: 488, Q850: 65, Reason: "Sound in " + used.Encoding + " cannot be mixed", Fault: cause.Caller}
	return &v
}

// superviseBy has a seat supervise, as an operator wants.
func (c *Call) superviseBy(now time.Time, e Supervise, out Effects) {
	by := leg.Party{Kind: leg.Seat, Name: e.Seat, Tenant: c.Tenant}
	of, err := c.supervisable(e.Leg, by)
	if err != nil {
		return
	}
	for _, p := range c.legs {
		if p.supervises != nil && !p.over && p.is(by) {
			c.setMode(now, p, e.Mode, e.By, out)
			return
		}
	}
	e.Leg = of.ID
	out.Ask(Ask{Leg: of.ID, By: by, Shown: *of.who(), Supervise: &e})
}

// summoned rings the phones of a supervisor's seat.
func (c *Call) summoned(now time.Time, e Routed, out Effects) {
	of, err := c.supervisable(e.Supervise.Leg, leg.Party{Kind: leg.Seat, Name: e.Supervise.Seat, Tenant: c.Tenant})
	v := cause.Of(err)
	s := &supervision{of: of, mode: e.Supervise.Mode, by: e.Supervise.By, until: now.Add(RingTimeout)}
	switch p := e.Program; {
	case err != nil:
	case p.Refuse != nil:
		v = *p.Refuse
	default:
		for _, stage := range p.Stages[:min(len(p.Stages), 1)] {
			v = stage.Empty
			for _, t := range stage.Targets[:min(len(stage.Targets), MaxTargets)] {
				if t.Party.Kind == leg.Seat && !t.Confirm && c.summon(now, t, s, out) {
					return
				}
			}
		}
	}
	c.record(now, out, ledger.Event{Kind: ledger.Alarm, Detail: "seat " + e.Supervise.Seat + " cannot be rung to supervise: " + v.Phrase()})
}

// summon rings one phone of a supervisor.
func (c *Call) summon(now time.Time, t Target, s *supervision, out Effects) bool {
	p := c.newParty(leg.Calling(len(c.legs)+1, t.Address, out), now)
	p.ring, p.own().supervises = &ring{since: now}, s
	p.shown, p.knows = t.Shown, s.of.who()
	p.Dialog.MeetSwitch()
	c.legs = append(c.legs, p)
	if err := c.open(p, out); err != nil {
		p.Drop()
		c.legOver(now, p, soundless, out)
		return false
	}
	c.record(now, out, ledger.Event{Kind: ledger.Rang, Leg: p.ID, Party: t.Party.String(), To: t.To.URI.User, SIPCallID: p.Dialog.CallID})
	p.Invite(now, out, p.session.Offer(p.local, p.offers(sdp.Defaults()), sdp.SendRecv), t.Headers)
	return true
}

// answersSummons lets a supervisor in whose phone has answered.
func (c *Call) answersSummons(now time.Time, p *party, body []byte, out Effects) {
	s := p.supervises
	switch {
	case s.until.IsZero() || c.state != talking:
		c.release(now, p, cause.Verdict{}, out)
		return
	case !c.takeAnswer(p, body, out):
		c.release(now, p, cause.Verdict{Status: 488, Q850: 65, Reason: "Unusable SDP answer", Fault: cause.Callee}, out)
		return
	}
	for _, o := range c.legs {
		if o != p && o.supervises == s && !o.over {
			c.release(now, o, cause.Verdict{Status: 200, Q850: leg.Elsewhere}, out)
		}
	}
	s.until, p.ring = time.Time{}, nil
	c.begins(now, p, out)
	c.watch(p, out)
}

// begins records a supervisor that comes in.
func (c *Call) begins(now time.Time, p *party, out Effects) {
	s := p.supervises
	c.record(now, out, ledger.Event{
		Kind: ledger.Supervised, Leg: p.ID, Peer: s.of.ID, Party: p.Party.String(), By: s.by, Detail: s.mode.String(),
	})
}

// setMode changes how a supervisor takes part.
func (c *Call) setMode(now time.Time, p *party, m Mode, by string, out Effects) {
	s := p.supervises
	if s.mode == m {
		return
	}
	if s.mode, s.by = m, by; s.until.IsZero() {
		c.begins(now, p, out)
	}
}

// superviseAs takes the leg of a supervisor that has called for that; false if there is
// nothing to supervise any more.
func (c *Call) superviseAs(now time.Time, id int, m *Moving, out Effects) bool {
	of, err := c.supervisable(id, m.party.Party)
	if err != nil || m.party.unmixable() != nil {
		return false
	}
	p := c.attach(now, m, out)
	p.own().supervises = &supervision{of: of, mode: m.Part.Supervise, by: p.Party.String()}
	c.begins(now, p, out)
	c.watch(p, out)
	c.arrange(now, out)
	return true
}

// dismiss lets supervisors go who have nobody to supervise any more, or whose phone rang
// long enough.
func (c *Call) dismiss(now time.Time, out Effects) {
	if c.state == over {
		return
	}
	for _, p := range c.legs {
		s := p.supervises
		if s == nil || p.over {
			continue
		}
		pair := c.pair()
		switch {
		case due(now, s.until):
			c.release(now, p, cause.Verdict{Status: 480, Q850: 19, Reason: "No answer", Fault: cause.Callee}, out)
		case c.conf != nil, c.party(s.of.ID) != s.of, s.of.over, s.of.leaving,
			c.transfer == nil && pair != nil && !slices.Contains(pair, s.of):
			c.release(now, p, cause.Verdict{}, out)
		}
	}
}
