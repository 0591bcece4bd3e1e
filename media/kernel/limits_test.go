package kernel

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"strowger/media/kernel/netnstest"
)

// TestStrangers: what comes from another source reaches nobody; a little of it goes up.
func TestStrangers(t *testing.T) {
	w := newWorld(t, v4)
	l := w.line(w.open(w.config()))
	stranger := w.caller.Listen(netip.AddrPortFrom(w.at.caller, 4001))
	const count = 100
	for i := range count {
		send(t, stranger, rtpPacket(theirs, uint16(100+i), 0, 1, 2, 3), l.in)
	}
	up := 0
	for b, _ := receive(t, l.behind, never); b != nil; b, _ = receive(t, l.behind, never) {
		up++
	}
	if b, _ := receive(t, l.to, never); b != nil {
		t.Errorf("the agent hears a stranger: % x", b)
	}
	f := l.entry.Figures()
	if up < strangerBurst || up > strangerBurst+5 || f.Raised != uint64(up) || f.Foreign != uint64(count-up) || f.Packets != 0 {
		t.Errorf("%d of %d went up, figures %+v", up, count, f)
	}
	l.carries(5)
}

// The limits of the program.
const (
	strangerBurst = 10
	partyBurst    = 40
)

// TestRaised: what the source sends that is not for the kernel goes up, bounded.
func TestRaised(t *testing.T) {
	rtp := rtpPacket(theirs, 100, 0, 1, 2, 3)
	with := func(at int, b byte) []byte {
		c := bytes.Clone(rtp)
		c[at] = b
		return c
	}
	cases := map[string][]byte{
		"another payload type": with(1, 101),
		"RTCP":                 with(1, 200),
		"STUN":                 with(0, 0),
		"padding":              with(0, 0xa0),
		"extension":            with(0, 0x90),
		"contributing source":  with(0, 0x81),
		"another SSRC":         with(11, 0),
		"a jump":               with(2, 0x40),
		"no payload":           rtp[:12],
	}
	w := newWorld(t, v4)
	l := w.line(w.open(w.config()))
	for name, b := range cases {
		send(t, l.from, b, l.in)
		if got, from := receive(t, l.behind, soon); !bytes.Equal(got, b) || from != netip.AddrPortFrom(w.at.caller, 4000) {
			t.Errorf("%s: % x of %v went up", name, got, from)
		}
	}
	if f := l.entry.Figures(); f.Raised != uint64(len(cases)) || f.Packets != 0 {
		t.Errorf("figures %+v", f)
	}
	sized := l.edge()
	sized.Local, sized.Length = netip.AddrPortFrom(w.at.left, 20010), 4
	beside := w.exchange.Listen(sized.Local)
	if _, err := l.plane.Install(sized, Start{Highest: 99, Seen: 1}); err != nil {
		t.Fatal(err)
	}
	send(t, l.from, rtpPacket(theirs, 100, 0, 1, 2, 3, 4), sized.Local)
	if b, _ := receive(t, l.to, soon); len(b) != 16 {
		t.Errorf("of the right length: % x", b)
	}
	send(t, l.from, rtpPacket(theirs, 101, 0, 1, 2, 3), sized.Local)
	if b, _ := receive(t, beside, soon); len(b) != 15 {
		t.Errorf("of another length, % x went up", b)
	}
	before := l.entry.Figures()
	for range 1000 {
		send(t, l.from, cases["STUN"], l.in)
	}
	l.carries(5)
	f := l.entry.Figures()
	if up := f.Raised - before.Raised; up < 1 || up > 500 || f.Limited != 1000-up {
		t.Errorf("of a flood %d went up and %d were dropped", up, f.Limited)
	}
	for b, _ := receive(t, l.behind, never); b != nil; b, _ = receive(t, l.behind, never) {
	}
}

// TestSequence: duplicates are dropped, late packets are carried once.
func TestSequence(t *testing.T) {
	w := newWorld(t, v4)
	l := w.line(w.open(w.config()))
	say := func(seq uint16) { send(t, l.from, rtpPacket(theirs, seq, uint32(seq)*160, 1), l.in) }
	for _, seq := range []uint16{100, 100, 102, 101, 101, 99, 165, 105, 105} { // 99 came before
		say(seq)
	}
	var got []uint16
	for b, _ := receive(t, l.to, never); b != nil; b, _ = receive(t, l.to, never) {
		got = append(got, uint16(b[2])<<8|uint16(b[3])-1000)
	}
	want := []uint16{100, 102, 101, 165, 105}
	if !slices.Equal(got, want) {
		t.Fatalf("the agent hears %v, want %v", got, want)
	}
	f := l.entry.Figures()
	if f.Packets != 9 || f.Sent != 5 || f.Duplicates != 4 || f.Reordered != 2 || f.Highest != 165 || f.HighestTimestamp != 165*160 {
		t.Errorf("figures %+v", f)
	}
}

// TestDeadline: past its deadline an entry carries nothing, until it is refreshed.
func TestDeadline(t *testing.T) {
	w := newWorld(t, v4)
	l := w.line(w.open(w.config()))
	l.carries(2)
	l.entry.value.Deadline = uint64(Monotonic())
	if err := l.plane.objects.Entries.Put(&l.entry.key, &l.entry.value); err != nil {
		t.Fatal(err)
	}
	b := rtpPacket(theirs, 102, 0, 1)
	send(t, l.from, b, l.in)
	if got, _ := receive(t, l.behind, soon); !bytes.Equal(got, b) {
		t.Errorf("% x went up", got)
	}
	if f := l.entry.Figures(); f.Expired != 1 || f.Packets != 2 {
		t.Errorf("figures %+v", f)
	}
	if err := l.entry.Refresh(); err != nil {
		t.Fatal(err)
	}
	l.carries(2)
}

// TestRemoved: the next packet goes up, and a new entry of the port has new figures.
func TestRemoved(t *testing.T) {
	w := newWorld(t, v4)
	l := w.line(w.open(w.config()))
	l.carries(3)
	if f := l.entry.Remove(); f.Packets != 3 {
		t.Errorf("last figures %+v", f)
	}
	b := rtpPacket(theirs, 103, 0, 1)
	send(t, l.from, b, l.in)
	if got, _ := receive(t, l.behind, soon); !bytes.Equal(got, b) {
		t.Errorf("% x went up", got)
	}
	l.install()
	if f := l.entry.Figures(); f.Packets != 0 || f.Highest != 99 {
		t.Errorf("figures %+v", f)
	}
	l.carries(3)
}

// TestGeneration: figures of another call of the port are left alone.
func TestGeneration(t *testing.T) {
	w := newWorld(t, v4)
	l := w.line(w.open(w.config()))
	other := (&Start{Highest: 7}).counts(l.entry.value.Generation + 1)
	if _, err := l.plane.memory.WriteAt(other.bytes(), int64(l.entry.value.Slot)*slotSize); err != nil {
		t.Fatal(err)
	}
	b := rtpPacket(theirs, 100, 0, 1)
	send(t, l.from, b, l.in)
	if got, _ := receive(t, l.behind, soon); !bytes.Equal(got, b) {
		t.Errorf("% x went up", got)
	}
	if f := l.entry.Figures(); f != other.figures() {
		t.Errorf("figures %+v", f)
	}
}

// TestFull: there are as many entries as were asked for, and slots are used again.
func TestFull(t *testing.T) {
	w := newWorld(t, v4)
	p := w.open(w.config())
	l := w.line(p)
	var last *Entry
	edge := l.edge()
	for i := range p.cfg.Entries - 1 {
		edge.Local = netip.AddrPortFrom(w.at.left, uint16(21000+2*i))
		e, err := p.Install(edge, Start{})
		if err != nil {
			t.Fatal(err)
		}
		last = e
	}
	edge.Local = netip.AddrPortFrom(w.at.left, 22000)
	if _, err := p.Install(edge, Start{}); !errors.Is(err, ErrFull) {
		t.Errorf("one too many: %v", err)
	}
	last.Remove()
	if _, err := p.Install(edge, Start{}); err != nil {
		t.Error(err)
	}
}

// TestHairpin: both legs on one interface, and even at one address.
func TestHairpin(t *testing.T) {
	w := newWorld(t, v4)
	l := w.line(w.open(w.config()))
	to := w.caller.Listen(netip.AddrPortFrom(w.at.caller, 5000))
	edge := l.edge()
	edge.Out, edge.To = netip.AddrPortFrom(w.at.left, 20002), netip.AddrPortFrom(w.at.caller, 5000)
	if _, err := l.plane.Install(edge, Start{Highest: 99, Seen: 1}); err != nil {
		t.Fatal(err)
	}
	send(t, l.from, rtpPacket(theirs, 100, 0, 1, 2), l.in)
	if b, from := receive(t, to, soon); len(b) != 14 || from != edge.Out {
		t.Errorf("% x of %v came back", b, from)
	}
}

// TestUnroutable: where there is no way there is no entry, and a way that went away
// shows with Refresh.
func TestUnroutable(t *testing.T) {
	w := newWorld(t, v4)
	l := w.line(w.open(w.config()))
	edge := l.edge()
	edge.To = netip.MustParseAddrPort("192.0.2.1:4000")
	edge.Local = netip.AddrPortFrom(w.at.left, 20008)
	if _, err := l.plane.Install(edge, Start{}); err == nil || !strings.Contains(err.Error(), "no route") {
		t.Errorf("error %v", err)
	}
	l.plane.Look() // what was told before
	l.plane.changes.last = 0
	if err := l.entry.Refresh(); err != nil {
		t.Fatal(err)
	}
	if l.plane.Look(); l.entry.Stale() {
		t.Error("stale without a change")
	}
	w.exchange.Run("ip", "link", "set", "dev", "right", "down")
	if l.plane.Look(); !l.entry.Stale() {
		t.Error("nobody heard that the interface is down")
	}
	if err := l.entry.Refresh(); err == nil {
		t.Error("a refresh does not see that the interface is down")
	}
}

// TestClosed: a plane that was closed leaves nothing behind.
func TestClosed(t *testing.T) {
	for _, how := range []Attach{TCX, Clsact} {
		w := newWorld(t, v4)
		cfg := w.config()
		cfg.Attach = how
		p := w.open(cfg)
		l := w.line(p)
		l.carries(1)
		var err error
		w.exchange.Do(func() { err = p.Close() })
		if err != nil {
			t.Error(err)
		}
		b := rtpPacket(theirs, 101, 0, 1)
		send(t, l.from, b, l.in)
		if got, _ := receive(t, l.behind, soon); !bytes.Equal(got, b) {
			t.Errorf("attach %d: % x went up", how, got)
		}
		if out := w.exchange.Run("tc", "qdisc", "show"); strings.Contains(out, "clsact") {
			t.Errorf("left behind: %s", out)
		}
		if err := (&pins{root: cfg.Pins}).check(); err != nil {
			t.Error(err)
		}
	}
}

// TestOpen: why there can be no plane.
func TestOpen(t *testing.T) {
	w := newWorld(t, v4)
	cases := map[string]struct {
		change func(*Config)
		want   string
	}{
		"no bpffs":     {func(c *Config) { c.Pins = t.TempDir() + "/pins" }, "is no bpffs: mount one"},
		"no interface": {func(c *Config) { c.Addresses = []netip.Addr{ip("192.0.2.1")} }, ErrNoInterface.Error()},
		"loopback":     {func(c *Config) { c.Addresses = []netip.Addr{ip("127.0.0.1")} }, ErrNoInterface.Error()},
		"no entries":   {func(c *Config) { c.Entries = 0 }, "0 entries are not in 1 to"},
	}
	for name, c := range cases {
		cfg := w.config()
		c.change(&cfg)
		w.exchange.Do(func() {
			if p, err := Open(cfg, nil); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
				if err == nil {
					p.Close()
				}
			}
		})
	}
	deaf := netnstest.New(t, "deaf")
	deaf.Run("ip", "link", "set", "dev", "lo", "down")
	deaf.Join(w.caller, "left", "other", netip.PrefixFrom(w.at.left, 24), netip.PrefixFrom(ip("10.99.1.3"), 24))
	deaf.Do(func() {
		if _, err := Open(w.config(), nil); err == nil || !strings.Contains(err.Error(), "self-test: loopback is down") {
			t.Errorf("no loopback: error %v", err)
		}
	})
}

// BenchmarkInstall installs 5,000 entries, which should take less than 50 ms.
func BenchmarkInstall(b *testing.B) {
	const count = 5000
	w := newWorld(b, v4)
	cfg := w.config()
	cfg.Entries = count
	p := w.open(cfg)
	entries := make([]*Entry, count)
	edge := (&line{world: w, in: netip.AddrPortFrom(w.at.left, 20000), out: netip.AddrPortFrom(w.at.right, 20002)}).edge()
	for b.Loop() {
		for i := range entries {
			edge.Local = netip.AddrPortFrom(w.at.left, uint16(20000+2*i))
			e, err := p.Install(edge, Start{})
			if err != nil {
				b.Fatal(err)
			}
			entries[i] = e
		}
		b.StopTimer()
		for _, e := range entries {
			e.Remove()
		}
		b.StartTimer()
	}
}
