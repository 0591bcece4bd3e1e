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
	burst      = 64               // messages of one recvmmsg
	buffer     = 8 << 20          // SO_RCVBUF of the generator
	look       = time.Millisecond // between two looks at what came
	quiet      = 300 * time.Millisecond
	magic      = 0x5354524f // in the payload, behind the time
	maxDelay   = 100_000    // us; longer ones count as this
)

// generator is the far side of all legs. It sleeps between two looks at what came, whose
// times of arrival are the kernel's: a thread that packets wake would cost more the
// smoother they come, and that would be put down to the relay.
type generator struct {
	fd    int              // that it sends by
	sink  int              // that it hears by, the same unless it is told
	local netip.AddrPort   // of the sink
	legs  []netip.AddrPort // where each leg sends to
}

// result is what one run measured.
type result struct {
	sent, received int
	delays         []uint32 // by microseconds
}

// newGenerator makes one that sends and hears at a place.
func newGenerator(at place) (*generator, error) {
	g := &generator{}
	var err error
	if g.fd, g.local, err = at.socket(); err != nil {
		return nil, err
	}
	g.sink = g.fd
	return g, nil
}

// hearsAt has the generator hear at another place than it sends from.
func (g *generator) hearsAt(at place) (err error) {
	g.sink, g.local, err = at.socket()
	return err
}

// socket opens the generator's socket at a place.
func (at place) socket() (fd int, local netip.AddrPort, err error) {
	err = at.do(func() (err error) {
		fd, local, err = open(at.addr)
		return err
	})
	return fd, local, err
}

func open(at netip.Addr) (int, netip.AddrPort, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
	}
	err = errors.Join(err, unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
		unix.Bind(fd, &unix.SockaddrInet4{Addr: at.As4()}))
	if err != nil {
		_ = unix.Close(fd)
		return 0, netip.AddrPort{}, fmt.Errorf("open the generator's socket: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		_ = unix.Close(fd)
		return 0, netip.AddrPort{}, err
	}
	return fd, netip.AddrPortFrom(at, uint16(name.(*unix.SockaddrInet4).Port)), nil
}

func (g *generator) close() {
	_ = unix.Close(g.fd)
	if g.sink != g.fd {
		_ = unix.Close(g.sink)
	}
}

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
	now := uint64(time.Now().UnixNano())
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
	m.stamped()
	for last := time.Now(); ; {
		n, err := m.receive(g.sink)
		if err != nil || n < burst {
			if done.Load() && time.Since(last) > quiet {
				return r
			}
			pause(look)
		}
		if err != nil {
			continue
		}
		last = time.Now()
		for i := range n {
			b := buffers[i][:m.headers[i].length]
			if len(b) != packetSize || binary.BigEndian.Uint32(b[20:]) != magic {
				continue // RTCP
			}
			r.received++
			delay := m.arrival(i) - int64(binary.BigEndian.Uint64(b[12:]))
			r.delays[min(max(delay, 0)/1000, maxDelay)]++
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
