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

// handle carries a datagram from the endpoint's party to its listeners; false if it is
// none of the call. b may be changed; scratch is as long as the longest b.
func (e *endpoint) handle(now time.Time, rtcp bool, from netip.AddrPort, b, scratch []byte) bool {
	var h header
	k := classify(b)
	if k == kindRTCP {
		return e.control(now, from, b)
	}
	if k == kindRTP && rtcp {
		k = kindInvalid
	}
	c := &e.plane.counters
	e.in.Lock()
	e.catchUp(now)
	b, ok := e.in.unwrap(now, from, k, b, &h, c)
	if !ok {
		e.in.Unlock()
		return false
	}
	ruling, forward, fresh := e.in.accept(now, from, &h, c)
	e.reconsider(now, &h, forward, ruling == locks || fresh)
	if ruling == locks || fresh {
		e.filter(now)
	}
	var digit byte
	if forward {
		if !e.in.spoke {
			e.in.spoke = true
			e.plane.speaking.Add(1)
		}
		e.in.look(now, e.in.encoding, b[h.start:h.end])
		digit = e.in.listen(now, &h, fresh, b)
	}
	said := key{event: e.in.encoding == telephoneEvent, held: e.in.keys.Held(now), toned: e.in.toned()}
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
		e.recall(now)
		e.post(media.Event{Kind: media.Latched, At: now, Addr: from})
	}
	if digit != 0 {
		e.post(media.Event{Kind: media.Digit, At: now, Digit: digit})
	}
	if r := e.route.Load(); forward && r != nil {
		r.send(now, h, said, fresh, b, scratch, c)
		if e.wanted.Load() {
			e.handOver(now)
		}
	}
	return forward
}

// follow lets what we send go to the source that was locked. It needs the inbound
// mutex, so that no other SDP comes between.
func (e *endpoint) follow(source netip.AddrPort) {
	e.out.Lock()
	defer e.out.Unlock()
	e.out.follow(source)
}

// key is what a packet says of digits.
type key struct {
	event bool // it is one of RFC 4733
	held  bool // a key is, by an event
	toned bool // and by a tone that was told
}

// send gives a packet to each listener.
func (r route) send(now time.Time, h header, said key, fresh bool, b, scratch []byte, c *Counters) {
	for i := range r {
		t := r[i].find(h.payload)
		switch {
		case t == nil && said.event: // its digit was told, and is given in another form
		case t == nil && int(h.payload) == r[i].noise:
			r[i].hush(b[h.start:h.end])
		case t == nil:
			c.Untranslated.Add(1)
		case said.held && !r[i].events, said.toned && !said.event: // the key is told in another form; a phone may use several
			c.Dropped.Add(1)
			r[i].to.resume()
		default:
			r[i].send(now, h, t, said.event, fresh, b, scratch, c)
		}
	}
}

// send gives a packet to the listener.
func (e *edge) send(now time.Time, h header, t *translation, event, fresh bool, b, scratch []byte, c *Counters) {
	out := &e.to.out
	out.Lock()
	defer out.Unlock()
	if out.epoch != e.epoch {
		return
	}
	if event && out.given.takes(now, &h, b[h.start:h.end]) {
		c.Repeated.Add(1)
		return
	}
	if !event {
		out.filler.speaks()
	}
	if t.convert || out.mixed != nil || out.wide != nil { // it is changed for this listener alone
		b = scratch[:copy(scratch, b)]
	}
	if t.convert {
		out.convert(t, b[h.start:h.end], c)
	}
	h.payload = t.to
	if out.packs(t.listens, h.end-h.start) {
		out.pack(now, h, fresh, t.clock, b[h.start:h.end], c)
	} else {
		out.forward(now, h, fresh, t.clock, b, c)
	}
}
