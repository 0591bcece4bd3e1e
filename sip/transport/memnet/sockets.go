package memnet

import (
	"net"
	"net/netip"
	"sync"
)

type datagram struct {
	data []byte
	from netip.AddrPort
}

// packetConn is a UDP socket.
type packetConn struct {
	net  *Net
	addr netip.AddrPort
	in   chan datagram
	done chan struct{}
	once sync.Once
}

func (c *packetConn) put(d datagram) {
	select {
	case c.in <- d:
	default: // the socket's buffer is full
	}
}

func (c *packetConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	select {
	case d := <-c.in:
		return copy(b, d.data), d.from, nil
	case <-c.done:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (c *packetConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	select {
	case <-c.done:
		return 0, net.ErrClosed
	default:
	}
	c.net.deliver(c.addr, to, b)
	return len(b), nil
}

func (c *packetConn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.addr) }

func (c *packetConn) Close() error {
	c.once.Do(func() {
		c.net.forget(c)
		close(c.done)
	})
	return nil
}

// listener is a TCP socket.
type listener struct {
	net  *Net
	addr netip.AddrPort
	in   chan net.Conn
	done chan struct{}
	once sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.in:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *listener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.addr) }

func (l *listener) Close() error {
	l.once.Do(func() {
		l.net.mu.Lock()
		delete(l.net.listeners, l.addr)
		l.net.mu.Unlock()
		close(l.done)
	})
	return nil
}

// conn is one end of a stream.
type conn struct {
	net.Conn
	local, remote netip.AddrPort
}

func (c conn) LocalAddr() net.Addr  { return net.TCPAddrFromAddrPort(c.local) }
func (c conn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// TryRead is ReadFromUDPAddrPort that does not wait: ok is false if nothing is there.
func (c *packetConn) TryRead(b []byte) (n int, from netip.AddrPort, ok bool) {
	select {
	case d := <-c.in:
		return copy(b, d.data), d.from, true
	default:
		return 0, netip.AddrPort{}, false
	}
}
