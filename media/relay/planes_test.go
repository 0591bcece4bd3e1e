package relay

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"os"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/kernel"
	"strowger/media/kernel/netnstest"
)

// wire is a plane in a switch, with a caller and an agent in namespaces of their own.
type wire struct {
	*testing.T
	plane                *Plane
	lay                  layout
	pins                 string
	caller, agent        *phone
	far, exchange, place *netnstest.Namespace // the caller's, the switch's, the agent's
}

// layout is how a wire is laid.
type layout struct {
	kernel  bool // there is a kernel plane
	attach  kernel.Attach
	ring    int // of copies, in bytes; 0 for the default
	v6      bool
	offload string // of checksums, "on" or "off"
}

// at is an address of a wire: host 1 is the switch, 2 a party.
func (l layout) at(network, host string) netip.Addr {
	if l.v6 {
		return netip.MustParseAddr("fd99:" + network + "::" + host)
	}
	return netip.MustParseAddr("10.99." + network + "." + host)
}

func (l layout) prefix(network, host string) netip.Prefix {
	bits := 24
	if l.v6 {
		bits = 64
	}
	return netip.PrefixFrom(l.at(network, host), bits)
}

// phone is a party at the end of a wire.
type phone struct {
	*wire
	rtp    *net.UDPConn
	to     media.Endpoint
	packet stream
	seq    uint16 // of what was heard last
	ssrc   uint32
	heard  int
	events chan media.Event
}

// eachPlane runs a test with the kernel plane and without.
func eachPlane(t *testing.T, test func(w *wire)) {
	t.Helper()
	for name, on := range map[string]bool{"userspace": false, "ebpf": true} {
		t.Run(name, func(t *testing.T) { test(newWire(t, layout{kernel: on, offload: "on"})) })
	}
}

func newWire(t *testing.T, l layout) *wire {
	t.Helper()
	if testing.Short() {
		t.Skip("sound in real time: not in -short")
	}
	w := &wire{T: t, lay: l, pins: netnstest.Path(netnstest.Bpffs(t)) + "/strowger/test", far: netnstest.New(t, "caller"), exchange: netnstest.New(t, "switch"), place: netnstest.New(t, "agent")}
	w.exchange.Join(w.far, "left", "wire", l.prefix("1", "1"), l.prefix("1", "2"))
	w.exchange.Join(w.place, "right", "wire", l.prefix("2", "1"), l.prefix("2", "2"))
	w.far.Run("ethtool", "-K", "wire", "tx", l.offload)
	w.place.Run("ethtool", "-K", "wire", "tx", l.offload)
	w.start()
	w.caller = w.phone("left", w.far, netip.AddrPortFrom(l.at("1", "2"), 4000))
	w.agent = w.phone("right", w.place, netip.AddrPortFrom(l.at("2", "2"), 5000))
	w.caller.packet.ssrc, w.agent.packet.ssrc = 7, 8
	return w
}

// start starts the plane of the switch.
func (w *wire) start() {
	w.Helper()
	var err error
	w.exchange.Do(func() { w.plane, err = New(w.config(), nil) })
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() {
		if err := w.plane.Close(); err != nil {
			w.Error(err)
		}
	})
}

// config is that of the switch. It opens the kernel plane, if there is one.
func (w *wire) config() Config {
	w.Helper()
	cfg := Config{Networks: map[string]Network{}}
	c := kernel.Config{Pins: w.pins, Entries: 100, Attach: w.lay.attach, Ring: w.lay.ring}
	for name, number := range map[string]string{"left": "1", "right": "2"} {
		a := w.lay.at(number, "1")
		c.Addresses = append(c.Addresses, a)
		cfg.Networks[name] = Network{Addresses: []Addr{{Bind: a}}, PortMin: testMin, PortMax: testMin + 99, Allow: Anywhere()}
	}
	var err error
	if w.lay.kernel {
		w.exchange.Do(func() { cfg.Kernel, err = kernel.Open(c, nil) })
	}
	if err != nil {
		w.Fatal(err)
	}
	return cfg
}

func (w *wire) phone(network string, at *netnstest.Namespace, address netip.AddrPort) *phone {
	w.Helper()
	p := &phone{wire: w, rtp: at.Listen(address), packet: stream{payload: 8, seq: 65500, timestamp: 1000}, events: make(chan media.Event, 64)}
	var err error
	w.exchange.Do(func() {
		p.to, err = w.plane.Open(network, "call/"+network, func(e media.Event) {
			select {
			case p.events <- e:
			default:
			}
		})
	})
	if err != nil {
		w.Fatal(err)
	}
	p.update(p.remote())
	return p
}

func (p *phone) remote() media.Remote {
	return media.Remote{RTP: addrOf(p.rtp), Payloads: []media.Payload{pcma, pcmu, digits}, Send: true, Receive: true}
}

func (p *phone) update(r media.Remote) {
	p.Helper()
	if err := p.to.Update(r); err != nil {
		p.Fatal(err)
	}
}

func (p *phone) hear(s media.Source) {
	p.Helper()
	if err := p.to.Hear(s); err != nil {
		p.Fatal(err)
	}
}

// say sends a packet of the phone's stream.
func (p *phone) say(payload []byte) {
	p.Helper()
	p.send(p.rtp, p.packet.next(payload))
}

// send sends a datagram to the phone's endpoint.
func (p *phone) send(from *net.UDPConn, b []byte) {
	p.Helper()
	if _, err := from.WriteToUDPAddrPort(b, p.to.Local()); err != nil {
		p.Fatal(err)
	}
}

// read returns the next packet, nil if none comes in time.
func (p *phone) read(within time.Duration) []byte {
	p.Helper()
	b := make([]byte, MaxPacket)
	if err := p.rtp.SetReadDeadline(time.Now().Add(within)); err != nil {
		p.Fatal(err)
	}
	for {
		n, from, err := p.rtp.ReadFromUDPAddrPort(b)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			return nil
		case err != nil:
			p.Fatal(err)
		case unmap(from) != p.to.Local():
			p.Errorf("a packet comes from %v, not %v", from, p.to.Local())
		case classify(b[:n]) == kindRTP:
			return b[:n]
		}
	}
}

// hears wants the next packet to have a payload, and to follow on what was heard before.
func (p *phone) hears(payload []byte) {
	p.Helper()
	b := p.read(2 * time.Second)
	if b == nil {
		p.Fatalf("nothing came: stats %+v", p.plane.Stats())
	}
	h := p.follows(b)
	if !bytes.Equal(b[h.start:h.end], payload) {
		p.Errorf("payload % x, want % x", b[h.start:h.end], payload)
	}
}

// follows wants a packet to be the next of one stream.
func (p *phone) follows(b []byte) (h header) {
	p.Helper()
	if !h.parse(b) {
		p.Fatalf("no RTP: % x", b)
	}
	if p.heard++; p.heard > 1 && (h.ssrc != p.ssrc || h.seq != p.seq+1) {
		p.Errorf("packet %d has SSRC %x and sequence %d after %x and %d", p.heard, h.ssrc, h.seq, p.ssrc, p.seq)
	}
	p.ssrc, p.seq = h.ssrc, h.seq
	return h
}

// bridge lets both hear each other.
func (w *wire) bridge() {
	w.Helper()
	w.caller.hear(w.agent.to)
	w.agent.hear(w.caller.to)
}

// talk lets both say something, and each hear it from the other.
func (w *wire) talk(i int) {
	w.Helper()
	w.caller.say(sound(byte(i)))
	w.agent.hears(sound(byte(i)))
	w.agent.say(sound(byte(i + 100)))
	w.caller.hears(sound(byte(i + 100)))
}

// settle lets both talk until the kernel carries that many streams; without a kernel
// plane for a few words.
func (w *wire) settle(streams int) {
	w.Helper()
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for i := range 400 {
		w.talk(i)
		if n := w.plane.Stats().Carried; w.lay.kernel && n == streams || !w.lay.kernel && i > 5 {
			w.reallyCarried(uint64(streams))
			return
		}
		<-pace.C
	}
	w.Fatalf("the kernel carries %d streams, want %d: %+v", w.plane.Stats().Carried, streams, w.plane.Stats())
}

// reallyCarried wants the kernel to carry what is said next, on that many streams.
func (w *wire) reallyCarried(streams uint64) {
	w.Helper()
	before := w.carried()
	w.talk(0)
	if n := w.carried() - before; w.lay.kernel && n != streams {
		w.Errorf("the kernel carried %d of %d packets", n, streams)
	}
}

// carried tells how many packets the kernel should have carried by now.
func (w *wire) carried() uint64 {
	w.caller.to.Stats()
	return w.plane.Counters().Carried.Load()
}
