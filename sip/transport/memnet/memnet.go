// Package memnet is a network in memory for tests: it makes the sockets of any
// number of transport layers and of the peers a test plays. All its waiting is on
// channels and timers, so that it works within a testing/synctest bubble, in fake
// time; make the Net inside the bubble.
//
// Datagrams are kept in order and arrive at once, unless Impair says otherwise:
// then each is lost, doubled or delayed by a seeded choice, the same one in every
// run. Streams lose nothing and hold nothing: a write waits until the other end
// reads (as net.Pipe), which is how a test plays a peer that takes nothing.
package memnet

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"strowger/sip/transport"
)

// queued bounds the datagrams that wait at a socket; more are lost, as they are
// in a kernel.
const queued = 4096

// firstPort is where ports begin that the net chooses.
const firstPort = 40000

// Net is a network. Safe for concurrent use.
type Net struct {
	mu        sync.Mutex
	packets   map[netip.AddrPort]*packetConn
	listeners map[netip.AddrPort]*listener
	nextPort  uint16
	impair    Impairment
	random    *rand.Rand
}

// Impairment is what happens to datagrams. The zero value is a perfect network.
type Impairment struct {
	Seed      uint64
	Loss      float64       // share that is lost, 0 to 1
	Duplicate float64       // share that arrives twice, 0 to 1
	MinDelay  time.Duration // each copy is delayed by MinDelay to MaxDelay: they overtake each other
	MaxDelay  time.Duration
	// Drop, if set, is asked first: it loses a datagram by its content.
	Drop func(from, to netip.AddrPort, data []byte) bool
}

// New returns a network without hosts; addresses need not be announced.
func New() *Net {
	return &Net{
		packets: make(map[netip.AddrPort]*packetConn), listeners: make(map[netip.AddrPort]*listener),
		nextPort: firstPort,
	}
}

// Impair changes what happens to datagrams from now on.
func (n *Net) Impair(i Impairment) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.impair, n.random = i, rand.New(rand.NewPCG(i.Seed, 0))
}

// port gives addr a port if it has none. The lock is held.
func (n *Net) port(addr netip.AddrPort) netip.AddrPort {
	if addr.Port() != 0 {
		return addr
	}
	n.nextPort++
	return netip.AddrPortFrom(addr.Addr(), n.nextPort)
}

// ListenPacket opens a UDP socket.
func (n *Net) ListenPacket(addr netip.AddrPort) (transport.PacketConn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	addr = n.port(addr)
	if n.packets[addr] != nil {
		return nil, &net.OpError{Op: "listen", Net: "udp", Err: syscall.EADDRINUSE}
	}
	c := &packetConn{net: n, addr: addr, in: make(chan datagram, queued), done: make(chan struct{})}
	n.packets[addr] = c
	return c, nil
}

// Listen opens a TCP socket.
func (n *Net) Listen(addr netip.AddrPort) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	addr = n.port(addr)
	if n.listeners[addr] != nil {
		return nil, &net.OpError{Op: "listen", Net: "tcp", Err: syscall.EADDRINUSE}
	}
	l := &listener{net: n, addr: addr, in: make(chan net.Conn), done: make(chan struct{})}
	n.listeners[addr] = l
	return l, nil
}

// Dial connects to a listening socket. Nobody there is a refused connection.
func (n *Net) Dial(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[remote]
	from := n.port(netip.AddrPortFrom(local, 0))
	n.mu.Unlock()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	if l == nil {
		return nil, refused
	}
	ours, theirs := net.Pipe()
	select {
	case l.in <- conn{theirs, remote, from}:
		return conn{ours, from, remote}, nil
	case <-l.done:
		return nil, refused
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// deliver carries a datagram, or loses it.
func (n *Net) deliver(from, to netip.AddrPort, data []byte) {
	n.mu.Lock()
	defer n.mu.Unlock()
	target, i := n.packets[to], n.impair
	if target == nil || i.Drop != nil && i.Drop(from, to, data) || i.Loss > 0 && n.random.Float64() < i.Loss {
		return
	}
	d := datagram{append([]byte(nil), data...), from}
	copies := 1
	if i.Duplicate > 0 && n.random.Float64() < i.Duplicate {
		copies = 2
	}
	for range copies {
		if i.MaxDelay <= 0 {
			target.put(d)
			continue
		}
		wait := i.MinDelay + time.Duration(n.random.Int64N(int64(max(1, i.MaxDelay-i.MinDelay))))
		time.AfterFunc(wait, func() { target.put(d) })
	}
}

func (n *Net) forget(c *packetConn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.packets, c.addr)
}
