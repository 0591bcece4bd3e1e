package relay

import (
	"net/netip"
	"slices"
	"time"

	"strowger/media"
)

// maxCandidates bounds the sources that may try for the lock at the same time; a
// further one replaces the oldest.
const maxCandidates = 4

// latch decides from which source an endpoint accepts packets.
type latch struct {
	policy     media.Latch
	expected   netip.AddrPort // by SDP; invalid if it named none
	sources    []netip.Prefix // empty means any
	until      time.Time      // end of the window in which others than expected may lock
	source     netip.AddrPort // locked; invalid before
	candidates []candidate
}

// candidate is a source that sent one valid packet.
type candidate struct {
	from netip.AddrPort
	ssrc uint32
	next uint16
}

// ruling is what the latch says to a packet.
type ruling uint8

const (
	foreign ruling = iota // of a stranger
	waiting               // may lock with its next packet
	locks                 // accepted, and locked to its source from now on
	accepted
)

// open starts the window anew for what SDP says, unless a source is locked and
// the RTP address stays.
func (l *latch) open(r media.Remote, now time.Time) {
	rtp := unmap(r.RTP)
	if l.source.IsValid() && rtp == l.expected && r.Latch == l.policy {
		l.sources = r.Sources
		return
	}
	*l = latch{policy: r.Latch, expected: rtp, sources: r.Sources, until: now.Add(media.LatchWindow)}
}

// step rules on an RTP packet. sound tells that it has a negotiated payload type
// and a payload.
func (l *latch) step(now time.Time, from netip.AddrPort, h *header, sound bool) ruling {
	if l.source.IsValid() {
		if from == l.source {
			return accepted
		}
		return foreign
	}
	if !sound {
		return foreign
	}
	if from == l.expected {
		return l.lock(from)
	}
	if l.policy == media.LatchStrict || !now.Before(l.until) || !l.allowed(from.Addr()) {
		return foreign
	}
	return l.try(from, h)
}

// try locks to the source of two consecutive packets of one SSRC.
func (l *latch) try(from netip.AddrPort, h *header) ruling {
	i := slices.IndexFunc(l.candidates, func(c candidate) bool { return c.from == from })
	if i >= 0 && l.candidates[i].ssrc == h.ssrc && l.candidates[i].next == h.seq {
		return l.lock(from)
	}
	if i < 0 && len(l.candidates) == maxCandidates {
		i = 0
	}
	if i >= 0 {
		l.candidates = slices.Delete(l.candidates, i, i+1)
	}
	l.candidates = append(l.candidates, candidate{from, h.ssrc, h.seq + 1})
	return waiting
}

func (l *latch) lock(from netip.AddrPort) ruling {
	l.source, l.candidates = from, nil
	return locks
}

// peer is the address whose RTCP is believed: the locked source, before that the
// one that SDP named.
func (l *latch) peer() netip.AddrPort {
	if l.source.IsValid() {
		return l.source
	}
	return l.expected
}

func (l *latch) allowed(addr netip.Addr) bool {
	return len(l.sources) == 0 ||
		slices.ContainsFunc(l.sources, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// unmap strips the IPv6 clothes of an IPv4 address, as sources come without.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
