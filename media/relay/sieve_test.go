package relay

import (
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"strowger/media"
)

// TestFilter: what the filters of the kernel let through, by both versions of IP.
func TestFilter(t *testing.T) {
	const copies = 20 // of which one may come through by chance
	voice, other := stream{ssrc: 7}, stream{ssrc: 8}
	rtp, wrong := voice.next(sound(1)), other.next(sound(1))
	theirs := []byte{0x80, 201, 0, 1, 0, 0, 0, 7}
	report := append([]byte{0x80, 200, 0, 6, 0, 0, 0, 7}, make([]byte, 20)...)
	strange := append([]byte{0x80, 200, 0, 6, 0, 0, 0, 8}, make([]byte, 20)...)
	short, binding := rtp[:11], append([]byte{0, 1, 0, 0}, make([]byte, 20)...)
	for _, host := range []string{"127.0.0.1", "::1"} {
		at := netip.AddrPortFrom(netip.MustParseAddr(host), 0)
		listen := func() *net.UDPConn {
			c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
			if err != nil {
				t.Skipf("no socket at %s: %v", host, err)
			}
			t.Cleanup(func() { c.Close() })
			return c
		}
		party, neighbour, to := listen(), listen(), listen()
		from := addrOf(party)
		elsewhere := netip.AddrPortFrom(from.Addr().Next(), from.Port())
		raw, err := to.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		for name, test := range map[string]struct {
			rules rules
			from  *net.UDPConn
			send  []byte
			come  bool
		}{
			"everything":                         {rules{}, party, []byte{}, true},
			"the source":                         {rules{source: from}, party, short, true},
			"another port":                       {rules{source: from}, neighbour, rtp, false},
			"another host":                       {rules{source: elsewhere}, party, rtp, false},
			"the host":                           {rules{source: netip.AddrPortFrom(from.Addr(), 0)}, neighbour, rtp, true},
			"not the host":                       {rules{source: netip.AddrPortFrom(elsewhere.Addr(), 0)}, party, rtp, false},
			"the stream":                         {rules{from, true, 7}, party, rtp, true},
			"the stream from elsewhere":          {rules{from, true, 7}, neighbour, rtp, false},
			"the stream from anywhere":           {rules{netip.AddrPort{}, true, 7}, neighbour, rtp, true},
			"another stream":                     {rules{from, true, 7}, party, wrong, false},
			"another stream from anywhere":       {rules{netip.AddrPort{}, true, 7}, neighbour, wrong, false},
			"a report of the stream":             {rules{from, true, 7}, party, report, true},
			"a report of another":                {rules{from, true, 7}, party, strange, false},
			"less than a report":                 {rules{from, true, 7}, party, theirs, false},
			"less than a header":                 {rules{from, true, 7}, party, short, false},
			"nothing in it":                      {rules{from, true, 7}, party, []byte{}, false},
			"STUN":                               {rules{from, true, 7}, party, binding, false},
			"more than a frame of the stream":    {rules{from, true, 7}, party, append(slices.Clone(rtp), make([]byte, MaxPacket-len(rtp))...), true},
			"an SSRC whose bits are all set":     {rules{from, true, 1<<32 - 1}, party, rtp, false},
			"the source, to whom it was a host":  {rules{source: netip.AddrPortFrom(from.Addr(), from.Port()+1)}, party, rtp, false},
			"report with the SSRC where RTP has": {rules{from, true, 0}, party, strange, false},
		} {
			err := raw.Control(func(fd uintptr) {
				if err := test.rules.attach(int(fd)); err != nil && test.rules != (rules{}) {
					t.Fatal(err)
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			for range copies {
				if _, err := test.from.WriteToUDPAddrPort(test.send, addrOf(to)); err != nil {
					t.Fatal(err)
				}
			}
			if n := len(heard(t, to)); test.come && n != copies || !test.come && n > copies/4 {
				t.Errorf("%s, %s: %d of %d came through", host, name, n, copies)
			}
		}
	}
}

// TestSieve: what goes with a good call makes no filter.
func TestSieve(t *testing.T) {
	for name, test := range map[string]struct {
		every      time.Duration
		forged     func(i int) bool
		on, narrow bool
	}{
		"a few":              {every: 4 * time.Millisecond, forged: func(i int) bool { return i%2 == 0 }},
		"strangers":          {every: 2 * time.Millisecond, forged: func(int) bool { return false }, on: true},
		"in the party's own": {every: 2 * time.Millisecond, forged: func(int) bool { return true }, on: true, narrow: true},
		"first strangers, then in the party's own": {every: 2 * time.Millisecond, forged: func(i int) bool { return i > 200 }, on: true, narrow: true},
	} {
		var s sieve
		for i := range 500 {
			s.step(start.Add(time.Duration(i)*test.every), test.forged(i))
		}
		if s.on != test.on || s.narrow != test.narrow {
			t.Errorf("%s: on %v, narrow %v", name, s.on, s.narrow)
		}
	}
}

// flooded is a call to whose caller's port junk has come, from a source, until a filter
// kept it out.
func flooded(t *testing.T, policy media.Latch, forged bool) (left, right *party, junk *net.UDPConn) {
	t.Helper()
	b := newBench(t, testConfig())
	left, right = b.bridge(pcmu, pcmu)
	r := left.remote(pcmu, digits)
	r.Latch = policy
	left.update(r)
	left.say(sound(1))
	heard(t, right.rtp)
	junk = left.rtp
	if !forged {
		junk = socketAt(t, "127.0.0.9:0")
	}
	left.pelt(junk)
	s := left.to.(*endpoint).in.sieve
	if s == nil || !s.on || s.narrow != forged || s.rtp.source != addrOf(left.rtp) || s.rtp.narrow != forged {
		t.Fatalf("filters %+v", s)
	}
	return left, right, junk
}

// pelt sends more junk than goes with a call.
func (p *party) pelt(from *net.UDPConn) {
	p.Helper()
	strange := stream{ssrc: 99}
	for range 3 * maxStray {
		p.sendFrom(from, strange.next(sound(66)))
		strange.seq++ // two in a row would be a new stream of the party
	}
}

// TestFilteredIsCounted: what a filter keeps out is a stranger's, and nothing that this
// node had no time for.
func TestFilteredIsCounted(t *testing.T) {
	left, right, junk := flooded(t, media.LatchLocked, false)
	left.pelt(junk)
	left.say(sound(2))
	if n := len(heard(t, right.rtp)); n != 1 {
		t.Errorf("%d packets came through", n)
	}
	s, c := left.to.Stats(), left.Counters()
	if s.Foreign != 6*maxStray || s.Overrun != 0 || c.Foreign.Load() != 6*maxStray || c.Overflow.Load() != 0 {
		t.Errorf("stats %+v", s)
	}
	if n := c.Filtered.Load(); n < 4*maxStray || n > 5*maxStray {
		t.Errorf("%d filtered", n)
	}
	if n := left.to.Close().Foreign; n != 6*maxStray {
		t.Errorf("%d in the end", n)
	}
}

// TestFilterEnds: it is gone when nothing came for a while, and when SDP names another
// address.
func TestFilterEnds(t *testing.T) {
	left, right, _ := flooded(t, media.LatchLocked, true)
	for range sieveKept/tick + 20 {
		left.say(sound(2))
		left.pass(tick)
	}
	if s := *left.to.(*endpoint).in.sieve; s.on || s.rtp != (rules{}) || s.rtcp != (rules{}) {
		t.Errorf("filters %+v", s)
	}
	heard(t, right.rtp)

	left, right, _ = flooded(t, media.LatchLocked, true)
	moved := socket(t)
	r := left.remote(pcmu, digits)
	r.RTP = addrOf(moved)
	left.update(r)
	left.packet.ssrc = 1234
	left.sendFrom(moved, left.packet.next(sound(3)))
	left.sendFrom(moved, left.packet.next(sound(4)))
	if n := len(heard(t, right.rtp)); n != 2 {
		t.Errorf("%d of 2 packets came through from SDP's new address", n)
	}
	left.pelt(left.rtp)
	if s := left.to.(*endpoint).in.sieve; s.rtp.source != addrOf(moved) {
		t.Errorf("filters %+v", s)
	}
}

// TestNewStreamInFlood: a party that begins anew is heard, after a moment, though junk is
// sent in its name; its reports are read all the while.
func TestNewStreamInFlood(t *testing.T) {
	left, right, junk := flooded(t, media.LatchLocked, true)
	left.packet.ssrc = 1234
	for range 50 {
		left.pass(tick)
		left.say(sound(2))
		left.sendFrom(junk, []byte{9, 9, 9})
	}
	if n := len(heard(t, right.rtp)); n < 15 {
		t.Errorf("%d of 50 packets came through", n)
	}
	left.pelt(junk)
	if s := left.to.(*endpoint).in.sieve; s.rtp.ssrc != 1234 || s.rtcp.ssrc != 1234 {
		t.Errorf("filters %+v", s)
	}
}

// TestFollowedInFlood: a stream goes on from another port while strangers flood.
func TestFollowedInFlood(t *testing.T) {
	left, right, junk := flooded(t, media.LatchFollow, false)
	left.pelt(junk)
	left.pass(media.LatchSilence)
	moved := socket(t)
	for range 3 {
		left.pelt(junk)
		left.sendFrom(moved, left.packet.next(sound(2)))
	}
	if n := len(heard(t, right.rtp)); n != 2 {
		t.Errorf("%d packets came through, want those from the second on", n)
	}
	if s := left.to.(*endpoint).in.sieve; s.rtp.source != addrOf(moved) {
		t.Errorf("filters %+v", s)
	}
}
