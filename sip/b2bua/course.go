package b2bua

import (
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/dialplan/flow"
	"strowger/dialplan/plan"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// Course is a flow of the plan that a call follows. Its program is one act of the flow;
// what becomes of that is told to admission, which has the flow go on to the next.
type Course struct {
	By      leg.Party   // whose rights count: who called, or transferred the caller here
	State   flow.State  // the place in the flow
	Plan    *plan.Table // that the call began with
	Version string      // of it
	Early   bool        // what the caller hears before somebody answers is early media
	Trunk   bool        // the act goes out by a trunk
	Last    bool        // with the conversation of the act the call ends
	// Forwards is the Max-Forwards of the caller's INVITE, 0 if it had none, and Diverted
	// how often the call had been diverted by then: a call that comes round to us again
	// has to find an end.
	Forwards, Diverted int
}

// Where is the step that the course is at, flow and step; "" of nil.
func (c *Course) Where() string {
	if c == nil || len(c.State.Frames) == 0 {
		return ""
	}
	f := c.State.Frames[len(c.State.Frames)-1]
	return f.Flow + "." + f.Step
}

// Follow asks for the next act.
type Follow struct {
	Turn    int             // of the call, for the answer
	Leg     int             // the caller's
	By      leg.Party       // the caller
	Shown   identity.Caller // the caller, as shown to who is rung
	To      sip.Uri         // what it called
	Course  Course          // nobody else has its State
	Event   flow.Event      // what became of the act before
	Outcome cause.Verdict   // how it failed; zero if it did not
}

// Followed is the next act, as a program, for the Follow of that turn.
type Followed struct {
	Turn    int
	Program Program
}

func (Followed) isEvent() {}

// course is a Course that is followed.
type course struct {
	Course
	waits  int          // for the Followed of that turn; 0 for none
	asks   dialplan.Ask // whose digits are taken; Most is 0 of none
	digits []byte       // of them so far
	ahead  []byte       // pressed before they were asked for
	until  time.Time    // how long the next digit is waited for; zero while prompts are heard
}

// maxAhead bounds the digits that a caller has pressed before they were asked for.
const maxAhead = 16

// starts has the call follow the course of its program, if that has one.
func (c *Call) starts(p Program) {
	if p.Course != nil {
		c.course = &course{Course: *p.Course}
	}
}

// resume asks what comes behind an act.
func (c *Call) resume(ev flow.Event, out Effects) {
	f := c.course
	c.turns++
	f.waits, f.asks, f.digits, f.until = c.turns, dialplan.Ask{}, nil, time.Time{}
	ask := Follow{
		Turn: c.turns, Leg: c.front.ID, By: c.front.Party, Shown: *c.front.who(), To: sip.Uri{Scheme: "sip", User: c.To},
		Course: f.Course, Event: ev, Outcome: c.outcome,
	}
	ask.Course.State = f.State.Clone()
	out.Follow(ask)
}

// followed performs the next act.
func (c *Call) followed(now time.Time, e Followed, out Effects) {
	f, p := c.course, e.Program
	if f == nil || f.waits == 0 || f.waits != e.Turn || c.state == over || c.front.over {
		return
	}
	c.record(now, out, ledger.Event{Kind: ledger.Decided, Version: p.Version, Detail: strings.Join(p.Why, "; ")})
	f.waits = 0
	if p.Course == nil { // what comes has the call, or ends it
		c.course = nil
	} else {
		f.Course = *p.Course
	}
	p.Silent, p.Emergency = false, false
	c.perform(p)
	talks := c.front.Talking()
	switch {
	case p.Refuse != nil && p.Ends && talks:
		c.end(now, cause.Verdict{}, "switch", out)
	case p.Refuse != nil:
		c.refuse(now, *p.Refuse, "switch", out)
	case p.App != NoApp && talks:
		c.state = talking
		c.performApp(now, out)
	case p.App != NoApp:
		c.startApp(now, out)
	case c.lastHop:
		c.end(now, cause.New(483, "", cause.Caller), "switch", out)
	default:
		c.state = ringing
		c.hearRinging(out)
		c.ringStages(now, out)
	}
}

// failedAct tells the flow how its act failed; false if the call follows none.
func (c *Call) failedAct(out Effects) bool {
	if c.course == nil || c.transfer != nil {
		return false
	}
	c.resume(flow.Event{Outcome: outcomeOf(c.outcome, c.course.Trunk)}, out)
	return true
}

// outcomeOf is the word of the language for how seats or a trunk failed.
func outcomeOf(v cause.Verdict, trunk bool) string {
	switch busy := v.Status == 486 || v.Status == 600; {
	case busy, v.Status == 603 && !trunk:
		return "busy"
	case trunk && v.Status >= 400 && v.Status < 500 && v.Status != 408 && v.Status != 480, trunk && v.Status >= 600:
		return "refused"
	case trunk:
		return "unreachable"
	case v.Status == 480 && v.Q850 != 20:
		return "no_answer"
	}
	return "offline"
}

// talked goes on when who was called has hung up; false if the call ends with that.
func (c *Call) talked(now time.Time, p *party, out Effects) bool {
	if c.course == nil || c.transfer != nil || p != c.peer || c.state != talking {
		return false
	}
	c.record(now, out, ledger.Event{Kind: ledger.Segment, Leg: c.front.ID})
	c.peer, c.notifying = nil, false
	c.front.hears(out)
	c.resume(flow.Event{}, out)
	return true
}

// meetsPeer ends the course with the conversation that begins, if nothing follows it.
func (c *Call) meetsPeer() {
	if c.course != nil && c.course.Last {
		c.course = nil
	}
}

// answersLate has a caller who has an answer already talk to who was rung for it.
func (c *Call) answersLate(now time.Time, p *party, out Effects) {
	c.state, c.peer, c.program = talking, p, &done
	c.meetsPeer()
	c.record(now, out, ledger.Event{Kind: ledger.Answered, Leg: p.ID})
	c.join(now, c.front, out)
}

// startEarly has a caller without an answer hear an application; false if the flow did not
// ask for that, or it cannot be.
func (c *Call) startEarly(now time.Time, out Effects) bool {
	if c.course == nil || !c.course.Early || c.program.App != AppSay && c.program.App != AppAsk || !c.soundEarly(now, out) {
		return false
	}
	c.performApp(now, out)
	return true
}

// startAsk plays the question, unless the digits are there already.
func (c *Call) startAsk(now time.Time, out Effects) {
	f := c.course
	f.asks, f.digits, f.until = *c.program.Ask, nil, time.Time{}
	ahead := f.ahead
	f.ahead = nil
	for i, d := range ahead {
		if f.asks.Most == 0 { // it has all of them
			f.ahead = append(f.ahead, ahead[i:]...)
			return
		}
		c.keyOfAsk(now, d, out)
	}
	if f.asks.Most > 0 && len(f.digits) == 0 {
		c.front.plays(out, c.program.Prompts)
	}
}

// heard goes on behind prompts.
func (c *Call) heard(now time.Time, out Effects) {
	f := c.course
	switch {
	case f == nil || f.waits != 0:
	case c.program.App == AppSay:
		c.resume(flow.Event{}, out)
	case c.program.App == AppAsk && len(f.digits) == 0:
		f.until = now.Add(f.asks.First)
	}
}

// keysCourse takes a key of a caller whom nobody else hears; false if it is for others.
func (c *Call) keysCourse(now time.Time, p *party, d byte, out Effects) bool {
	f := c.course
	if f == nil || p != c.front || c.other(p) != nil || c.transfer != nil {
		return false
	}
	if f.asks.Most > 0 {
		c.keyOfAsk(now, d, out)
	} else if len(f.ahead) < maxAhead {
		f.ahead = append(f.ahead, d)
	}
	return true
}

// keyOfAsk takes a key that is asked for.
func (c *Call) keyOfAsk(now time.Time, d byte, out Effects) {
	f := c.course
	if string(d) == f.asks.End {
		c.asked(out)
		return
	}
	if len(f.digits) == 0 && c.front.attending() == elsewhere {
		c.front.hears(out)
	}
	f.digits, f.until = append(f.digits, d), now.Add(f.asks.Between)
	if len(f.digits) >= f.asks.Most {
		c.asked(out)
	}
}

// asked gives the flow the digits.
func (c *Call) asked(out Effects) { c.resume(flow.Event{Digits: string(c.course.digits)}, out) }

// courseEnd is when no digit is waited for any longer.
func (c *Call) courseEnd() time.Time {
	if c.course == nil {
		return time.Time{}
	}
	return c.course.until
}

// keysFor tells whether keys of a party are for the flow.
func (c *Call) keysFor(p *party) bool { return c.course != nil && p == c.front && c.other(p) == nil }
