package transport

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"strowger/media/datagram"
)

// udpConn is a UDP socket that the process waits for only while it wants to read.
// A socket of package net is watched for room to send as well, and each datagram
// that has left the kernel's buffer wakes a thread for nothing. This one is
// watched by an epoll set for what arrives alone, and the runtime's poller watches
// that set.
type udpConn struct {
	local    *net.UDPAddr
	set      *os.File // the epoll set
	arrivals syscall.RawConn
	read     reading // of the goroutine that reads
	try      func(fd uintptr) (done bool)

	mu sync.RWMutex // held for reading while fd is used
	fd int          // -1 once closed
}

// reading is a read under way. It outlives the read because what a RawConn calls is
// always on the heap.
type reading struct {
	into []byte
	n    int
	from netip.AddrPort
	err  syscall.Errno
}

// Control lets the descriptor be used (controller).
func (c *udpConn) Control(use func(fd uintptr)) error {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.fd < 0 {
		return net.ErrClosed
	}
	use(uintptr(c.fd))
	return nil
}

// share lets other sockets of this user have the same address.
func (c *udpConn) share() error {
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_REUSEPORT, 1))
}

// listenUDP opens a socket; shared, on an address that another one shares.
func listenUDP(addr netip.AddrPort, shared bool) (*udpConn, error) {
	addr = netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
	family := unix.AF_INET6
	if addr.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	c := &udpConn{fd: fd}
	if shared {
		err = c.share()
	}
	if err = errors.Join(err, c.bind(family, addr), c.watch()); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *udpConn) bind(family int, addr netip.AddrPort) error {
	var err error
	if family == unix.AF_INET6 {
		err = unix.SetsockoptInt(c.fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1)
	}
	// The kernel gives at most net.core.[rw]mem_max and reports no error.
	err = errors.Join(err,
		unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, ReceiveBuffer),
		unix.SetsockoptInt(c.fd, unix.SOL_SOCKET, unix.SO_SNDBUF, SendBuffer))
	if err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	if err := unix.Bind(c.fd, sockaddr(addr)); err != nil {
		return os.NewSyscallError("bind", err)
	}
	self, err := unix.Getsockname(c.fd)
	c.local = net.UDPAddrFromAddrPort(addrPortOf(self))
	return os.NewSyscallError("getsockname", err)
}

func (c *udpConn) watch() error {
	set, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if err := errors.Join(unix.SetNonblock(set, true),
		unix.EpollCtl(set, unix.EPOLL_CTL_ADD, c.fd, &unix.EpollEvent{Events: unix.EPOLLIN})); err != nil {
		_ = unix.Close(set)
		return os.NewSyscallError("epoll_ctl", err)
	}
	c.set = os.NewFile(uintptr(set), "epoll")
	c.arrivals, err = c.set.SyscallConn()
	c.try = func(uintptr) bool {
		r := &c.read
		r.n, r.from, r.err = c.receive(r.into)
		return r.err != syscall.EAGAIN && r.err != syscall.EINTR
	}
	return err
}

// ReadFromUDPAddrPort implements PacketConn, for one goroutine. What is longer than b
// is cut.
func (c *udpConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	r := &c.read
	r.into = b
	err := c.arrivals.Read(c.try)
	switch {
	case err != nil, r.err == syscall.EBADF:
		return 0, netip.AddrPort{}, net.ErrClosed
	case r.err != 0:
		return 0, netip.AddrPort{}, os.NewSyscallError("recvfrom", r.err)
	}
	return min(r.n, len(b)), r.from, nil
}

// TryRead is ReadFromUDPAddrPort that does not wait (poller).
func (c *udpConn) TryRead(b []byte) (n int, from netip.AddrPort, ok bool) {
	n, from, errno := c.receive(b)
	return min(n, len(b)), from, errno == 0
}

func (c *udpConn) receive(b []byte) (int, netip.AddrPort, syscall.Errno) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return datagram.Receive(c.fd, b)
}

// WriteToUDPAddrPort implements PacketConn. It does not wait for room: what finds
// none is lost, as it may be on the way.
func (c *udpConn) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if c.fd < 0 {
		return 0, net.ErrClosed
	}
	address := datagram.AddressOf(to)
	if errno := datagram.Send(c.fd, b, &address); errno != 0 {
		return 0, os.NewSyscallError("sendto", errno)
	}
	return len(b), nil
}

// LocalAddr implements PacketConn.
func (c *udpConn) LocalAddr() net.Addr { return c.local }

// Close implements PacketConn; it ends a read that waits.
func (c *udpConn) Close() error {
	var err error
	if c.set != nil {
		err = c.set.Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fd < 0 {
		return net.ErrClosed
	}
	err = errors.Join(err, unix.Close(c.fd))
	c.fd = -1
	return err
}

// sockaddr writes the zone of an IPv6 address as its number.
func sockaddr(a netip.AddrPort) unix.Sockaddr {
	addr := a.Addr().Unmap()
	if addr.Is4() {
		return &unix.SockaddrInet4{Addr: addr.As4(), Port: int(a.Port())}
	}
	zone, _ := strconv.ParseUint(addr.Zone(), 10, 32) // 0 without one
	return &unix.SockaddrInet6{Addr: addr.As16(), Port: int(a.Port()), ZoneId: uint32(zone)}
}

// addrPortOf is the address of a socket of ours.
func addrPortOf(s unix.Sockaddr) netip.AddrPort {
	switch s := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(s.Addr), uint16(s.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(s.Addr), uint16(s.Port))
	}
	return netip.AddrPort{}
}
