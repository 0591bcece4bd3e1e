package overload

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// Limits of what unknown sources may bring.
const (
	PerSource   = 500  // messages a second from one address (IPv6: one /64), and as many at once
	PerSecond   = 5000 // messages a second from all of them, and as many at once
	Emergencies = 100  // emergency calls a second from all of them that go before others
)

// buckets is how many allowances a Rate has; addresses share them by a keyed hash.
const buckets = 4096

// Rate bounds what addresses bring, each by itself and all together, in memory that does
// not grow. Safe for concurrent use.
type Rate struct {
	perSource, perSecond float32
	seed                 maphash.Seed

	mu      sync.Mutex
	sources []bucket
	all     bucket
}

// NewRate allows so many a second, and the same at once, from one address (IPv6: from one
// /64) and from all.
func NewRate(perSource, perSecond int) *Rate {
	return &Rate{
		perSource: float32(perSource), perSecond: float32(perSecond),
		seed: maphash.MakeSeed(), sources: make([]bucket, buckets),
	}
}

// Allow takes one, or is false.
func (r *Rate) Allow(now time.Time, from netip.Addr) bool {
	if from.Is6() {
		p, _ := from.Prefix(64) // 64 is within an IPv6 address
		from = p.Addr()
	}
	i := maphash.Comparable(r.seed, from) % buckets
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sources[i].take(now, r.perSource) && r.all.take(now, r.perSecond)
}

// Sources knows who is known, and bounds the rest. Safe for concurrent use.
type Sources struct {
	*Rate       // of unknown sources
	emergencies struct {
		sync.Mutex
		bucket
	}

	knownMu    sync.RWMutex
	young, old map[uint64]struct{}
	turned     time.Time
}

// Limits of the memory of registered flows. They are forgotten in bulk: when the young
// are old, those that were old are gone.
const (
	MaxKnown  = 100_000
	knownLife = 65 * time.Minute // at least; longer than a registration of an hour
)

// NewSources returns sources of which none is known.
func NewSources() *Sources {
	return &Sources{Rate: NewRate(PerSource, PerSecond), young: map[uint64]struct{}{}}
}

// flow is what a known flow is remembered by.
type flow struct {
	listener string
	remote   netip.AddrPort
}

func (s *Sources) hash(listener string, remote netip.AddrPort) uint64 {
	return maphash.Comparable(s.seed, flow{listener, remote})
}

// Know remembers a flow by which somebody has proved who he is. It is false if there
// are too many.
func (s *Sources) Know(now time.Time, listener string, remote netip.AddrPort) bool {
	key := s.hash(listener, remote)
	s.knownMu.Lock()
	defer s.knownMu.Unlock()
	if now.Sub(s.turned) > knownLife {
		s.old, s.young, s.turned = s.young, map[uint64]struct{}{}, now
	}
	if len(s.young) >= MaxKnown {
		return false
	}
	s.young[key] = struct{}{}
	return true
}

// Knows tells whether a flow is known.
func (s *Sources) Knows(listener string, remote netip.AddrPort) bool {
	key := s.hash(listener, remote)
	s.knownMu.RLock()
	defer s.knownMu.RUnlock()
	if _, ok := s.young[key]; ok {
		return true
	}
	_, ok := s.old[key]
	return ok
}

// AllowEmergency takes one from the emergency calls that unknown sources may bring
// before others, or is false.
func (s *Sources) AllowEmergency(now time.Time) bool {
	s.emergencies.Lock()
	defer s.emergencies.Unlock()
	return s.emergencies.take(now, Emergencies)
}

// bucket is a token bucket: what is left of a second's allowance. The zero bucket is
// full.
type bucket struct {
	used float32
	at   int64 // unix ns
}

func (b *bucket) take(now time.Time, perSecond float32) bool {
	ns := now.UnixNano()
	b.used = max(0, b.used-float32(max(0, ns-b.at))*perSecond/1e9)
	b.at = ns
	if b.used+1 > perSecond {
		return false
	}
	b.used++
	return true
}
