package carrier

import (
	"time"

	"strowger/sip/cause"
	"strowger/sip/leg"
	"strowger/sip/trunk/channel"
)

// How long who is refused for a limit is asked to wait.
const (
	retryFull = 5 * time.Second
	retryFast = time.Second
)

// count makes what counts the calls of every trunk and its tenant.
func (d *Desk) count() {
	d.trunks, d.tenants, d.ways = map[name]*channel.Count{}, map[string]*channel.Count{}, map[name]*channel.Count{}
	for _, t := range d.cfg.Trunks.All() {
		d.trunks[nameOf(t)] = &channel.Count{Limits: t.Limits}
		if d.tenants[t.Tenant] == nil {
			d.tenants[t.Tenant] = &channel.Count{Limits: d.cfg.Tenants[t.Tenant]}
		}
	}
}

// Seize takes a channel of a trunk for a call that comes in by it or goes out; free
// gives it back, nil if there is none (exchange.Trunks).
func (d *Desk) Seize(now time.Time, p leg.Party, inbound, urgent bool) (free func(), v cause.Verdict) {
	d.mu.Lock()
	defer d.mu.Unlock()
	way := channel.Out
	if inbound {
		way = channel.In
	}
	ofTrunk, ofTenant := d.trunks[name{p.Tenant, p.Name}], d.tenants[p.Tenant]
	if ofTrunk == nil { // it is in no configuration any more
		return func() {}, cause.Verdict{}
	}
	counts := []*channel.Count{ofTrunk, ofTenant}
	capped := name{p.Tenant, p.Cap.Way}
	if p.Cap.Most > 0 && !inbound {
		counts = append(counts, d.way(capped, p.Cap.Most))
	}
	why, by := channel.Seize(now, way, urgent, counts...)
	if why != channel.None {
		d.leave(capped)
		return nil, refused(why, inbound, [...]string{"trunk " + p.Name, "tenant " + p.Tenant, "the plan's way out " + p.Cap.Way}[by])
	}
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		channel.Free(way, counts...)
		d.leave(capped)
	}, cause.Verdict{}
}

// way counts the calls of a way of the plan, while it has any.
func (d *Desk) way(n name, most int) *channel.Count {
	c := d.ways[n]
	if c == nil {
		c = new(channel.Count)
		d.ways[n] = c
	}
	c.Limits = channel.Limits{Out: most}
	return c
}

// leave forgets a way without calls.
func (d *Desk) leave(n name) {
	if c := d.ways[n]; c != nil && c.Taken == [2]int{} {
		delete(d.ways, n)
	}
}

// refused is what a call is told that has no channel: a carrier that this one call
// finds nobody free, so that it does not give the trunk up.
func refused(why channel.Refusal, inbound bool, whose string) cause.Verdict {
	switch {
	case why == channel.Fast:
		return cause.Verdict{Status: 503, Q850: 42, Reason: "Too many calls at once", Fault: cause.Us, Wait: retryFast, Why: "the call rate of " + whose + " is reached"}
	case inbound:
		return cause.Verdict{Status: 486, Q850: 34, Fault: cause.Us, Wait: retryFull, Why: "every channel of " + whose + " is taken"}
	}
	return cause.Verdict{Status: 503, Q850: 34, Reason: "No channel free", Fault: cause.Us, Wait: retryFull, Why: "every channel of " + whose + " is taken"}
}

// Channels are the calls of a trunk, or of a tenant's trunks in all if trunk is "", and
// their limits.
func (d *Desk) Channels(tenant, trunk string) (channel.Limits, channel.Figures) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := d.counter(tenant, trunk)
	if c == nil {
		return channel.Limits{}, channel.Figures{}
	}
	return c.Limits, c.Figures
}
