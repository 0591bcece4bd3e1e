package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const (
	packetTime = 20 * time.Millisecond
	slots      = 40 // bursts in a packet time
	payload    = 160
	packetSize = 12 + payload
	burst      = 64      // messages of one recvmmsg
	buffer     = 8 << 20 // SO_RCVBUF of the generator
	quiet      = 300 * time.Millisecond
	magic      = 0x5354524f // in the payload, behind the time
	maxDelay   = 100_000    // us; longer ones count as this
)

// generator is the far side of all legs.
type generator struct {
	fd    int
	local netip.AddrPort
	base  time.Time
	legs  []netip.AddrPort // where each leg sends to
}

// result is what one run measured.
type result struct {
	sent, received int
	delays         []uint32 // by microseconds
}

func newGenerator() (*generator, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	}
	wait := unix.NsecToTimeval(int64(quiet))
	err = errors.Join(err, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	if err != nil {
		return nil, fmt.Errorf("open the generator's socket: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return nil, err
	}
	port := name.(*unix.SockaddrInet4).Port
	return &generator{fd: fd, local: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(port)), base: time.Now()}, nil
}

func (g *generator) close() { _ = unix.Close(g.fd) }

// run sends on all legs for a time and waits until nothing comes back any more.
func (g *generator) run(d time.Duration, first uint16) (result, error) {
	var done atomic.Bool
	finished := make(chan result)
	go func() { finished <- g.listen(&done) }()
	sent, err := g.speak(int(d/packetTime), first)
	done.Store(true)
	r := <-finished
	r.sent = sent
	return r, err
}

// speak sends rounds packets on each leg. The legs are spread over the packet time
// in slots; a late slot is not waited for.
func (g *generator) speak(rounds int, first uint16) (sent int, err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	m := newMessages(len(g.legs))
	packets := make([][packetSize]byte, len(g.legs))
	for i, to := range g.legs {
		m.set(i, packets[i][:])
		m.address(i, to)
		packets[i][0] = 2 << 6
		binary.BigEndian.PutUint32(packets[i][8:], uint32(i+1))
		binary.BigEndian.PutUint32(packets[i][20:], magic)
	}
	next := time.Now()
	for round := range rounds {
		for slot := range slots {
			from, until := len(g.legs)*slot/slots, len(g.legs)*(slot+1)/slots
			n, err := g.sendSlot(m, packets, from, until, first+uint16(round))
			sent += n
			if err != nil {
				return sent, err
			}
			next = next.Add(packetTime / slots)
			pause(time.Until(next))
		}
	}
	return sent, nil
}

func (g *generator) sendSlot(m *messages, packets [][packetSize]byte, from, until int, seq uint16) (sent int, err error) {
	now := uint64(time.Since(g.base))
	for i := from; i < until; i++ {
		binary.BigEndian.PutUint16(packets[i][2:], seq)
		binary.BigEndian.PutUint32(packets[i][4:], uint32(seq)*payload)
		binary.BigEndian.PutUint64(packets[i][12:], now)
	}
	for from < until {
		n, err := m.send(g.fd, from, until)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return sent, fmt.Errorf("send to %v: %w", g.legs[from], err)
		}
		from, sent = from+n, sent+n
	}
	return sent, nil
}

func pause(d time.Duration) {
	if d > 0 {
		wait := unix.NsecToTimespec(int64(d))
		_ = unix.Nanosleep(&wait, nil) // ended early by a signal it is made up for later
	}
}

// listen counts what comes back until it is quiet after done.
func (g *generator) listen(done *atomic.Bool) result {
	r := result{delays: make([]uint32, maxDelay+1)}
	m := newMessages(burst)
	var buffers [burst][2048]byte
	for i := range buffers {
		m.set(i, buffers[i][:])
	}
	for {
		n, err := m.receive(g.fd)
		if err != nil {
			if done.Load() && errors.Is(err, unix.EAGAIN) {
				return r
			}
			continue
		}
		now := uint64(time.Since(g.base))
		for i := range n {
			b := buffers[i][:m.headers[i].length]
			if len(b) != packetSize || binary.BigEndian.Uint32(b[20:]) != magic {
				continue // RTCP
			}
			r.received++
			r.delays[min((now-binary.BigEndian.Uint64(b[12:]))/1000, maxDelay)]++
		}
	}
}

// percentile is the delay that a share of the packets stays below.
func (r *result) percentile(share float64) time.Duration {
	left := int(share * float64(r.received))
	for us, n := range r.delays {
		if left -= int(n); left < 0 {
			return time.Duration(us) * time.Microsecond
		}
	}
	return 0
}

// loss is the share of packets that did not come back, in percent.
func (r *result) loss() float64 {
	if r.sent == 0 {
		return 0
	}
	return 100 * float64(r.sent-r.received) / float64(r.sent)
}
