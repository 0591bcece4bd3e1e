package relay

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/datagram"
)

// bench is a plane that stands still: tests move its clock and its workers.
type bench struct {
	testing.TB
	*Plane
	clock *clock // the first
	time  time.Time
}

var start = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)

// The ports of tests are below the range that the kernel gives to sockets bound to
// port 0.
const (
	testMin = 21000
	testMax = 21999
)

// loopback is an address of this process alone, so that test runs beside each
// other do not meet on a port.
func loopback() netip.Addr {
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, 1 + byte(pid>>14&0x3f), byte(pid >> 7 & 0x7f), 1 + byte(pid&0x7f)})
}

func testConfig() Config {
	return Config{
		Networks: map[string]Network{"net": {
			Addresses: []Addr{{Bind: loopback()}}, PortMin: testMin, PortMax: testMax, Allow: Anywhere(),
		}},
		Workers: 1,
	}
}

func newBench(tb testing.TB, cfg Config) *bench {
	tb.Helper()
	b := &bench{TB: tb, time: start}
	p, err := build(cfg, nil, func() time.Time { return b.time })
	if err != nil {
		tb.Fatal(err)
	}
	b.Plane, b.clock = p, p.clocks[0]
	tb.Cleanup(func() { p.Close() })
	return b
}

// pass lets time go by in ticks of the plane's clock.
func (b *bench) pass(d time.Duration) {
	for end := b.time.Add(d); b.time.Before(end); {
		b.time = b.time.Add(tick)
		for _, c := range b.clocks {
			c.tick(b.time)
		}
	}
}

// carry lets the workers carry what arrived. Loopback delivers within send, so
// nothing has to be waited for.
func (b *bench) carry() {
	for _, w := range b.workers {
		for range 4 {
			w.poll(0)
		}
	}
}

// party is the far side of an endpoint, with sockets for RTP and RTCP.
type party struct {
	*bench
	rtp, rtcp *net.UDPConn
	to        media.Endpoint
	events    []media.Event
	packet    stream
}

// stream makes RTP packets.
type stream struct {
	payload   uint8
	seq       uint16
	timestamp uint32
	ssrc      uint32
	bytes     [minRTP]byte
}

// header returns the next header; it is valid until the next call.
func (s *stream) header() []byte {
	h := header{payload: s.payload, seq: s.seq, timestamp: s.timestamp, ssrc: s.ssrc}
	s.bytes[0] = 2 << 6
	h.write(s.bytes[:])
	s.seq++
	s.timestamp += uint32(frame)
	return s.bytes[:]
}

// next returns the next packet.
func (s *stream) next(payload []byte) []byte {
	return append(slices.Clone(s.header()), payload...)
}

func socket(tb testing.TB) *net.UDPConn {
	tb.Helper()
	return socketAt(tb, "127.0.0.1:0")
}

func socketAt(tb testing.TB, at string) *net.UDPConn {
	tb.Helper()
	c, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(addr(at)))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	return c
}

func addrOf(c *net.UDPConn) netip.AddrPort {
	return unmap(c.LocalAddr().(*net.UDPAddr).AddrPort())
}

// join opens an endpoint and its party, not yet told of each other.
func (b *bench) join(label string) *party {
	b.Helper()
	p := &party{bench: b, rtp: socket(b.TB), rtcp: socket(b.TB), packet: stream{ssrc: uint32(len(label))<<24 | 7, seq: 65530, timestamp: 1000}}
	e, err := b.Open("net", label, func(e media.Event) { p.events = append(p.events, e) })
	if err != nil {
		b.Fatal(err)
	}
	p.to = e
	return p
}

var (
	pcmu   = media.Payload{Type: 0, Encoding: "PCMU", Clock: 8000}
	pcma   = media.Payload{Type: 8, Encoding: "PCMA", Clock: 8000}
	digits = media.Payload{Type: 101, Encoding: "telephone-event", Clock: 8000}
)

// remote is an SDP exchange that names the party's own sockets.
func (p *party) remote(payloads ...media.Payload) media.Remote {
	return media.Remote{RTP: addrOf(p.rtp), RTCP: addrOf(p.rtcp), Payloads: payloads, Send: true, Receive: true}
}

func (p *party) update(r media.Remote) {
	p.Helper()
	if err := p.to.Update(r); err != nil {
		p.Fatal(err)
	}
}

func (p *party) hear(s media.Source) {
	p.Helper()
	if err := p.to.Hear(s); err != nil {
		p.Fatal(err)
	}
}

// say sends a payload by RTP and lets it be carried.
func (p *party) say(payload []byte) {
	p.Helper()
	p.sendFrom(p.rtp, p.packet.next(payload))
}

// sendFrom sends a datagram to the endpoint's RTP port.
func (p *party) sendFrom(c *net.UDPConn, b []byte) {
	p.Helper()
	if _, err := c.WriteToUDPAddrPort(b, p.to.Local()); err != nil {
		p.Fatal(err)
	}
	p.carry()
}

// heard returns the datagrams that wait at a socket.
func heard(tb testing.TB, c *net.UDPConn) [][]byte {
	tb.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		tb.Fatal(err)
	}
	var packets [][]byte
	err = raw.Read(func(fd uintptr) bool {
		for {
			b := make([]byte, MaxPacket)
			n, _, errno := datagram.Receive(int(fd), b)
			if errno != 0 {
				return true
			}
			packets = append(packets, b[:n])
		}
	})
	if err != nil {
		tb.Fatal(err)
	}
	return packets
}

// bridge joins two parties that hear each other.
func (b *bench) bridge(left, right media.Payload) (*party, *party) {
	b.Helper()
	l, r := b.join("left"), b.join("rights")
	l.update(l.remote(left, digits))
	r.update(r.remote(right, digits))
	l.hear(r.to)
	r.hear(l.to)
	return l, r
}
