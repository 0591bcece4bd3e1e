package b2bua

import (
	"cmp"
	"time"

	"strowger/sip/cause"
	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// MaskTone is the prompt that who talks to a masked party hears in its stead.
const MaskTone = "masked"

// Limits of a payment window.
const (
	MaxCollect = 32               // digits that are collected
	MaxMask    = 10 * time.Minute // how long it is open
	DefaultFor = 2 * time.Minute

	straggle = 2 * time.Second // keys pressed in it may come in another form behind its end
	keepTime = 30 * time.Second
)

// Window is a payment window: a time in which what a party says and presses, such as the
// digits of a card, reaches nobody in the call and no record. Who opened it may collect
// the digits, once.
type Window struct {
	ID      string        // by which its digits are asked for
	For     time.Duration // it ends by itself then; 0 means DefaultFor, MaxMask at most
	Collect int           // digits, MaxCollect at most: it ends with the last one. 0 keeps none
	Until   byte          // key that ends it sooner, and is not collected; 0 is none
}

// Collected is how far a window is.
type Collected struct {
	Leg    int    `json:"leg"`
	Open   bool   `json:"open"`
	By     string `json:"by,omitempty"` // what ended it: "digits", "key", "timeout", "admin", "hang-up"
	Count  int    `json:"count"`        // digits that were pressed, the key that ended it left out
	Digits string `json:"digits,omitempty"`
}

// window is one that is open, or whose end is not long ago.
type window struct {
	Window
	open   bool
	until  time.Time // open: when it ends; else when it is forgotten
	drops  time.Time // closed: keys are dropped until then; zero once that is over
	by     string
	count  int
	digits []byte
}

// masked tells whether the party's window is open.
func (p *party) masked() bool { return p.window != nil && p.window.open }

// CanMask tells why no window can be opened for a leg, or nil.
func (c *Call) CanMask(id int) error {
	p := c.party(id)
	switch {
	case p == nil:
		return cause.New(404, "There is no such leg", cause.Caller)
	case p.masked():
		return cause.New(409, "A window is open already", cause.Caller)
	case c.transfer != nil:
		return cause.New(491, "A transfer is under way", cause.Caller)
	case p.Party.Kind == leg.Node:
		return cause.New(409, "The party is at "+p.Party.String()+", whose call it has to be masked in", cause.Caller)
	case c.state != talking || c.other(p) == nil:
		return cause.New(409, "The leg does not talk to another one", cause.Caller)
	}
	return nil
}

// mask opens a window.
func (c *Call) mask(now time.Time, id int, w Window, out Effects) {
	p := c.party(id)
	if c.CanMask(id) != nil {
		return
	}
	w.For, w.Collect = min(cmp.Or(max(w.For, 0), DefaultFor), MaxMask), min(max(w.Collect, 0), MaxCollect)
	// A buffer that grew would leave digits behind.
	p.own().window = &window{Window: w, open: true, until: now.Add(w.For), digits: make([]byte, 0, w.Collect)}
	c.record(now, out, ledger.Event{Kind: ledger.Masked, Leg: p.ID, Peer: c.other(p).ID})
	out.Mask(p.ID, true)
}

// unmask closes the window of a party.
func (c *Call) unmask(now time.Time, p *party, by string, out Effects) {
	if p == nil || !p.masked() {
		return
	}
	w := p.window
	w.open, w.by, w.until, w.drops = false, by, now.Add(keepTime), now.Add(straggle)
	c.record(now, out, ledger.Event{Kind: ledger.Unmasked, Leg: p.ID, Digits: w.count, By: by})
	if p.over {
		return
	}
	out.Mask(p.ID, false)
}

// collects takes a key that is not to reach anybody; false if the party has no window.
func (c *Call) collects(now time.Time, p *party, d byte, out Effects) bool {
	w := p.window
	switch {
	case w == nil:
		return false
	case !w.open:
		return p.hidesKeys()
	case d == w.Until:
		c.unmask(now, p, "key", out)
		return true
	}
	w.count++
	if w.Collect == 0 {
		return true
	}
	w.digits = append(w.digits, d)
	if len(w.digits) >= w.Collect {
		c.unmask(now, p, "digits", out)
	}
	return true
}

// windowDue closes a window whose time is over, and forgets one that was closed.
func (c *Call) windowDue(now time.Time, p *party, out Effects) {
	w := p.window
	if w == nil {
		return
	}
	if due(now, w.drops) {
		w.drops = time.Time{}
	}
	switch {
	case !due(now, w.until):
	case w.open:
		c.unmask(now, p, "timeout", out)
	default:
		clear(w.digits)
		p.window = nil
	}
}

// windowEnd is when windowDue has something to do.
func (p *party) windowEnd() time.Time {
	if p.window == nil || p.over {
		return time.Time{}
	}
	return earlier(p.window.until, p.window.drops)
}

// hidesKeys tells whether keys of the party are to reach nobody.
func (p *party) hidesKeys() bool { return p.masked() || p.window != nil && !p.window.drops.IsZero() }

// Collected tells how far a window is. The digits of one that has ended are told once.
func (c *Call) Collected(id string) (Collected, bool) {
	for _, p := range c.legs {
		w := p.window
		if w == nil || w.ID != id {
			continue
		}
		k := Collected{Leg: p.ID, Open: w.open, By: w.by, Count: w.count}
		if !w.open {
			k.Digits = string(w.digits)
			clear(w.digits)
			w.digits = nil
		}
		return k, true
	}
	return Collected{}, false
}
