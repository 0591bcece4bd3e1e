package relay

import (
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// receiveBuffer, which the kernel doubles for its own bookkeeping, holds 14 to 40
// packets of 20 ms by what a driver takes for each: an overload shows as loss instead of
// seconds of delay. What is late all the same is thrown away by drain.
const receiveBuffer = 16 << 10

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
