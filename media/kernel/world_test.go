package kernel

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"strowger/media/kernel/netnstest"
)

// world is a caller, a switch and an agent, in namespaces of their own.
type world struct {
	testing.TB
	caller, exchange, agent *netnstest.Namespace
	bpffs                   *os.File
	at                      addresses
}

// addresses of a world, by whether they are of IPv6.
type addresses struct{ caller, left, right, agent netip.Addr }

var (
	v4 = addresses{ip("10.99.1.2"), ip("10.99.1.1"), ip("10.99.2.1"), ip("10.99.2.2")}
	v6 = addresses{ip("fd99:1::2"), ip("fd99:1::1"), ip("fd99:2::1"), ip("fd99:2::2")}
)

func ip(s string) netip.Addr { return netip.MustParseAddr(s) }

func newWorld(tb testing.TB, at addresses) *world {
	tb.Helper()
	w := &world{TB: tb, bpffs: netnstest.Bpffs(tb), at: at}
	w.caller, w.exchange, w.agent = netnstest.New(tb, "caller"), netnstest.New(tb, "switch"), netnstest.New(tb, "agent")
	bits := 24
	if at.caller.Is6() {
		bits = 64
	}
	p := func(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, bits) }
	w.exchange.Join(w.caller, "left", "wire", p(at.left), p(at.caller))
	w.exchange.Join(w.agent, "right", "wire", p(at.right), p(at.agent))
	return w
}

func (w *world) config() Config {
	return Config{
		Pins: netnstest.Path(w.bpffs) + "/strowger/test", Addresses: []netip.Addr{w.at.left, w.at.right}, Entries: 16,
	}
}

// open opens a plane in the switch.
func (w *world) open(cfg Config) *Plane {
	w.Helper()
	var p *Plane
	var err error
	w.exchange.Do(func() { p, err = Open(cfg, nil) })
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		var err error
		w.exchange.Do(func() { err = p.Close() })
		if err != nil {
			w.Error(err)
		}
	})
	return p
}

// rtpPacket makes a packet of PCMA.
func rtpPacket(ssrc uint32, seq uint16, timestamp uint32, payload ...byte) []byte {
	b := []byte{0x80, 8}
	b = binary.BigEndian.AppendUint16(b, seq)
	b = binary.BigEndian.AppendUint32(b, timestamp)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	return append(b, payload...)
}

func send(tb testing.TB, c *net.UDPConn, b []byte, to netip.AddrPort) {
	tb.Helper()
	if _, err := c.WriteToUDPAddrPort(b, to); err != nil {
		tb.Fatal(err)
	}
}

const (
	soon  = 2 * time.Second        // for what has to come
	never = 100 * time.Millisecond // for what must not
)

// receive returns the next datagram, nil if none comes in time.
func receive(tb testing.TB, c *net.UDPConn, within time.Duration) ([]byte, netip.AddrPort) {
	tb.Helper()
	b := make([]byte, 2048)
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		tb.Fatal(err)
	}
	n, from, err := c.ReadFromUDPAddrPort(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, from
	}
	if err != nil {
		tb.Fatal(err)
	}
	return b[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port())
}
