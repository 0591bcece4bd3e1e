package relay

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// receiveBuffer holds some 20 packets: what waits longer is late anyway, and an
// overload shows as loss instead of seconds of delay. The kernel doubles it for
// its own bookkeeping.
const receiveBuffer = 32 << 10

// sockaddr is an address as the kernel wants it. An IPv4 address fills the first
// part only.
type sockaddr struct {
	raw  unix.RawSockaddrInet6
	size uint32 // 0 means no address
}

//nolint:gosec // G103: handed to the kernel where it lies
func makeSockaddr(a netip.AddrPort) sockaddr {
	var s sockaddr
	if !reachable(a) {
		return s
	}
	port := swap(a.Port())
	if a.Addr().Is4() {
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
		in.Family, in.Port, in.Addr = unix.AF_INET, port, a.Addr().As4()
		s.size = unix.SizeofSockaddrInet4
		return s
	}
	s.raw.Family, s.raw.Port, s.raw.Addr = unix.AF_INET6, port, a.Addr().As16()
	s.size = unix.SizeofSockaddrInet6
	return s
}

//nolint:gosec // G103: the kernel wrote it
func (s *sockaddr) addrPort() netip.AddrPort {
	in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
	port := swap(in.Port)
	if in.Family == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16(s.raw.Addr), port)
}

// swap turns a port from the machine's order of bytes into the network's, and back.
func swap(port uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], port)
	return binary.NativeEndian.Uint16(b[:])
}

// receive reads one datagram without waiting. n is its whole length, even if b was
// too short for it.
//
//nolint:gosec // G103: handed to the kernel where it lies
func receive(fd int, b []byte) (n int, from netip.AddrPort, err syscall.Errno) {
	s := sockaddr{size: unix.SizeofSockaddrInet6}
	r, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(&s.raw)), uintptr(unsafe.Pointer(&s.size)))
	if errno != 0 {
		return 0, netip.AddrPort{}, errno
	}
	return int(r), s.addrPort(), 0
}

// send writes one datagram without waiting.
//
//nolint:gosec // G103: handed to the kernel where it lies
func send(fd int, b []byte, to *sockaddr) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&to.raw)), uintptr(to.size))
	return errno
}

// sockets are those of a pair: of the even and of the odd port.
type sockets struct{ rtp, rtcp int }

// open tells them from the zero value: descriptor 0 is never one of ours.
func (s sockets) open() bool { return s.rtp > 0 }

func (s sockets) close() { closeSockets(s.rtp, s.rtcp) }

// bindPair opens the sockets of a pair whose even port is addr.
func bindPair(addr netip.AddrPort, dscp int) (sockets, error) {
	rtp, err := bind(addr, dscp)
	if err != nil {
		return sockets{}, err
	}
	rtcp, err := bind(above(addr), dscp)
	if err != nil {
		closeSockets(rtp)
		return sockets{}, err
	}
	return sockets{rtp, rtcp}, nil
}

// bind opens a UDP socket on addr.
func bind(addr netip.AddrPort, dscp int) (int, error) {
	family := unix.AF_INET6
	var sa unix.Sockaddr = &unix.SockaddrInet6{Addr: addr.Addr().As16(), Port: int(addr.Port())}
	if addr.Addr().Is4() {
		family = unix.AF_INET
		sa = &unix.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())}
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open a UDP socket: %w", err)
	}
	if err := configure(fd, family, dscp); err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	if err := unix.Bind(fd, sa); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("bind %v: %w", addr, err)
	}
	return fd, nil
}

func configure(fd, family, dscp int) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer); err != nil {
		return fmt.Errorf("set SO_RCVBUF: %w", err)
	}
	level, option := unix.IPPROTO_IP, unix.IP_TOS
	if family == unix.AF_INET6 {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_TCLASS
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return fmt.Errorf("set IPV6_V6ONLY: %w", err)
		}
	}
	if dscp == 0 {
		return nil
	}
	if err := unix.SetsockoptInt(fd, level, option, dscp<<2); err != nil {
		return fmt.Errorf("set DSCP %d: %w", dscp, err)
	}
	return nil
}

func closeSockets(fds ...int) {
	for _, fd := range fds {
		_ = unix.Close(fd)
	}
}
