package relay

import (
	"net/netip"
	"slices"
	"time"

	"strowger/media"
)

// maxCandidates bounds the sources that may try for the lock at the same time.
const maxCandidates = 4

// candidateKept is how long a candidate that has proven itself is kept from being
// replaced though it is silent.
const candidateKept = 200 * time.Millisecond

// candidate is a source that sent valid packets.
type candidate struct {
	from netip.AddrPort
	claim
	since, heard time.Time // its first packet with this SSRC, and its last
	proven       bool      // two were consecutive
}

// rank is how much speaks for a source.
type rank uint8

const (
	someone rank = iota // whom the network lists
	near                // of the host that SDP names or that the signalling comes from
	named               // by SDP
)

func (l *latch) rank(from netip.AddrPort) rank {
	switch a := from.Addr(); {
	case from == l.expected:
		return named
	case a.IsValid() && (a == l.signalled || a == l.expected.Addr()):
		return near
	}
	return someone
}

// best is the rank of the best source that is likely to speak. A private address of SDP
// is not, where the signalling comes from none: it is behind NAT.
func (l *latch) best() rank {
	signalled := l.permit(l.signalled)
	switch a := l.expected.Addr(); {
	case reachable(l.expected) && l.permit(a) && (!inner(a) || signalled && inner(l.signalled)):
		return named
	case signalled:
		return near
	}
	return someone
}

// inner tells that an address means nothing outside of its own network.
func inner(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || carrierNAT.Contains(a)
}

// carrierNAT is the shared address space of RFC 6598.
var carrierNAT = netip.MustParsePrefix("100.64.0.0/10")

// settled tells that a source is locked and no better one can take its place.
func (l *latch) settled(now time.Time) bool {
	return l.source.IsValid() && (!now.Before(l.until) || l.rank(l.source) >= l.best())
}

// supersedes tells whether a source may take the lock from another one within the
// window, as more speaks for it. One rank is lost with each time, so that it happens
// twice at most.
func (l *latch) supersedes(now time.Time, from netip.AddrPort) bool {
	return l.source.IsValid() && l.rank(from) > l.rank(l.source) && !l.settled(now) && l.permit(from.Addr())
}

// try locks to the source of two consecutive packets of one SSRC. Before any is locked,
// a source that a better one may yet speak for has to go on for LatchPatience.
func (l *latch) try(now time.Time, from netip.AddrPort, h *header) ruling {
	c := candidate{from: from, since: now}
	i := slices.IndexFunc(l.candidates, func(c candidate) bool { return c.from == from })
	switch {
	case i >= 0:
		if l.candidates[i].ssrc == h.ssrc {
			c = l.candidates[i]
		}
	case len(l.candidates) == maxCandidates:
		if i = l.weakest(now, from); i < 0 {
			return waiting
		}
	}
	follows := !c.heard.IsZero() && c.claim == claim{h.ssrc, h.seq}
	if follows && (l.source.IsValid() || l.rank(from) >= min(near, l.best()) || now.Sub(c.since) >= media.LatchPatience) {
		return l.lock(from)
	}
	if i >= 0 {
		l.candidates = slices.Delete(l.candidates, i, i+1)
	}
	c.claim, c.heard, c.proven = claim{h.ssrc, h.seq + 1}, now, c.proven || follows
	l.candidates = append(l.candidates, c)
	return waiting
}

// weakest is the candidate that another source replaces: the longest silent of those that
// proved nothing or went on with nothing, or one that less speaks for; -1 for none.
func (l *latch) weakest(now time.Time, from netip.AddrPort) int {
	i := slices.IndexFunc(l.candidates, func(c candidate) bool { return !c.proven || now.Sub(c.heard) >= candidateKept })
	if i >= 0 {
		return i
	}
	return slices.IndexFunc(l.candidates, func(c candidate) bool { return l.rank(c.from) < l.rank(from) })
}
