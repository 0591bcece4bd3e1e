package carrier

import (
	"bytes"
	"context"
	"encoding/json"
	"time"

	"strowger/sip/trunk/channel"
)

// How nodes tell each other what calls they have.
const (
	shareEvery = 500 * time.Millisecond // between two questions to a node
	shareTime  = 2 * time.Second        // for an answer; between two for calls begun to be owed
)

// question begins what a desk asks those of other nodes.
var question = []byte("channels")

// Peers are the other nodes of a cluster, whose desks answer by Tell. Safe for
// concurrent use.
type Peers interface {
	Nodes() []string
	Ask(ctx context.Context, node string, question []byte) ([]byte, error)
}

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
	asking bool
	heard  time.Time // zero: never
	shares map[name]share
}

// Asks tells whether a question of another node is one for Tell.
func Asks(text []byte) bool { return bytes.Equal(text, question) }

// Tell is the answer: what calls this node has.
func (d *Desk) Tell() ([]byte, error) {
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
	return json.Marshal(shares)
}

// counter is what counts the calls of a trunk, or of a tenant; nil if there is none.
func (d *Desk) counter(tenant, trunk string) *channel.Count {
	if trunk == "" {
		return d.tenants[tenant]
	}
	return d.trunks[name{tenant, trunk}]
}

// listen asks the other nodes until ctx is done.
func (d *Desk) listen(ctx context.Context) {
	tick := time.NewTicker(shareEvery)
	defer tick.Stop()
	for {
		nodes := d.cfg.Peers.Nodes()
		d.mu.Lock()
		d.forget(nodes)
		for _, node := range nodes {
			if p := d.peers[node]; !p.asking {
				p.asking = true
				d.running.Go(func() { d.hear(ctx, node, p) })
			}
		}
		d.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// forget follows who the other nodes are: the calls of one that is gone are over. The
// lock is held.
func (d *Desk) forget(nodes []string) {
	living := map[string]*peer{}
	for _, node := range nodes {
		if living[node] = d.peers[node]; living[node] == nil {
			living[node] = &peer{}
		}
	}
	for node, p := range d.peers {
		if living[node] == nil {
			d.learnShares(time.Now(), p, nil)
		}
	}
	d.peers = living
}

// hear asks a node.
func (d *Desk) hear(ctx context.Context, node string, p *peer) {
	ctx, cancel := context.WithTimeout(ctx, shareTime)
	defer cancel()
	text, err := d.cfg.Peers.Ask(ctx, node, question)
	var shares []share
	if err == nil {
		err = json.Unmarshal(text, &shares)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p.asking = false
	switch {
	case err != nil:
		d.counters.PeersSilent.Add(1)
		d.cfg.Log.Debug("a node does not tell what calls it has", "node", node, "error", err)
	case d.peers[node] == p: // it is not gone meanwhile
		d.learnShares(time.Now(), p, shares)
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
