package b2bua

import (
	"time"

	"strowger/sip/cause"
)

// divert rings who has the calls of the stage that failed; false if nobody has. What
// was said of that stage is forgotten: who is rung in its place says more.
func (c *Call) divert(now time.Time, rang bool, out Effects) bool {
	d := c.program.Stages[c.stage].Divert
	if d == nil {
		return false
	}
	next := d.Unreached
	switch {
	case rang || c.outcome.Status == 480 && c.outcome != absent:
		next = d.NoAnswer
	case c.outcome.Status == 486 || c.outcome.Status == 600 || c.outcome.Status == 603:
		next = d.Busy
	}
	if len(next) == 0 {
		return false
	}
	c.program.Stages = append(c.program.Stages[:c.stage+1:c.stage+1], next...)
	c.outcome = cause.Verdict{}
	c.nextStage(now, out)
	return true
}
