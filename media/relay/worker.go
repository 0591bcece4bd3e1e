package relay

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// batch is how many sockets a worker asks for at once.
const batch = 256

// minSleep is the shortest sleep that saves more than it costs.
const minSleep = 100 * time.Microsecond

// maxJunk bounds the packets of a socket that are read at once in search of one of its
// call.
const maxJunk = 256

// wake is the number in an epoll event that means the worker's own eventfd, where
// others have the pair.
const wake = -1

// blocked is how long a look for packets takes at least that had to wait for one.
const blocked = 50 * time.Microsecond

// worker carries the packets of its share of the endpoints. One goroutine runs it.
type worker struct {
	plane   *Plane
	epoll   int
	wakeup  int // eventfd
	linger  time.Duration
	events  [batch]unix.EpollEvent
	packet  [MaxPacket]byte
	scratch [MaxPacket]byte
	backlog backlog
	idle    time.Time // when it last had nothing to do
	// pestered tells that the last batch had packets of no call: it does not linger, as
	// there may be more of them than a buffer holds meanwhile.
	pestered bool
	busy     atomic.Int64 // ns with packets
}

func newWorker(p *Plane, linger time.Duration) (*worker, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make an epoll set: %w", err)
	}
	wakeup, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		_ = unix.Close(epoll)
		return nil, fmt.Errorf("make an eventfd: %w", err)
	}
	w := &worker{plane: p, epoll: epoll, wakeup: wakeup, linger: linger}
	if err := w.add(wakeup, wake, false); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// add puts a socket of a pair into the epoll set; closing it takes it out.
func (w *worker) add(fd int, pair int32, rtcp bool) error {
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: pair}
	if rtcp {
		event.Pad = 1
	}
	if err := unix.EpollCtl(w.epoll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		return fmt.Errorf("add to the epoll set: %w", err)
	}
	return nil
}

// run carries packets until stop is called. A batch that was done before linger is
// over is followed by sleep, so that the next one is worth a wake-up; with nothing
// to do the worker waits in the kernel.
func (w *worker) run() {
	for began := time.Now(); w.poll(-1); began = time.Now() {
		now := time.Now()
		if left := w.linger - now.Sub(began); left > minSleep {
			w.idle = now
			if w.pestered {
				continue
			}
			sleep := unix.NsecToTimespec(int64(left))
			_ = unix.Nanosleep(&sleep, nil) // a signal only ends it early
		}
	}
}

// poll waits up to timeout (milliseconds, -1 for ever) and carries one packet of
// each socket that has any; false when the worker was stopped.
func (w *worker) poll(timeout int) bool {
	asked := time.Now()
	n, err := unix.EpollWait(w.epoll, w.events[:], timeout)
	if err != nil {
		return err == unix.EINTR
	}
	began := time.Now()
	// One that has long been busy may have waited for a processor, not for packets.
	behind := began.Sub(w.idle) > maxBehind
	if n == 0 || began.Sub(asked) > blocked {
		w.idle = asked
	}
	defer func() { w.busy.Add(int64(time.Since(began))) }()
	w.pestered = false
	for i := range w.events[:n] {
		event := &w.events[i]
		if event.Fd == wake {
			return false
		}
		// A stale event of a pair that has a new owner finds nothing to read.
		if e := w.plane.slots[event.Fd].Load(); e != nil {
			w.carry(e, event.Pad != 0, behind)
		} else {
			w.plane.disturbed(event.Fd)
		}
	}
	return true
}

// carry carries a packet of a socket. What is no sound of the call is taken out of its
// way, so that who sends more of it than a call does fills no buffer.
func (w *worker) carry(e *endpoint, rtcp, behind bool) {
	if behind && !rtcp {
		w.drain(e)
		return
	}
	for range maxJunk {
		n, from, ok := e.read(rtcp, w.packet[:])
		if !ok || w.handle(e, rtcp, from, w.packet[:n]) {
			return
		}
		w.pestered = true
	}
}

// handle carries what came; false if it is none of the call.
func (w *worker) handle(e *endpoint, rtcp bool, from netip.AddrPort, b []byte) bool {
	if e.handle(w.plane.now(), rtcp, from, b, w.scratch[:]) {
		return true
	}
	e.pester(rtcp, from)
	return false
}

// stop makes run return.
func (w *worker) stop() {
	one := binary.NativeEndian.AppendUint64(nil, 1)
	_, _ = unix.Write(w.wakeup, one) // it cannot fail: the counter is far from full
}

func (w *worker) close() { closeSockets(w.wakeup, w.epoll) }
