// Package datagram reads and writes the datagrams of UDP sockets by raw system
// calls, on Linux.
//
// # Contract
//
// Neither call waits, so that Go's scheduler is not told of them: a socket that
// package net or x/sys reads has its thread announced to the scheduler at each
// call, and the first announcement after a pause wakes the scheduler's watchdog
// thread for some 20 us, once for each message of a node that is mostly idle. Nor
// does either allocate. The caller owns the descriptor and holds it open during a
// call.
//
// It belongs to the media plane because sip may import media, and both need it.
package datagram

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Address is an address as the kernel wants it. The zero value is none. Values of
// the same address are equal.
type Address struct {
	raw  unix.RawSockaddrInet6 // an IPv4 address fills the first part only
	size uint32
}

// AddressOf returns the Address of a; its zone is a number or is left out.
//
//nolint:gosec // G103: handed to the kernel where it lies
func AddressOf(a netip.AddrPort) Address {
	var s Address
	addr, port := a.Addr().Unmap(), swap(a.Port())
	switch {
	case addr.Is4():
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
		in.Family, in.Port, in.Addr = unix.AF_INET, port, addr.As4()
		s.size = unix.SizeofSockaddrInet4
	case addr.Is6():
		s.raw.Family, s.raw.Port, s.raw.Addr = unix.AF_INET6, port, addr.As16()
		if zone := addr.Zone(); zone != "" {
			id, _ := strconv.ParseUint(zone, 10, 32)
			s.raw.Scope_id = uint32(id)
		}
		s.size = unix.SizeofSockaddrInet6
	}
	return s
}

// IsValid tells whether there is an address at all.
func (s *Address) IsValid() bool { return s.size != 0 }

// AddrPort returns the address, with its zone as a number.
//
//nolint:gosec // G103: the kernel wrote it
func (s *Address) AddrPort() netip.AddrPort {
	in := (*unix.RawSockaddrInet4)(unsafe.Pointer(&s.raw))
	port := swap(in.Port)
	switch in.Family {
	case unix.AF_INET:
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), port)
	case unix.AF_INET6:
		addr := netip.AddrFrom16(s.raw.Addr)
		if s.raw.Scope_id != 0 {
			addr = addr.WithZone(strconv.FormatUint(uint64(s.raw.Scope_id), 10))
		}
		return netip.AddrPortFrom(addr, port)
	}
	return netip.AddrPort{}
}

// swap turns a port from the machine's order of bytes into the network's, and back.
func swap(port uint16) uint16 {
	var b [2]byte
	binary.BigEndian.PutUint16(b[:], port)
	return binary.NativeEndian.Uint16(b[:])
}

// Receive reads one datagram; EAGAIN if none waits. n is its whole length, even if
// b was too short for it.
//
//nolint:gosec // G103: handed to the kernel where it lies
func Receive(fd int, b []byte) (n int, from netip.AddrPort, err syscall.Errno) {
	s := Address{size: unix.SizeofSockaddrInet6}
	r, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_TRUNC,
		uintptr(unsafe.Pointer(&s.raw)), uintptr(unsafe.Pointer(&s.size)))
	if errno != 0 {
		return 0, netip.AddrPort{}, errno
	}
	return int(r), s.AddrPort(), 0
}

// Dropped is how many datagrams the kernel has thrown away that came for a socket,
// mostly as its buffer was full: it counts from the socket's beginning, and wraps.
//
//nolint:gosec // G103: written by the kernel where it lies
func Dropped(fd int) (uint32, syscall.Errno) {
	var info [unix.SK_MEMINFO_DROPS + 1]uint32
	size := uint32(unsafe.Sizeof(info))
	_, _, errno := syscall.RawSyscall6(syscall.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	return info[unix.SK_MEMINFO_DROPS], errno
}

// Send writes one datagram; EAGAIN if the socket has no room.
//
//nolint:gosec // G103: handed to the kernel where it lies
func Send(fd int, b []byte, to *Address) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&to.raw)), uintptr(to.size))
	return errno
}
