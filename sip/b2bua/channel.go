package b2bua

import (
	"time"

	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// seizeIn takes a channel for a call that came by a trunk; without one the call ends.
func (c *Call) seizeIn(now time.Time, out Effects) bool {
	caller := c.caller()
	if caller.Party.Kind != leg.Trunk {
		return true
	}
	v, ok := out.Seize(now, caller.ID, caller.Party, true, c.urgent())
	if !ok {
		c.note(now, v.Why, out)
		c.end(now, v, "switch", out)
	}
	return ok
}

// seize takes a channel of a trunk for the leg that is to be made; without one that
// is an outcome.
func (c *Call) seize(now time.Time, id int, p leg.Party, out Effects) bool {
	v, ok := out.Seize(now, id, p, false, c.urgent())
	if !ok {
		c.note(now, v.Why, out)
		c.outcome = better(c.outcome, v)
	}
	return ok
}

func (c *Call) urgent() bool { return c.emergency || c.program.Urgent }

// note writes why something was not done.
func (c *Call) note(now time.Time, why string, out Effects) {
	c.record(now, out, ledger.Event{Kind: ledger.Decided, Detail: why})
}
