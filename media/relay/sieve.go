package relay

import (
	"net/netip"
	"time"

	"strowger/media"
)

// Junk of a socket takes the room that sound needs there, and a worker's time. While
// more of it comes than goes with a good call, the kernel throws it away: a filter lets
// through what may be of the call. A socket that is left alone has none.

const (
	strayPeriod = 200 * time.Millisecond
	// maxStray is how much junk of a period is read; what is more makes a filter. It is
	// many times what goes with a good call: reports, keep-alives, a new SSRC.
	maxStray = 64
	// sieveKept is how long a filter stays that throws nothing away.
	sieveKept = 10 * time.Second
	// sieveQuiet is how long a stream may pause before another SSRC is looked for.
	sieveQuiet = 400 * time.Millisecond
)

// sieve decides which filters the sockets of an endpoint have.
type sieve struct {
	on, narrow bool // against strangers, and against what is sent in the party's name
	began      time.Time
	strangers  int // since then
	forged     int // the same
	used       time.Time
	rtp, rtcp  rules // on the sockets
	rtcpDrops  uint32
	lost       int64 // of the stream when drops were last counted
}

// step counts a packet of no call; true if there is more to be filtered from now on.
func (s *sieve) step(now time.Time, forged bool) bool {
	if now.Sub(s.began) >= strayPeriod {
		s.began, s.strangers, s.forged = now, 0, 0
	}
	if forged {
		s.forged++
	} else {
		s.strangers++
	}
	if s.strangers+s.forged < maxStray || s.narrow || s.on && s.forged < maxStray {
		return false
	}
	s.on, s.narrow, s.used = true, s.narrow || s.forged >= maxStray/2, now
	s.strangers, s.forged = 0, 0
	return true
}

// only is the one source that is listened to; invalid if another may be yet.
func (l *latch) only(now time.Time) netip.AddrPort {
	switch {
	case l.settled(now):
		return l.source
	case l.source.IsValid():
		return netip.AddrPort{}
	case l.policy == media.LatchStrict, !now.Before(l.until):
		return l.expected
	}
	return netip.AddrPort{}
}

// sift says what the sockets need to let through.
func (in *inbound) sift(now time.Time) (rtp, rtcp rules) {
	s := in.sieve
	if !s.on {
		return rules{}, rules{}
	}
	if peer := in.latch.peer(); peer.IsValid() {
		rtcp.source = netip.AddrPortFrom(peer, 0)
		if s.narrow && in.hasSSRC {
			rtcp.narrow, rtcp.ssrc = true, in.ssrc
		}
	}
	quiet := now.Sub(in.latch.heard)
	rtp.source = in.latch.only(now)
	moves := in.latch.policy == media.LatchFollow && in.latch.source.IsValid() && quiet >= quietAfter
	if moves {
		rtp.source = netip.AddrPort{}
	}
	if in.hasSSRC && (moves || s.narrow && quiet < sieveQuiet && rtp.source.IsValid()) {
		rtp.narrow, rtp.ssrc = true, in.ssrc
	}
	return rtp, rtcp
}

// pester counts a packet of no call.
func (e *endpoint) pester(rtcp bool, from netip.AddrPort) {
	e.in.Lock()
	defer e.in.Unlock()
	if e.in.closed {
		return
	}
	if e.in.sieve == nil {
		e.in.sieve = &sieve{lost: e.in.quality.Figures().Lost()}
	}
	now := e.plane.now()
	forged := from == e.in.latch.source || rtcp && from.Addr() == e.in.latch.peer()
	if e.in.sieve.step(now, forged) {
		e.filter(now)
	}
}

// filter has the sockets' filters be what is needed. It needs the inbound's mutex.
func (e *endpoint) filter(now time.Time) {
	s := e.in.sieve
	if s == nil {
		return
	}
	rtp, rtcp := e.in.sift(now)
	if rtp == s.rtp && rtcp == s.rtcp {
		return
	}
	c := &e.plane.counters
	e.in.dropped(e.out.sockets, c)
	for _, change := range []struct {
		is *rules
		to rules
		fd int
	}{{&s.rtp, rtp, e.out.sockets.rtp}, {&s.rtcp, rtcp, e.out.sockets.rtcp}} {
		if *change.is == change.to {
			continue
		}
		if err := change.to.attach(change.fd); err != nil {
			c.FilterErrors.Add(1)
			continue
		}
		*change.is = change.to
		c.Filters.Add(1)
	}
}

// strain looks whether the filters still fit, and takes them away that nothing comes to
// any more. It needs the inbound's mutex.
func (e *endpoint) strain(now time.Time) {
	s := e.in.sieve
	if s == nil || !s.on {
		return
	}
	if e.in.dropped(e.out.sockets, &e.plane.counters) > 0 {
		s.used = now
	}
	if now.Sub(s.used) >= sieveKept {
		s.on, s.narrow = false, false
	}
	e.filter(now)
}
