package relay

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strowger/media"
)

// TestPreference: who gets the lock of those who speak within the window.
func TestPreference(t *testing.T) {
	const (
		sdp, beside, signalled = "198.51.100.1:4000", "198.51.100.1:4444", "192.0.2.1:5000"
		stranger, other        = "203.0.113.9:6000", "203.0.113.8:6000"
		ms                     = time.Millisecond
	)
	type packet struct {
		at   time.Duration
		from string
		seq  uint16
		want ruling
	}
	for name, test := range map[string]struct {
		sdp       string // another address in SDP
		signalled string
		packets   []packet
	}{
		"a stranger is earlier, and SDP's source speaks a moment later": {packets: []packet{
			{from: stranger, seq: 1, want: waiting},
			{at: 20 * ms, from: stranger, seq: 2, want: waiting},
			{at: 480 * ms, from: stranger, seq: 3, want: waiting},
			{at: 490 * ms, from: sdp, want: locks},
			{at: 500 * ms, from: stranger, seq: 4, want: foreign},
		}},
		"a stranger is earlier for long, and does not keep the lock": {packets: []packet{
			{from: stranger, seq: 1, want: waiting},
			{at: 250 * ms, from: stranger, seq: 2, want: waiting},
			{at: 500 * ms, from: stranger, seq: 3, want: locks},
			{at: 4000 * ms, from: sdp, seq: 7, want: waiting},
			{at: 4010 * ms, from: stranger, seq: 4, want: accepted},
			{at: 4020 * ms, from: sdp, seq: 8, want: locks},
			{at: 4030 * ms, from: stranger, seq: 5, want: foreign},
			{at: 4031 * ms, from: stranger, seq: 6, want: foreign},
		}},
		"after the window it does": {packets: []packet{
			{from: stranger, seq: 1, want: waiting},
			{at: 500 * ms, from: stranger, seq: 2, want: locks},
			{at: media.LatchWindow - ms, from: sdp, seq: 7, want: waiting},
			{at: media.LatchWindow, from: sdp, seq: 8, want: foreign},
		}},
		"one packet takes no lock away": {packets: []packet{
			{from: beside, seq: 1, want: waiting},
			{at: 1 * ms, from: beside, seq: 2, want: locks},
			{at: 2 * ms, from: sdp, seq: 7, want: waiting},
			{at: 3 * ms, from: sdp, seq: 9, want: waiting},
			{at: 4 * ms, from: sdp, seq: 10, want: locks},
			{at: 5 * ms, from: beside, seq: 3, want: foreign},
		}},
		"a stranger cannot take it from another": {packets: []packet{
			{from: stranger, seq: 1, want: waiting},
			{at: 500 * ms, from: stranger, seq: 2, want: locks},
			{at: 600 * ms, from: other, seq: 1, want: foreign},
			{at: 601 * ms, from: other, seq: 2, want: foreign},
			{at: 602 * ms, from: beside, seq: 1, want: waiting},
			{at: 603 * ms, from: beside, seq: 2, want: locks},
		}},
		"behind NAT it is where the signalling comes from": {sdp: "192.168.1.7:4000", signalled: "192.0.2.1", packets: []packet{
			{from: stranger, seq: 1, want: waiting},
			{at: 20 * ms, from: stranger, seq: 2, want: waiting},
			{at: 30 * ms, from: signalled, seq: 1, want: waiting},
			{at: 50 * ms, from: signalled, seq: 2, want: locks},
			{at: 60 * ms, from: "192.168.1.7:4000", seq: 1, want: foreign},
		}},
		"a lost packet does not make a stream anew": {packets: []packet{
			{from: stranger, seq: 1, want: waiting},
			{at: 480 * ms, from: stranger, seq: 3, want: waiting},
			{at: 500 * ms, from: stranger, seq: 5, want: waiting},
			{at: 520 * ms, from: stranger, seq: 6, want: locks},
		}},
		"who waits is not pushed aside by many that say one word": {packets: []packet{
			{from: stranger, seq: 1, want: waiting},
			{from: stranger, seq: 2, want: waiting},
			{from: "203.0.113.1:1", want: waiting},
			{from: "203.0.113.2:1", want: waiting},
			{from: "203.0.113.3:1", want: waiting},
			{from: "203.0.113.4:1", want: waiting},
			{at: 100 * ms, from: stranger, seq: 3, want: waiting},
			{at: 500 * ms, from: stranger, seq: 4, want: locks},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := media.Remote{RTP: addr(sdp)}
			if test.sdp != "" {
				r.RTP = addr(test.sdp)
			}
			if test.signalled != "" {
				r.Signalled = netip.MustParseAddr(test.signalled)
			}
			l := latch{bounds: bounds{network: anywhere()}}
			l.open(r, start)
			for i, p := range test.packets {
				now, h := start.Add(p.at), &header{ssrc: 1, seq: p.seq}
				got := l.step(now, addr(p.from), h, true)
				if got != p.want {
					t.Fatalf("packet %d: ruling %d, want %d", i, got, p.want)
				}
				if got >= locks {
					l.keep(now, h)
				}
			}
		})
	}
}

// TestLatchProperties: whoever sends what and when, a lock goes to whom it may, and once
// nobody better can speak it stays.
func TestLatchProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		public := rapid.Bool().Draw(t, "public")
		sdp := addr("10.0.0.1:4000")
		if public {
			sdp = addr("198.51.100.1:4000")
		}
		signalled := netip.MustParseAddr("192.0.2.1")
		sources := []netip.AddrPort{ // by rank, see worth
			addr("203.0.113.1:1"), addr("203.0.113.2:1"), addr("203.0.113.3:1"), netip.AddrPortFrom(signalled, 7), netip.AddrPortFrom(sdp.Addr(), 9), sdp,
			addr("233.252.0.1:1"), // not listed
		}
		worth := []int{0, 0, 0, 1, 1, 2, -1}
		best := 1
		if public {
			best = 2
		}
		policy := rapid.SampledFrom([]media.Latch{media.LatchLocked, media.LatchStrict, media.LatchFollow}).Draw(t, "policy")
		l := latch{bounds: bounds{network: &network{Network: Network{Allow: prefixes("10.0.0.0/8", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")}}}}
		l.open(media.Remote{RTP: sdp, Signalled: signalled, Latch: policy}, start)
		var seqs [7]uint16
		var began [7]time.Time
		holder, now := -1, start
		for range rapid.IntRange(1, 200).Draw(t, "packets") {
			now = now.Add(time.Duration(rapid.IntRange(0, 60).Draw(t, "ms")) * time.Millisecond)
			i := rapid.IntRange(0, len(sources)-1).Draw(t, "source")
			skip := rapid.SampledFrom([]uint16{1, 1, 1, 2, 40000}).Draw(t, "skip")
			seqs[i] += skip
			if began[i].IsZero() {
				began[i] = now
			}
			h := &header{ssrc: uint32(i), seq: seqs[i]}
			before := holder
			r := l.step(now, sources[i], h, true)
			if r == locks {
				holder = i
			}
			if r >= locks {
				l.keep(now, h)
			}
			switch inside := now.Before(start.Add(media.LatchWindow)); {
			case (r == accepted) != (i == before), holder >= 0 && l.source != sources[holder]:
				t.Fatalf("ruling %d on %d while %d holds the lock of %v", r, i, before, l.source)
			case r != locks:
			case worth[i] < 0, policy == media.LatchStrict && i != 5:
				t.Fatalf("locked to %d", i)
			case before < 0 && i != 5 && !inside:
				t.Fatalf("locked to %d after the window", i)
			case before < 0 && worth[i] == 0 && now.Sub(began[i]) < media.LatchPatience:
				t.Fatalf("a stranger locked after %v", now.Sub(began[i]))
			case before < 0:
			case !inside || worth[i] <= worth[before] || worth[before] >= best:
				t.Fatalf("the lock went from %d to %d", before, i)
			}
		}
		if now.Before(start.Add(media.LatchWindow-2)) && public {
			for range 2 {
				seqs[5]++
				l.step(now, sdp, &header{ssrc: 5, seq: seqs[5]}, true)
			}
			if l.source != sdp {
				t.Fatalf("SDP's source spoke within the window, and %v has the lock", l.source)
			}
		}
	})
}

// TestNothingIsSentToWhoSpeaksFirst: sound goes to SDP's address until a source is
// locked, and to that one from then on, whoever sends meanwhile.
func TestNothingIsSentToWhoSpeaksFirst(t *testing.T) {
	b := newBench(t, testConfig())
	rapid.Check(t, func(t *rapid.T) {
		left, right := b.bridge(pcmu, pcmu)
		defer left.to.Close()
		defer right.to.Close()
		sources := []*net.UDPConn{left.rtp, socketAt(b, "127.0.0.8:0"), socketAt(b, "127.0.0.9:0"), socketAt(b, "127.0.0.9:0")}
		r := left.remote(pcmu)
		r.Signalled = netip.MustParseAddr(rapid.SampledFrom([]string{"127.0.0.1", "127.0.0.8", "192.0.2.1"}).Draw(t, "signalled"))
		r.Latch = rapid.SampledFrom([]media.Latch{media.LatchLocked, media.LatchStrict, media.LatchFollow}).Draw(t, "policy")
		left.update(r)
		streams := [4]stream{{ssrc: 1}, {ssrc: 2}, {ssrc: 3}, {ssrc: 4}}
		for range rapid.IntRange(1, 60).Draw(t, "packets") {
			i := rapid.IntRange(0, 3).Draw(t, "source")
			left.sendFrom(sources[i], streams[i].next(sound(1)))
			b.time = b.time.Add(time.Duration(rapid.IntRange(0, 100).Draw(t, "ms")) * time.Millisecond)
			to := left.to.Stats().Source
			if !to.IsValid() {
				to = addrOf(left.rtp)
			}
			right.say(sound(2))
			for j, s := range sources {
				want := 0
				if addrOf(s) == to {
					want = 1
				}
				if n := len(heard(b, s)); n != want {
					t.Fatalf("source %d was sent %d packets while sound goes to %v", j, n, to)
				}
			}
		}
		for _, s := range append(sources, left.rtcp, right.rtp, right.rtcp) {
			_ = s.Close()
		}
	})
}
