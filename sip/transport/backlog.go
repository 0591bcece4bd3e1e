package transport

import (
	"net/netip"
	"time"

	"strowger/sip/overload"
)

// Limits of what waits at one UDP socket.
const (
	maxWaiting       = 4096           // datagrams of a class
	maxWaitingSource = maxWaiting / 2 // of them from one address
	maxWaitingBytes  = 8 << 20        // of all classes
	waitingSources   = 1024           // counters, which addresses share
	keptWaiting      = 256            // buffers that are used again
	waitingBuffer    = 2 << 10        // bytes of such a buffer
)

// Between two looks at the kernel's queue so much is read or handled at the most: it
// must not run over while something is handled, and nobody may keep the reader reading.
const (
	readAtOnce   = 64
	handleAtOnce = 8
	peekEach     = 16 // messages that are handled before the first look
)

// poller is a PacketConn that tells whether more has come.
type poller interface {
	// TryRead is ReadFromUDPAddrPort that does not wait: ok is false if nothing is there.
	TryRead(b []byte) (n int, from netip.AddrPort, ok bool)
}

// waiting is a datagram that waits.
type waiting struct {
	data []byte
	from netip.AddrPort
	at   time.Time
	key  uint64 // see overload.Recent
}

// backlog orders what has come to a socket faster than it was handled. It belongs to
// the goroutine that reads the socket, and is empty while that waits for the socket.
type backlog struct {
	layer    *Layer
	socket   *socket
	more     poller
	queues   [overload.Classes]fifo
	bytes    int
	sources  [waitingSources]uint16 // how many wait in the queue of known sources
	free     [][]byte
	detector overload.Detector
	recent   overload.Recent // of what was taken
}

// run handles a first datagram and what has come meanwhile until nothing is left.
func (b *backlog) run(buf []byte, n int, from netip.AddrPort) {
	b.put(buf[:n], from)
	for {
		for range readAtOnce {
			n, from, ok := b.more.TryRead(buf)
			if !ok {
				break
			}
			b.put(buf[:n], from)
		}
		b.shed()
		if b.queues[overload.Emergency].len() > 0 { // whoever talks much keeps none waiting
			b.take(overload.Emergency)
		}
		for range handleAtOnce {
			if !b.next() {
				b.rest()
				return
			}
		}
	}
}

// shed refuses what has waited for too long behind what goes before it.
func (b *backlog) shed() {
	now := time.Now()
	for class := overload.Known; class < overload.Classes; class++ {
		q := &b.queues[class]
		for range readAtOnce {
			if q.len() == 0 || !b.late(class, now.Sub(q.items[q.first].at), now) {
				break
			}
			b.take(class)
		}
	}
}

// late tells whether a datagram of a class that waited is refused.
func (b *backlog) late(class overload.Class, wait time.Duration, now time.Time) bool {
	switch class {
	case overload.Known:
		b.detector.Observe(now, wait)
		return wait > overload.Target && b.detector.Shedding(now) || b.layer.gate.refuses()
	case overload.Unknown:
		return wait > overload.Target || b.layer.gate.shedding()
	default:
		return false
	}
}

// rest is the end of a backlog.
func (b *backlog) rest() {
	b.detector.Observe(time.Now(), 0)
	if len(b.free) > keptWaiting {
		clear(b.free[keptWaiting:])
		b.free = b.free[:keptWaiting]
	}
}

// put lets a datagram wait, unless it is handled or refused at once.
func (b *backlog) put(data []byte, from netip.AddrPort) {
	l := b.layer
	from = netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
	if !isMessage(data) {
		l.datagram(b.socket, data, from)
		return
	}
	if l.blocked(b.socket.Network, from.Addr()) || l.absorbed(data) {
		return
	}
	f := b.socket.flow(from)
	known := l.gate.knows(f)
	if !known && !l.allows(f, data) {
		return
	}
	var h overload.Head
	seen := h.Scan(data)
	class := l.classOf(f, &h, seen, known)
	q := &b.queues[class]
	slot := b.slot(from)
	if q.len() >= maxWaiting || b.bytes+len(data) > maxWaitingBytes || class == overload.Known && b.sources[slot] >= maxWaitingSource {
		l.counters.WaitingFull.Add(1)
		if class < overload.Known || b.recent.Has(h.Key()) || !l.refuse(f, &h, seen, data, class) {
			l.counters.OverloadDropped.Add(1)
		}
		return
	}
	if class == overload.Known {
		b.sources[slot]++
	}
	b.bytes += len(data)
	q.push(waiting{append(b.buffer(), data...), from, time.Now(), h.Key()})
}

// slot is the counter of an address. It is no secret whose: who shares one shares it
// with a known source.
func (b *backlog) slot(from netip.AddrPort) int {
	var sum uint32
	for _, c := range from.Addr().As16() {
		sum = sum*31 + uint32(c)
	}
	return int(sum % waitingSources)
}

// buffer is an empty buffer.
func (b *backlog) buffer() []byte {
	if n := len(b.free); n > 0 {
		buf := b.free[n-1]
		b.free = b.free[:n-1]
		return buf[:0]
	}
	return make([]byte, 0, waitingBuffer)
}

// next handles the first that waits; false if nothing does.
func (b *backlog) next() bool {
	for class := range overload.Classes {
		if b.queues[class].len() > 0 {
			b.take(class)
			return true
		}
	}
	return false
}

// take handles the first of a class, or refuses it if it has waited for too long.
func (b *backlog) take(class overload.Class) {
	w := b.queues[class].pop()
	b.bytes -= len(w.data)
	if class == overload.Known {
		b.sources[b.slot(w.from)]--
	}
	now := time.Now()
	b.handle(w, class, b.late(class, now.Sub(w.at), now))
	if cap(w.data) == waitingBuffer {
		b.free = append(b.free, w.data)
	}
}

func (b *backlog) handle(w waiting, class overload.Class, late bool) {
	f := b.socket.flow(w.from)
	begins := w.key != 0 && class >= overload.Known
	if late && (!begins || !b.recent.Has(w.key)) {
		var h overload.Head
		if b.layer.refuse(f, &h, h.Scan(w.data), w.data, class) {
			return
		}
	}
	if begins && !b.recent.Add(time.Now(), w.key) {
		b.layer.counters.RecentFull.Add(1)
	}
	_ = b.layer.message(f, w.data) // the next datagram is another story
}

// fifo is a queue.
type fifo struct {
	items []waiting
	first int
}

func (q *fifo) len() int { return len(q.items) - q.first }

func (q *fifo) push(w waiting) {
	if q.first > len(q.items)/2 && q.first > readAtOnce { // half of it is behind us
		n := copy(q.items, q.items[q.first:])
		clear(q.items[n:])
		q.items, q.first = q.items[:n], 0
	}
	q.items = append(q.items, w)
}

// pop takes the first; there must be one.
func (q *fifo) pop() waiting {
	w := q.items[q.first]
	q.items[q.first] = waiting{}
	if q.first++; q.first == len(q.items) {
		q.items, q.first = q.items[:0], 0
	}
	return w
}
