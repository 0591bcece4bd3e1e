package datagram_test

import (
	"net"
	"net/netip"
	"syscall"
	"testing"

	"strowger/media/datagram"
)

func TestAddressesKeepTheirValue(t *testing.T) {
	for _, text := range []string{"127.0.0.1:5060", "255.255.255.255:65535", "[::1]:5060", "[fe80::1%7]:40000"} {
		want := netip.MustParseAddrPort(text)
		a := datagram.AddressOf(want)
		if got := a.AddrPort(); !a.IsValid() || got != want {
			t.Errorf("%v became %v", want, got)
		}
	}
	mapped := datagram.AddressOf(netip.MustParseAddrPort("[::ffff:192.0.2.1]:9"))
	if got := mapped.AddrPort(); got != netip.MustParseAddrPort("192.0.2.1:9") {
		t.Errorf("an IPv4 address in IPv6 became %v", got)
	}
	if none := datagram.AddressOf(netip.AddrPort{}); none.IsValid() || none.AddrPort().IsValid() {
		t.Error("no address became one")
	}
}

// bind opens a socket and lends its descriptor, which package net keeps open.
func bind(t *testing.T, addr string) (int, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addr)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var fd int
	if err := raw.Control(func(f uintptr) { fd = int(f) }); err != nil {
		t.Fatal(err)
	}
	return fd, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

func TestDatagramsArrive(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		left, leftAddr := bind(t, host)
		right, rightAddr := bind(t, host)
		b := make([]byte, 8)
		if _, _, errno := datagram.Receive(right, b); errno != syscall.EAGAIN {
			t.Fatalf("an empty socket says %v", errno)
		}
		to := datagram.AddressOf(rightAddr)
		// Loopback delivers within send.
		if errno := datagram.Send(left, []byte("longer than b"), &to); errno != 0 {
			t.Fatal(errno)
		}
		n, from, errno := datagram.Receive(right, b)
		if n != 13 || errno != 0 || from != leftAddr || string(b) != "longer t" {
			t.Errorf("received %d bytes %q from %v, %v", n, b, from, errno)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	left, _ := bind(t, "127.0.0.1:0")
	right, rightAddr := bind(t, "127.0.0.1:0")
	b := make([]byte, 64)
	allocs := testing.AllocsPerRun(100, func() {
		to := datagram.AddressOf(rightAddr)
		if errno := datagram.Send(left, b, &to); errno != 0 {
			t.Fatal(errno)
		}
		if _, _, errno := datagram.Receive(right, b); errno != 0 {
			t.Fatal(errno)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations a datagram", allocs)
	}
}
