package exchange

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxSources bounds the addresses that are followed; beyond it all are forgotten,
// which gives each a fresh allowance.
const maxSources = 1 << 16

// sources slows who sends too much, each address (IPv6: each /64) by itself. Safe
// for concurrent use.
type sources struct {
	perSecond rate.Limit
	burst     int

	mu     sync.Mutex
	bySite map[netip.Addr]*rate.Limiter
}

// newSources allows so many a second, and the same at once.
func newSources(perSecond int) *sources {
	return &sources{perSecond: rate.Limit(perSecond), burst: perSecond, bySite: map[netip.Addr]*rate.Limiter{}}
}

// allow takes one from the allowance of an address, or returns false.
func (s *sources) allow(now time.Time, from netip.Addr) bool {
	site := from.Unmap()
	if site.Is6() {
		p, _ := site.Prefix(64) // 64 is within an IPv6 address
		site = p.Addr()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.bySite[site]
	if l == nil {
		if len(s.bySite) >= maxSources {
			clear(s.bySite)
		}
		l = rate.NewLimiter(s.perSecond, s.burst)
		s.bySite[site] = l
	}
	return l.AllowN(now, 1)
}
