package b2bua

import (
	"slices"
	"time"

	"strowger/sip/cause"
	"strowger/sip/ledger"
)

// merges asks the other call of a party for who talks to it there.
func (c *Call) merges(e Merge, out Effects) {
	if p := c.party(e.Leg); c.CanMerge(e.Leg) == nil {
		p.own().merges = true
		out.Fetch(Fetch{Leg: p.ID, By: p.Party, Dialog: e.Dialog})
	}
}

// CanMerge tells why the party of another call of leg id's cannot join this one, or nil.
func (c *Call) CanMerge(id int) error {
	p := c.party(id)
	switch {
	case p == nil || !slices.Contains(c.pair(), p) || c.transfer != nil || c.merging():
		return cause.New(409, "The calls are not two that one party talks in", cause.Caller)
	case c.front.unmixable() != nil:
		return *c.front.unmixable()
	case c.peer.unmixable() != nil:
		return *c.peer.unmixable()
	}
	return nil
}

// merging tells whether a party is asked for by a merge.
func (c *Call) merging() bool {
	return slices.ContainsFunc(c.legs, func(p *party) bool { return p.merges })
}

// merged takes the party that a merge has asked for.
func (c *Call) merged(now time.Time, e Fetched, out Effects) {
	by := c.party(e.Leg)
	by.merges = false
	switch {
	case e.Err != nil:
		c.record(now, out, ledger.Event{Kind: ledger.Alarm, Leg: by.ID, Detail: "the calls cannot be joined: " + cause.Of(e.Err).Phrase()})
	case c.CanMerge(by.ID) != nil || e.Moving.party.unmixable() != nil:
		out.Return(e.Moving, cause.New(488, "The calls cannot be joined", cause.Nobody))
	default:
		two := c.pair()
		p := c.attach(now, e.Moving, out)
		c.conf, c.peer = &conference{limit: MaxMembers}, nil
		for _, one := range append(two, p) {
			one.own().member = &member{}
			c.confers(now, one, "enters", out)
		}
		c.watch(p, out)
		out.Keep(e.Moving)
	}
}
