package transport

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Sockets makes sockets. Tests bring their own (package memnet).
type Sockets interface {
	// ListenPacket opens a UDP socket that no other socket shares.
	ListenPacket(addr netip.AddrPort) (PacketConn, error)
	// Listen opens a TCP socket.
	Listen(addr netip.AddrPort) (net.Listener, error)
	// Dial connects from an address, any port; an unspecified one leaves the
	// choice to the kernel.
	Dial(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error)
}

// sharer makes sockets that share the address of another.
type sharer interface {
	// Share opens one more UDP socket on the address of one that it opened. What comes is
	// spread by where it comes from.
	Share(first PacketConn) (PacketConn, error)
}

// PacketConn is a UDP socket; *net.UDPConn is one.
type PacketConn interface {
	ReadFromUDPAddrPort(b []byte) (n int, from netip.AddrPort, err error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	LocalAddr() net.Addr
	Close() error
}

// BusyError says that another socket has an address already.
type BusyError struct {
	Proto Proto
	Addr  netip.AddrPort
	Err   error // of the system
}

// Error names the address.
func (e *BusyError) Error() string {
	return fmt.Sprintf("%s %s is in use by another program", e.Proto, e.Addr)
}

// Unwrap returns the system's error.
func (e *BusyError) Unwrap() error { return e.Err }

// listenError makes the error of an address in use a BusyError.
func listenError(l Listener, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		err = &BusyError{Proto: l.Proto, Addr: l.Bind, Err: err}
	}
	return fmt.Errorf("listener %q: %w", l.Name, err)
}

// kernel makes real sockets. Each is of one family, so that IPv4 and IPv6 may
// share a port and no address arrives in the other's clothes. SO_REUSEADDR is set
// where it only allows a restart (TCP) and never where it would share a port (UDP);
// SO_REUSEPORT only once a port is ours.
type kernel struct{}

func family(network string, a netip.Addr) string {
	if a.Unmap().Is4() {
		return network + "4"
	}
	return network + "6"
}

func (kernel) ListenPacket(addr netip.AddrPort) (PacketConn, error) {
	return listenUDP(addr, false) // whose nil is none of a PacketConn: look at the error
}

// Share lets the first socket be shared only now that it has its address: who binds it
// has found it free (sharer).
func (kernel) Share(first PacketConn) (PacketConn, error) {
	c := first.(*udpConn)
	if err := c.share(); err != nil {
		return nil, err
	}
	return listenUDP(c.local.AddrPort(), true)
}

// keepAlive finds a dead peer of an idle connection within two minutes.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: time.Minute, Interval: 15 * time.Second, Count: 4}

func (kernel) Listen(addr netip.AddrPort) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: keepAlive}
	lc.SetMultipathTCP(false)
	return lc.Listen(context.Background(), family("tcp", addr.Addr()), addr.String())
}

func (kernel) Dial(ctx context.Context, local netip.Addr, remote netip.AddrPort) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: keepAlive}
	d.SetMultipathTCP(false)
	if !local.IsUnspecified() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(local, 0))
	}
	return d.DialContext(ctx, family("tcp", remote.Addr()), remote.String())
}

// controller lets its descriptor be used.
type controller interface {
	Control(use func(fd uintptr)) error
}

// control is the controller of a real socket, or nil for one that a test made.
func control(c any) (controller, error) {
	switch c := c.(type) {
	case controller:
		return c, nil
	case syscall.Conn:
		return c.SyscallConn()
	}
	return nil, nil
}

// markDSCP sets the traffic class of a real socket.
func markDSCP(c any, dscp int) error {
	raw, err := control(c)
	if err != nil || raw == nil || dscp == 0 {
		return err
	}
	var set error
	err = raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.IPPROTO_IPV6, unix.IPV6_TCLASS, dscp<<2)
		if errors.Is(set, unix.ENOPROTOOPT) || errors.Is(set, unix.EOPNOTSUPP) || errors.Is(set, unix.EINVAL) {
			set = unix.SetsockoptInt(int(fd), unix.IPPROTO_IP, unix.IP_TOS, dscp<<2)
		}
	})
	return errors.Join(err, set)
}
