package b2bua

import (
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/leg"
)

// maxMoved bounds the contacts of a 3xx that are tried.
const maxMoved = 4

// redirected rings where a party's 3xx leads, before any other way to it; false if
// nothing of it is followed.
func (c *Call) redirected(now time.Time, p *party, contacts []sip.Uri, out Effects) bool {
	if c.state != ringing || p.ring == nil || p.ring.redirect == nil {
		return false
	}
	var ways []leg.Address
	for _, u := range contacts[:min(len(contacts), maxMoved)] {
		if a, ok := p.ring.redirect(u); ok {
			ways = append(ways, a)
		}
	}
	if len(ways) == 0 {
		return false
	}
	c.ring(now, Target{Address: ways[0], Confirm: p.ring.confirm, Next: append(ways[1:], p.ring.next...)}, out)
	c.stageOver(now, out)
	return true
}
