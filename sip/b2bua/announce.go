package b2bua

import (
	"time"

	"strowger/sip/ledger"
)

// notice is what both parties have to hear before they hear each other: once a call; ""
// is nothing.
func (c *Call) notice(out Effects) string {
	c.notifying = false
	if c.emergency || c.notified {
		return ""
	}
	prompt := out.Announce(c.front.ID, c.peer.ID)
	c.notified = prompt != ""
	return prompt
}

// notify has both parties hear it; the end of the caller's is an event.
func (c *Call) notify(prompt string, out Effects) {
	c.notifying = true
	for _, p := range []*party{c.front, c.peer} {
		p.plays(out, []string{prompt})
	}
}

// know joins the parties: they have heard it.
func (c *Call) know(now time.Time, out Effects) {
	c.notifying = false
	if c.state != talking || c.peer == nil || c.conf != nil {
		return
	}
	c.record(now, out, ledger.Event{Kind: ledger.Segment, Leg: c.front.ID, Peer: c.peer.ID})
	c.bridge("", out)
}

// bridge has the caller and who it talks to hear each other, or first a notice.
func (c *Call) bridge(notice string, out Effects) {
	if notice != "" {
		c.notify(notice, out)
		return
	}
	c.front.hears(out, c.peer)
	c.peer.hears(out, c.front)
}
