package carrier

import (
	"context"
	"time"

	"strowger/sip/news"
	"strowger/sip/trunk/channel"
)

// How nodes tell each other what calls they have.
const (
	shareEvery = 500 * time.Millisecond // between two questions to a node
	shareTime  = 2 * time.Second        // for an answer; between two for calls begun to be owed
)

// share is what a node has of the calls of a trunk, or of all the tenant's if the trunk
// is "".
type share struct {
	Tenant string    `json:"tenant"`
	Trunk  string    `json:"trunk,omitempty"`
	Taken  [2]int    `json:"taken"` // channels, by direction
	Begun  [2]uint64 `json:"begun"` // calls since the start of the node, by direction
}

// peer is another node as it told last.
type peer struct {
	heard  time.Time // zero: never
	shares map[name]share
}

// talk is what desks of a cluster tell each other: all that they have, each time.
func (d *Desk) talk() *news.Topic[struct{}, []share] {
	return &news.Topic[struct{}, []share]{
		Word: "channels", Every: shareEvery, Timeout: shareTime,
		Since: func(context.Context, time.Time, struct{}) ([]share, error) { return d.shares(), nil },
		Learn: func(now time.Time, node string, shares []share) (struct{}, bool) {
			d.mu.Lock()
			defer d.mu.Unlock()
			p := d.peers[node]
			if p == nil {
				p = new(peer)
				d.peers[node] = p
			}
			d.learnShares(now, p, shares)
			return struct{}{}, false
		},
		Gone: d.gone,
		Silent: func(node string, err error) {
			d.counters.PeersSilent.Add(1)
			d.cfg.Log.Debug("a node does not tell what calls it has", "node", node, "error", err)
		},
	}
}

// Tell answers another node, if it asks what calls this one has.
func (d *Desk) Tell(ctx context.Context, question []byte) (answer []byte, asked bool, err error) {
	return d.topic.Answer(ctx, question)
}

// shares are what this node tells.
func (d *Desk) shares() []share {
	d.mu.Lock()
	defer d.mu.Unlock()
	shares := []share{}
	add := func(tenant, trunk string, c *channel.Count) {
		if c.Begun != [2]uint64{} {
			shares = append(shares, share{tenant, trunk, c.Taken, c.Begun})
		}
	}
	for n, c := range d.trunks {
		add(n[0], n[1], c)
	}
	for tenant, c := range d.tenants {
		add(tenant, "", c)
	}
	return shares
}

// counter is what counts the calls of a trunk, or of a tenant; nil if there is none.
func (d *Desk) counter(tenant, trunk string) *channel.Count {
	if trunk == "" {
		return d.tenants[tenant]
	}
	return d.trunks[name{tenant, trunk}]
}

// gone has the calls of a node that is gone be over.
func (d *Desk) gone(now time.Time, node string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if p := d.peers[node]; p != nil {
		d.learnShares(now, p, nil)
		delete(d.peers, node)
	}
}

// learnShares takes what a node tells in the place of what it told before. The lock is
// held.
func (d *Desk) learnShares(now time.Time, p *peer, shares []share) {
	owed := !p.heard.IsZero() && now.Sub(p.heard) <= shareTime
	was := p.shares
	p.shares, p.heard = map[name]share{}, now
	for _, s := range was {
		c := d.counter(s.Tenant, s.Trunk)
		for i, taken := range s.Taken {
			c.Elsewhere[i] -= taken
		}
	}
	for _, s := range shares {
		c, key := d.counter(s.Tenant, s.Trunk), name{s.Tenant, s.Trunk}
		if _, twice := p.shares[key]; c == nil || twice {
			continue
		}
		before := was[key].Begun
		for i := range s.Taken {
			s.Taken[i] = max(s.Taken[i], 0)
			c.Elsewhere[i] += s.Taken[i]
			if s.Begun[i] < before[i] { // it has started anew
				before[i] = 0
			}
			if owed {
				c.Owe(now, channel.Direction(i), s.Begun[i]-before[i])
			}
		}
		p.shares[key] = s
	}
}
