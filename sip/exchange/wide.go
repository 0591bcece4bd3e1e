package exchange

import (
	"sync"
	"time"

	"strowger/sip/leg"
	"strowger/sip/transport"
)

// Limits of a memory of addresses.
const (
	maxNarrow  = 1024             // addresses; beyond it all are forgotten
	narrowLife = 10 * time.Minute // then it is tried again
)

// narrows remembers addresses that could not be used: by TCP, lest each large request
// wait for it, or at all, lest each tells that it is not allowed. Safe for concurrent use.
type narrows[K comparable] struct {
	mu    sync.Mutex
	since map[K]time.Time
}

func (n *narrows[K]) add(now time.Time, a K) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.since == nil || len(n.since) >= maxNarrow {
		n.since = map[K]time.Time{}
	}
	n.since[a] = now
}

func (n *narrows[K]) has(now time.Time, a K) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	since, ok := n.since[a]
	return ok && now.Sub(since) < narrowLife
}

// Wide is the way by TCP to a carrier that is called by UDP (transaction.Widener). A
// phone is reached by its flow and no other way.
func (s *strand) Wide(owner any, f transport.Flow) (transport.Flow, bool) {
	p, ok := owner.(place)
	if !ok {
		return transport.Flow{}, false
	}
	if l := p.run.call.Leg(p.leg); l == nil || l.Party.Kind != leg.Trunk || s.x.narrow.has(time.Now(), f.Remote) {
		return transport.Flow{}, false
	}
	stream, err := s.x.cfg.Sender.FlowTo(f.Network, transport.TCP, f.Remote)
	return stream, err == nil
}

// Narrow remembers that a carrier could not be reached by TCP (transaction.Widener).
func (s *strand) Narrow(stream transport.Flow) { s.x.narrow.add(time.Now(), stream.Remote) }
