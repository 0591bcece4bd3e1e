package relay

import (
	"net/netip"
	"syscall"
	"time"

	"strowger/media"
	"strowger/media/datagram"
)

// MaxPacket is the longest datagram that is relayed, in bytes: an Ethernet frame
// holds 1,472, and 2,048 leaves room for larger frames on a local network.
const MaxPacket = 2048

// read takes one datagram from a socket of the endpoint. The lock holds the socket
// open meanwhile.
func (e *endpoint) read(rtcp bool, b []byte) (n int, from netip.AddrPort, ok bool) {
	e.in.Lock()
	defer e.in.Unlock()
	if e.in.closed {
		return 0, netip.AddrPort{}, false
	}
	fd := e.out.sockets.rtp
	if rtcp {
		fd = e.out.sockets.rtcp
	}
	n, from, errno := datagram.Receive(fd, b)
	if errno == syscall.EAGAIN || errno == syscall.EINTR {
		return 0, netip.AddrPort{}, false
	}
	e.in.touched = true
	if errno != 0 {
		return 0, netip.AddrPort{}, false
	}
	if n > len(b) {
		e.plane.counters.Oversize.Add(1)
		e.in.invalid++
		return 0, netip.AddrPort{}, false
	}
	return n, from, true
}

// handle carries a datagram from the endpoint's party to its listeners. b may be
// changed; scratch is as long as the longest b.
func (e *endpoint) handle(now time.Time, rtcp bool, from netip.AddrPort, b, scratch []byte) {
	var h header
	k := classify(b)
	if k == kindRTCP {
		e.control(now, from, b)
		return
	}
	if k == kindRTP && (rtcp || !h.parse(b)) {
		k = kindInvalid
	}
	c := &e.plane.counters
	e.in.Lock()
	if e.in.closed || k != kindRTP {
		e.in.reject(k, c)
		e.in.Unlock()
		return
	}
	ruling, forward, fresh := e.in.accept(now, from, &h, c)
	if fresh || ruling == locks {
		e.takeBack(now)
	}
	var digit byte
	if forward {
		digit = e.in.listen(&h, fresh, b)
	}
	switch ruling {
	case locks:
		e.follow(from)
	case barred:
		if l := &e.in.latch; !l.told {
			l.told = true
			e.refuse(&e.plane.latchLines, "sound is not taken from", from, l.missing(from.Addr()))
		}
	case foreign, waiting, accepted:
	}
	e.in.Unlock()
	if ruling == locks {
		e.post(media.Event{Kind: media.Latched, At: now, Addr: from})
	}
	if digit != 0 {
		e.post(media.Event{Kind: media.Digit, At: now, Digit: digit})
	}
	if r := e.route.Load(); forward && r != nil {
		r.send(now, h, fresh, b, scratch, c)
		if e.wanted.Load() {
			e.handOver(now)
		}
	}
}

// follow lets what we send go to the source that was locked. It needs the inbound
// mutex, so that no other SDP comes between.
func (e *endpoint) follow(source netip.AddrPort) {
	e.out.Lock()
	defer e.out.Unlock()
	e.out.follow(source)
}

// send gives a packet to each listener.
func (r route) send(now time.Time, h header, fresh bool, b, scratch []byte, c *Counters) {
	for i := range r {
		t := r[i].find(h.payload)
		if t == nil {
			c.Untranslated.Add(1)
			continue
		}
		out, packet := &r[i].to.out, b
		if t.convert {
			packet = scratch[:copy(scratch, b)]
			sound := packet[h.start:h.end]
			t.law.Transcode(sound, sound)
		}
		translated := h
		translated.payload = t.to
		out.Lock()
		if out.epoch == r[i].epoch {
			out.forward(now, translated, fresh, t.clock, packet, c)
		}
		out.Unlock()
	}
}
