package b2bua

import (
	"time"

	"strowger/dialplan/flow"
	"strowger/sip/cause"
	"strowger/sip/ledger"
)

// ConfirmPrompt is what a party hears that has to press 1.
const ConfirmPrompt = "confirm"

// startApp answers the caller by an application.
func (c *Call) startApp(now time.Time, out Effects) {
	if c.startEarly(now, out) {
		return
	}
	caller := c.caller()
	body, err := c.answerFor(caller, nil, out)
	if err != nil {
		c.end(now, caller.verdict(err), "switch", out)
		return
	}
	c.state, c.Answer = talking, now
	caller.Dialog.MeetSwitch()
	c.record(now, out, ledger.Event{Kind: ledger.Answered, Leg: caller.ID, Party: c.program.App.String()})
	caller.Answer(now, out, body)
	c.performApp(now, out)
}

// performApp has the caller hear the application.
func (c *Call) performApp(now time.Time, out Effects) {
	caller := c.caller()
	switch c.program.App {
	case AppEcho:
		caller.hears(out, caller)
		c.watch(caller, out)
	case AppPlay:
		caller.plays(out, c.program.Prompts)
	case AppPark:
		c.performPark(out)
	case AppConference:
		c.meets(now, out)
	case AppAnswer:
		c.resume(flow.Event{}, out)
	case AppSay:
		caller.plays(out, c.program.Prompts)
		c.watch(caller, out)
	case AppAsk:
		c.startAsk(now, out)
		c.watch(caller, out)
	case NoApp:
	}
}

// String is "app:echo" and so on, as the ledger writes it.
func (a App) String() string {
	switch a {
	case AppEcho:
		return "app:echo"
	case AppPlay:
		return "app:play"
	case AppPark:
		return "app:park"
	case AppConference:
		return "app:conference"
	case AppAnswer:
		return "app:answer"
	case AppSay:
		return "app:say"
	case AppAsk:
		return "app:ask"
	default:
		return "app:none"
	}
}

// ask wants a key from who answered before the call is given to it.
func (c *Call) ask(now time.Time, p *party, out Effects) {
	p.ring.askEnd = now.Add(ConfirmTimeout)
	p.plays(out, []string{ConfirmPrompt})
}

// unconfirmed takes the call back from a party that pressed nothing.
func (c *Call) unconfirmed(now time.Time, p *party, out Effects) {
	v := cause.Verdict{Status: 480, Q850: 19, Reason: "Answer not confirmed", Fault: cause.Callee}
	c.release(now, p, v, out)
	c.outcome = better(c.outcome, v)
	c.stageOver(now, out)
}
