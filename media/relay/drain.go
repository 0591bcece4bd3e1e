package relay

import (
	"net/netip"
	"time"

	"strowger/media/datagram"
)

const (
	// maxBehind is how long a worker may have more to do than it can: what waits in the
	// sockets then is late, and some of it of no more use.
	maxBehind = 200 * time.Millisecond
	// backlogKept is how many packets of a socket are carried then, the newest: as much
	// sound as maxBehind.
	backlogKept = 10
	// maxDrained bounds what is read of a socket at once. Its buffer holds less.
	maxDrained = 256
)

// backlog is where the newest packets of a socket are kept, and the next one is read to.
// It belongs to a worker.
type backlog [backlogKept + 1]struct {
	bytes [MaxPacket]byte
	n     int
	from  netip.AddrPort
}

// drain takes all that waits at a socket and carries the newest of it. The worker is
// behind, or its process was stopped for a while: to carry everything, in order, would
// leave the stream as late as it is for as long as the load lasts. After a stop the
// newest are old, as a full buffer takes no more; what follows them is not.
func (w *worker) drain(e *endpoint) {
	count := 0
	for range maxDrained {
		b := &w.backlog[count%len(w.backlog)]
		var ok bool
		if b.n, b.from, ok = e.read(false, b.bytes[:]); !ok {
			break
		}
		if e.excludes(b.from) { // a stranger takes no place from the call
			w.handle(e, false, b.from, b.bytes[:b.n])
			continue
		}
		count++
	}
	late := max(0, count-backlogKept)
	if late > 0 {
		e.overran(uint64(late))
		w.plane.counters.Late.Add(uint64(late))
	}
	for i := late; i < count; i++ {
		b := &w.backlog[i%len(w.backlog)]
		w.handle(e, false, b.from, b.bytes[:b.n])
	}
}

// excludes tells whether what comes from a source is a stranger's.
func (e *endpoint) excludes(from netip.AddrPort) bool {
	e.in.Lock()
	defer e.in.Unlock()
	return e.in.latch.excludes(e.plane.now(), from)
}

// overran counts packets of the endpoint's party that there was no time for.
func (e *endpoint) overran(packets uint64) {
	e.in.Lock()
	defer e.in.Unlock()
	e.in.overrun += packets
}

// dropped counts what the kernel has thrown away since the last time.
func (e *endpoint) dropped() {
	e.in.Lock()
	defer e.in.Unlock()
	if !e.in.closed {
		e.in.dropped(e.out.sockets, &e.plane.counters)
	}
}

// dropped needs the mutex. The kernel does not tell what it had no room for from what a
// filter kept out: of a flood, there was no room for what is missing of the stream.
func (in *inbound) dropped(s sockets, c *Counters) (filtered uint64) {
	more := in.drops(s.rtp, &in.kernelDrops)
	if v := in.sieve; v != nil {
		lost := in.quality.Figures().Lost()
		missing := uint64(max(lost-v.lost, 0))
		v.lost = lost
		if v.on {
			filtered = more - min(more, missing)
			more -= filtered
			filtered += in.drops(s.rtcp, &v.rtcpDrops)
		}
	}
	in.overrun += more
	c.Overflow.Add(more)
	in.foreign += filtered
	c.Foreign.Add(filtered)
	c.Filtered.Add(filtered)
	return filtered
}

// drops are those of a socket since the last time. A kernel before 4.12 does not tell.
func (in *inbound) drops(fd int, last *uint32) uint64 {
	total, errno := datagram.Dropped(fd)
	if errno != 0 {
		return 0
	}
	more := total - *last
	*last = total
	return uint64(more)
}
