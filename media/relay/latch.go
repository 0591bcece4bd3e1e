package relay

import (
	"net/netip"
	"time"

	"strowger/media"
)

// maxAhead bounds how far a stream may be ahead of the locked source's last packet to
// be the same one: a minute of 20 ms packets.
const maxAhead = 3000

// latch decides from which source an endpoint accepts packets.
type latch struct {
	bounds
	policy     media.Latch
	told       bool           // a line of the log named a barred source of this window
	expected   netip.AddrPort // by SDP, permitted or not; invalid if it named none
	until      time.Time      // end of the window in which others than expected may lock
	source     netip.AddrPort // locked; invalid before
	heard      time.Time      // when the last packet was taken from it
	stream     claim          // that would follow it
	candidates []candidate
}

// claim is the packet that would prove that an SSRC is in use.
type claim struct {
	ssrc uint32
	next uint16
}

// ruling is what the latch says to a packet.
type ruling uint8

const (
	foreign ruling = iota // of a stranger
	barred                // of one who could lock, were it permitted
	waiting               // may lock with one of its next packets
	locks                 // accepted, and locked to its source from now on
	accepted
)

// open starts the window anew for what SDP says, unless a source is locked that
// stays permitted and the RTP address stays.
func (l *latch) open(r media.Remote, now time.Time) {
	rtp := unmap(r.RTP)
	l.bounds = bounds{l.network, r.Signalled.Unmap(), r.Sources, r.Setting}
	if l.source.IsValid() && rtp == l.expected && r.Latch == l.policy && l.permit(l.source.Addr()) {
		return
	}
	*l = latch{bounds: l.bounds, policy: r.Latch, expected: rtp, until: now.Add(media.LatchWindow)}
}

// step rules on an RTP packet. sound tells that it has a negotiated payload type
// and a payload.
func (l *latch) step(now time.Time, from netip.AddrPort, h *header, sound bool) ruling {
	switch {
	case from == l.source:
		return accepted
	case !sound, l.excludes(now, from):
		return foreign
	case !l.permit(from.Addr()):
		return barred
	case !l.source.IsValid() && from == l.expected:
		return l.lock(from)
	case l.source.IsValid() && !l.supersedes(now, from) && !l.stream.precedes(h):
		return foreign
	}
	return l.try(now, from, h)
}

// excludes tells that a packet is a stranger's, whatever it holds.
func (l *latch) excludes(now time.Time, from netip.AddrPort) bool {
	switch {
	case from == l.source, l.supersedes(now, from):
		return false
	case l.source.IsValid():
		return l.policy != media.LatchFollow || now.Sub(l.heard) < media.LatchSilence || !l.permit(from.Addr())
	}
	return from != l.expected && (l.policy == media.LatchStrict || !now.Before(l.until))
}

// keep notes a packet that was taken from the locked source.
func (l *latch) keep(now time.Time, h *header) {
	l.heard, l.stream = now, claim{h.ssrc, h.seq + 1}
	if l.candidates != nil && l.settled(now) {
		l.candidates = nil
	}
}

// precedes tells whether a packet goes on with the stream.
func (c claim) precedes(h *header) bool {
	ahead := int16(h.seq - c.next)
	return h.ssrc == c.ssrc && ahead >= 0 && ahead < maxAhead
}

func (l *latch) lock(from netip.AddrPort) ruling {
	l.source, l.candidates = from, nil
	return locks
}

// peer is the host whose RTCP is believed: that of the locked source, before that
// the one that SDP named; invalid for none.
func (l *latch) peer() netip.Addr {
	switch {
	case l.source.IsValid():
		return l.source.Addr()
	case l.permit(l.expected.Addr()):
		return l.expected.Addr()
	}
	return netip.Addr{}
}

// unmap strips the IPv6 clothes of an IPv4 address, as sources come without.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
