package b2bua

import (
	"time"

	"strowger/sip/cause"
	"strowger/sip/ledger"
)

// How long a transfer waits for a leg that is not quiet: a re-INVITE may be under way.
const (
	fetchEvery = 250 * time.Millisecond
	placeEvery = 2 * time.Second // of another node: each time is a call there
	fetchTime  = 8 * time.Second
)

// fetch asks for the party of the dialog that a REFER names.
func (c *Call) fetch(out Effects) {
	t := c.transfer
	t.again = time.Time{}
	out.Fetch(Fetch{Leg: t.by.ID, By: t.by.Party, Dialog: t.asks})
}

// fetched takes that party, or what stands in the way.
func (c *Call) fetched(now time.Time, e Fetched, out Effects) {
	if p := c.party(e.Leg); p != nil && p.merges && c.transfer == nil {
		c.merged(now, e, out)
		return
	}
	t := c.transfer
	wanted := t != nil && t.by.ID == e.Leg && t.asks.ToTag != "" && t.other != nil && c.state == talking
	v := cause.Of(e.Err)
	switch {
	case e.Err == nil && !wanted:
		out.Return(e.Moving, cause.New(487, "", cause.Nobody))
	case e.Err == nil:
		c.attended(now, e.Moving, out)
	case !wanted:
	case v == ErrElsewhere:
		c.transferElsewhere(now, e.At, out)
	case v == errRings && t.other.Quiet():
		c.give(now, out)
	case (v == errRings || v.Status == 491) && now.Before(t.until):
		t.again = now.Add(fetchEvery)
	default:
		c.untransferred(now, v, out)
	}
}

// attended connects who is transferred to a party of another call, which ends.
func (c *Call) attended(now time.Time, m *Moving, out Effects) {
	t := c.transfer
	if !t.by.over {
		t.by.hears(out)
	}
	p := c.attach(now, m, out)
	c.record(now, out, ledger.Event{Kind: ledger.Transferred, Leg: t.by.ID, Peer: t.other.ID, To: p.who().Presentation})
	c.front = t.other
	c.transferred(now, p, out)
	out.Keep(m)
}

// give hands who is transferred to the call in which the target still rings.
func (c *Call) give(now time.Time, out Effects) {
	t := c.transfer
	c.record(now, out, ledger.Event{Kind: ledger.Transferred, Leg: t.by.ID, Peer: t.other.ID})
	if !t.by.over {
		t.by.hears(out)
	}
	m := c.detach(now, t.other, out)
	t.other = nil
	out.Give(m, t.asks)
}
