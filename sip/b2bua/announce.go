package b2bua

import (
	"time"

	"strowger/sip/ledger"
)

// notice is what both parties are told before they hear each other: once a call.
type notice struct {
	prompt  string // that was told; "" is none yet
	playing bool   // they hear it now
}

// announces tells whether both parties have to hear something first.
func (c *Call) announces(out Effects) bool {
	c.notice.playing = false
	if c.emergency || c.notice.prompt != "" {
		return false
	}
	c.notice.prompt = out.Announce(c.front.ID, c.peer.ID)
	return c.notice.prompt != ""
}

// announce has both parties hear it; the end of the caller's is an event.
func (c *Call) announce(out Effects) {
	c.notice.playing = true
	for _, p := range []*party{c.front, c.peer} {
		p.play([]string{c.notice.prompt}, out)
	}
}

// noticed joins the parties: they know.
func (c *Call) noticed(now time.Time, out Effects) {
	c.notice.playing = false
	if c.state != talking || c.peer == nil {
		return
	}
	c.record(now, out, ledger.Event{Kind: ledger.Segment, Leg: c.front.ID, Peer: c.peer.ID})
	c.bridge(out)
}

// bridge has the caller and who it talks to hear each other.
func (c *Call) bridge(out Effects) {
	c.front.hears(c.peer, out)
	c.peer.hears(c.front, out)
}
