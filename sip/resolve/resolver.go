package resolve

import (
	"cmp"
	"context"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"strowger/sip/transport"
)

// MaxLookups is how many names are resolved at once.
const MaxLookups = 8

// Counters of a resolver.
type Counters struct {
	Queries     atomic.Uint64 // sent to a server
	Truncated   atomic.Uint64 // answers that were asked for again by TCP
	Failures    atomic.Uint64 // questions that no server answered
	Negative    atomic.Uint64 // answers that there is no such record
	Stale       atomic.Uint64 // answers used beyond their time, for want of a new one
	Evicted     atomic.Uint64 // answers that made way for others
	GlancesFull atomic.Uint64 // names of routes that were not asked for, because too many were
	Unresolved  atomic.Int64  // names without any address, at present
}

// Config says whom a resolver asks.
type Config struct {
	Servers []netip.AddrPort // at most MaxServers of them; none means SystemServers
	Log     *slog.Logger
}

// Resolver keeps names resolved. Follow every name, then Start it.
type Resolver struct {
	log      *slog.Logger
	ask      func(context.Context, question) (answer, error) // of a server
	counters Counters
	names    []*Name

	mu      sync.Mutex
	cache   cache
	ctx     context.Context // from Start to Close; nil before
	glances map[sought]bool // names that are asked for
	seeking sync.WaitGroup

	first chan struct{} // closed after the first round
	stop  context.CancelFunc
	done  chan struct{}
}

// New returns a resolver that does nothing yet.
func New(cfg Config) *Resolver {
	r := &Resolver{log: cfg.Log, first: make(chan struct{}), done: make(chan struct{}), glances: map[sought]bool{}}
	servers := cfg.Servers
	if len(servers) == 0 {
		servers = SystemServers()
	}
	c := &client{servers: servers, counters: &r.counters}
	r.ask = c.ask
	return r
}

// Counters are the resolver's counters.
func (r *Resolver) Counters() *Counters { return &r.counters }

// Follow returns the name of a target, which the resolver keeps fresh from Start on.
func (r *Resolver) Follow(t Target) *Name {
	if ip, err := netip.ParseAddr(t.Host); err == nil {
		return Fixed(t.Protos[0], netip.AddrPortFrom(ip.Unmap(), cmp.Or(t.Port, portOf(t.Protos[0]))))
	}
	n := &Name{target: t}
	n.view.Store(&view{})
	r.names = append(r.names, n)
	r.counters.Unresolved.Add(1)
	return n
}

// Start resolves every name, and again whenever its time is over, until Close.
func (r *Resolver) Start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ctx, r.stop = context.WithCancel(context.Background())
	go r.run(r.ctx)
}

// Wait returns when every name was asked for once, or ctx is done.
func (r *Resolver) Wait(ctx context.Context) {
	select {
	case <-r.first:
	case <-ctx.Done():
	}
}

// Close ends what Start began.
func (r *Resolver) Close() {
	if r.stop == nil {
		return
	}
	r.mu.Lock() // none is begun behind Wait
	r.stop()
	r.mu.Unlock()
	<-r.done
	r.seeking.Wait()
}

func (r *Resolver) run(ctx context.Context) {
	defer close(r.done)
	for round := 0; ; round++ {
		r.round(ctx)
		if round == 0 {
			close(r.first)
		}
		if len(r.names) == 0 {
			return
		}
		next := r.names[0].due
		for _, n := range r.names {
			if n.due.Before(next) {
				next = n.due
			}
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// round resolves the names that are due.
func (r *Resolver) round(ctx context.Context) {
	var g errgroup.Group
	g.SetLimit(MaxLookups)
	now := time.Now()
	for _, n := range r.names {
		if now.Before(n.due) {
			continue
		}
		g.Go(func() error {
			r.refresh(ctx, n)
			return nil
		})
	}
	_ = g.Wait()
}

// refresh resolves a name. What it resolved to before stays if no server answers,
// for MaxStale.
func (r *Resolver) refresh(ctx context.Context, n *Name) {
	p, err := locate(n.target, func(q question) (answer, error) { return r.lookup(ctx, q) })
	if ctx.Err() != nil {
		return
	}
	now, old := time.Now(), n.view.Load()
	v := &view{routes: p.routes, stale: p.stale, err: err}
	n.due = now.Add(max(p.ttl, MinTTL))
	if err != nil || p.stale {
		n.due = now.Add(RetryAfter)
	} else {
		n.good = now
	}
	if isAway(err) && now.Sub(n.good) < MaxStale {
		v.routes, v.stale = old.routes, len(old.routes) > 0
	}
	v.collect()
	n.view.Store(v)
	r.note(n, old, v)
}

// note counts and logs what has changed.
func (r *Resolver) note(n *Name, old, v *view) {
	if had, has := len(old.known) > 0, len(v.known) > 0; had && !has {
		r.counters.Unresolved.Add(1)
	} else if has && !had {
		r.counters.Unresolved.Add(-1)
	}
	switch {
	case v.err != nil && (old.err == nil || old.err.Error() != v.err.Error()):
		r.log.Warn("a trunk's target cannot be resolved; see whether its name is right and the DNS server answers",
			"target", n.target.Host, "stale", v.stale, "error", v.err)
	case v.err == nil && v.text() != old.text():
		r.log.Info("a trunk's target is resolved", "target", n.target.Host, "addresses", v.text(), "stale", v.stale)
	}
}

// lookup answers from the cache, or else by a server, or else by what the cache
// has beyond its time.
func (r *Resolver) lookup(ctx context.Context, q question) (answer, error) {
	r.mu.Lock()
	cached, ok := r.cache.get(time.Now(), q)
	r.mu.Unlock()
	if ok && !cached.stale {
		return cached, nil
	}
	a, err := r.ask(ctx, q)
	if err != nil {
		r.counters.Failures.Add(1)
		if ok {
			r.counters.Stale.Add(1)
			return cached, nil
		}
		return answer{}, err
	}
	if len(a.records) == 0 {
		r.counters.Negative.Add(1)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	a, evicted := r.cache.put(time.Now(), q, a)
	if evicted {
		r.counters.Evicted.Add(1)
	}
	return a, nil
}

// Fixed is a name that is these addresses for ever.
func Fixed(proto transport.Proto, addrs ...netip.AddrPort) *Name {
	v := &view{}
	for i, a := range addrs {
		v.routes = append(v.routes, Route{Priority: i, Addresses: []Address{{a, proto}}})
	}
	v.collect()
	n := &Name{fixed: true}
	n.view.Store(v)
	return n
}

// chance is what each call draws its order with.
func chance(n int) int { return rand.IntN(n) }
