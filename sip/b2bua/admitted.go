package b2bua

import (
	"strings"
	"time"

	"strowger/sip/cause"
	"strowger/sip/ledger"
)

// admitted starts the program of a call.
func (c *Call) admitted(now time.Time, p Program, out Effects) {
	if c.state != admitting {
		return
	}
	caller := c.caller()
	if p.Pick != nil && p.Refuse == nil { // its PIN is asked for first
		p.App = AppConference
	}
	c.perform(p)
	caller.Party, caller.shown = p.Caller, p.Shown
	caller.Answers(p.Answer)
	caller.timed()
	c.Tenant, c.From, c.To, c.Entry = p.Caller.Tenant, strings.Clone(p.From), strings.Clone(p.To), p.Entry
	if !c.silent {
		c.record(now, out, ledger.Event{
			Kind: ledger.Arrived, Leg: 1, Party: p.Caller.String(), From: c.From, To: c.To,
			Network: c.number(p.Network), Presentation: c.number(p.Presentation), Withheld: p.Withheld,
			SIPCallID: caller.Dialog.CallID, SessionID: caller.Dialog.SessionID(), Emergency: p.Emergency,
		})
		c.recordDecision(now, p, out)
	}
	c.state = ringing
	c.starts(p)
	switch {
	case p.Refuse != nil:
		c.refuse(now, *p.Refuse, "switch", out)
	case !c.seizeIn(now, out):
	case !c.prepare(now, out):
	case p.App == AppPark:
		c.offerPlace(now, out)
	case p.Replaces != nil:
		c.find(out)
	case p.App != NoApp:
		c.startApp(now, out)
	case c.lastHop:
		c.end(now, cause.New(483, "", cause.Caller), "switch", out)
	default:
		c.ringStages(now, out)
	}
}

// number is a number of the caller to keep, as the caller's message is not kept.
func (c *Call) number(n string) string {
	if n == c.From {
		return c.From
	}
	return strings.Clone(n)
}

// recordDecision writes where a call goes and why.
func (c *Call) recordDecision(now time.Time, p Program, out Effects) {
	if p.Emergency {
		c.record(now, out, ledger.Event{
			Kind: ledger.Alarm, Leg: 1, Emergency: true,
			Detail: strings.Join(append([]string{"emergency call to " + p.To + " from " + p.Caller.String()}, p.Why...), "; "),
		})
	}
	c.record(now, out, ledger.Event{
		Kind: ledger.Decided, Version: p.Version, Detail: strings.Join(append([]string{p.Entry}, p.Why...), "; "),
	})
}

// prepare makes the caller's sound ready, before anybody is rung; a call that cannot
// have sound ends.
func (c *Call) prepare(now time.Time, out Effects) bool {
	v, ok := c.ready(c.caller(), out)
	if !ok {
		c.end(now, v, "switch", out)
	}
	return ok
}

// ready takes the caller's SDP and reserves its ports; false, with the reason, if it
// cannot have sound.
func (c *Call) ready(caller *party, out Effects) (cause.Verdict, bool) {
	if caller.local.IsValid() {
		return cause.Verdict{}, true
	}
	if v, ok := c.secure(caller, out); !ok {
		return v, false
	}
	if body := caller.OfferBody(); body != nil { // else the offer is ours, in the 2xx
		d, err := caller.session.Parse(body)
		if err == nil {
			_, err = d.Audio()
		}
		if err != nil {
			return caller.verdict(err), false
		}
		caller.offer = d
	}
	if err := c.open(caller, out); err != nil {
		return soundless, false
	}
	return cause.Verdict{}, true
}

// soundless is the outcome of a leg that has no ports for its sound.
var soundless = cause.Verdict{Status: 503, Q850: 34, Reason: "No RTP port free", Fault: cause.Us}
