package main

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// message is struct mmsghdr of sendmmsg(2).
type message struct {
	header unix.Msghdr
	length uint32
	_      [4]byte
}

// messages are datagrams to be sent or received with one system call.
type messages struct {
	headers []message
	vectors []unix.Iovec
	names   []unix.RawSockaddrInet4
	stamps  []stamp
}

// stamp is the control message with which SO_TIMESTAMPNS tells when a datagram came.
type stamp struct {
	header unix.Cmsghdr
	at     unix.Timespec
}

func newMessages(n int) *messages {
	m := &messages{make([]message, n), make([]unix.Iovec, n), make([]unix.RawSockaddrInet4, n), nil}
	for i := range m.headers {
		m.headers[i].header.Iov = &m.vectors[i]
		m.headers[i].header.SetIovlen(1)
	}
	return m
}

// set makes b the buffer of message i.
//
//nolint:gosec // G103: handed to the kernel where it lies
func (m *messages) set(i int, b []byte) {
	m.vectors[i].Base = unsafe.SliceData(b)
	m.vectors[i].SetLen(len(b))
}

// address makes to the destination of message i.
//
//nolint:gosec // G103: handed to the kernel where it lies
func (m *messages) address(i int, to netip.AddrPort) {
	m.names[i].Family, m.names[i].Addr = unix.AF_INET, to.Addr().As4()
	binary.BigEndian.PutUint16((*[2]byte)(unsafe.Pointer(&m.names[i].Port))[:], to.Port())
	m.headers[i].header.Name = (*byte)(unsafe.Pointer(&m.names[i]))
	m.headers[i].header.Namelen = unix.SizeofSockaddrInet4
}

// send sends messages from to until and returns how many went out.
//
//nolint:gosec // G103: handed to the kernel where it lies
func (m *messages) send(fd, from, until int) (int, error) {
	n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.headers[from])), uintptr(until-from), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// stamped makes room for the times of arrival.
//
//nolint:gosec // G103: handed to the kernel where it lies
func (m *messages) stamped() {
	m.stamps = make([]stamp, len(m.headers))
	for i := range m.stamps {
		m.headers[i].header.Control = (*byte)(unsafe.Pointer(&m.stamps[i]))
	}
}

// arrival is when message i came, in nanoseconds since 1970.
func (m *messages) arrival(i int) int64 { return m.stamps[i].at.Nano() }

// receive takes what is there, with its times of arrival.
//
//nolint:gosec // G103: handed to the kernel where it lies
func (m *messages) receive(fd int) (int, error) {
	for i := range m.headers {
		m.headers[i].header.SetControllen(int(unsafe.Sizeof(stamp{})))
	}
	n, _, errno := unix.Syscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&m.headers[0])), uintptr(len(m.headers)), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
