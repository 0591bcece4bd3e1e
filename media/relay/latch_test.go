package relay

import (
	"net/netip"
	"testing"
	"time"

	"strowger/media"
)

func addr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

// anywhere is a network that may send to every address.
func anywhere() *network { return &network{Network: Network{Allow: Anywhere()}} }

func TestLatch(t *testing.T) {
	const sdp, nat, stranger = "10.0.0.1:4000", "192.0.2.1:5000", "203.0.113.9:6000"
	type packet struct {
		after time.Duration
		from  string
		ssrc  uint32
		seq   uint16
		bad   bool // not negotiated, or without payload
		want  ruling
	}
	for name, test := range map[string]struct {
		policy         media.Latch
		allow, sources string
		signalled      string
		packets        []packet
	}{
		"the SDP address locks at once": {packets: []packet{
			{from: sdp, want: locks}, {from: sdp, seq: 1, want: accepted}, {from: stranger, want: foreign},
		}},
		"another locks with two in a row": {packets: []packet{
			{from: nat, seq: 65535, want: waiting}, {from: nat, seq: 0, want: locks}, {from: sdp, want: foreign},
		}},
		"a gap proves nothing": {packets: []packet{
			{from: nat, seq: 1, want: waiting}, {from: nat, seq: 3, want: waiting}, {from: nat, seq: 4, want: locks},
		}},
		"nor does a change of SSRC": {packets: []packet{
			{from: nat, seq: 1, ssrc: 1, want: waiting}, {from: nat, seq: 2, ssrc: 2, want: waiting}, {from: nat, seq: 3, ssrc: 2, want: locks},
		}},
		"nor what was not negotiated": {packets: []packet{
			{from: nat, seq: 1, bad: true, want: foreign},
			{from: nat, seq: 2, want: waiting},
			{from: sdp, bad: true, want: foreign},
			{from: nat, seq: 3, want: locks},
		}},
		"a stranger does not keep another from the lock": {packets: []packet{
			{from: nat, seq: 1, want: waiting},
			{from: stranger, seq: 7, want: waiting},
			{from: nat, seq: 2, want: locks},
			{from: stranger, seq: 8, want: foreign},
			{from: stranger, seq: 9, want: foreign},
		}},
		"nor do many": {packets: []packet{
			{from: "203.0.113.1:1", want: waiting},
			{from: "203.0.113.2:1", want: waiting},
			{from: "203.0.113.3:1", want: waiting},
			{from: nat, seq: 1, want: waiting},
			{from: "203.0.113.4:1", want: waiting},
			{from: nat, seq: 2, want: locks},
		}},
		"after the window only SDP is left": {packets: []packet{
			{after: media.LatchWindow, from: nat, seq: 1, want: foreign}, {from: nat, seq: 2, want: foreign}, {from: sdp, want: locks},
		}},
		"strict": {policy: media.LatchStrict, packets: []packet{
			{from: nat, seq: 1, want: foreign}, {from: nat, seq: 2, want: foreign}, {from: sdp, want: locks},
		}},
		"outside of the allowed sources": {sources: "192.0.2.0/24", packets: []packet{
			{from: stranger, seq: 1, want: barred},
			{from: stranger, seq: 2, want: barred},
			{from: sdp, seq: 2, want: barred},
			{from: nat, seq: 1, want: waiting},
			{from: nat, seq: 2, want: locks},
			{from: stranger, seq: 3, want: foreign},
		}},
		"outside of what the network allows": {allow: "192.0.2.0/24", packets: []packet{
			{from: stranger, seq: 1, want: barred},
			{from: sdp, seq: 2, want: barred},
			{from: sdp, seq: 3, bad: true, want: foreign},
			{after: media.LatchWindow, from: sdp, seq: 4, want: barred},
			{from: stranger, seq: 2, want: foreign},
		}},
		"where the signalling comes from": {allow: "192.0.2.0/24", signalled: "::ffff:203.0.113.9", packets: []packet{
			{from: sdp, seq: 1, want: barred},
			{from: stranger, seq: 1, want: waiting},
			{from: stranger, seq: 2, want: locks},
		}},
		"where the signalling comes from is no source by itself": {sources: "192.0.2.0/24", signalled: "203.0.113.9", packets: []packet{
			{from: stranger, seq: 1, want: barred},
			{from: stranger, seq: 2, want: barred},
		}},
		"a source that the network does not allow": {allow: "192.0.2.0/24", sources: "203.0.113.0/24", packets: []packet{
			{from: stranger, seq: 1, want: barred},
			{from: nat, seq: 1, want: barred},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			remote := media.Remote{RTP: addr(sdp), Latch: test.policy}
			if test.sources != "" {
				remote.Sources = []netip.Prefix{netip.MustParsePrefix(test.sources)}
			}
			if test.signalled != "" {
				remote.Signalled = netip.MustParseAddr(test.signalled)
			}
			l := latch{bounds: bounds{network: anywhere()}}
			if test.allow != "" {
				l.network.Allow = []netip.Prefix{netip.MustParsePrefix(test.allow)}
			}
			now := start
			l.open(remote, now)
			for i, p := range test.packets {
				now = now.Add(p.after)
				if got := l.step(now, addr(p.from), &header{ssrc: p.ssrc, seq: p.seq}, !p.bad); got != p.want {
					t.Fatalf("packet %d: ruling %d, want %d", i, got, p.want)
				}
			}
		})
	}
}

func TestUpdateReopensTheLatch(t *testing.T) {
	remote := media.Remote{RTP: addr("10.0.0.1:4000")}
	nat := addr("192.0.2.1:5000")
	l := latch{bounds: bounds{network: anywhere()}}
	l.open(remote, start)
	l.open(remote, start.Add(time.Minute)) // the answer comes long after the offer
	for seq := range uint16(2) {
		l.step(start.Add(time.Minute), nat, &header{seq: seq}, true)
	}
	if l.source != nat {
		t.Fatal("an update before the lock did not start the window anew")
	}
	l.open(remote, start.Add(2*time.Minute))
	if l.source != nat {
		t.Fatal("an update with the same address gave the lock up")
	}
	remote.RTP = addr("10.0.0.1:4002")
	l.open(remote, start.Add(3*time.Minute))
	if l.source.IsValid() {
		t.Fatal("an update with another address kept the lock")
	}
}

// TestStrangers sends what an attacker would, and looks at what comes out.
func TestStrangers(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	stranger, forged := socket(t), stream{ssrc: 99, seq: 500}

	left.update(func() media.Remote { r := left.remote(pcmu, digits); r.Latch = media.LatchStrict; return r }())
	left.sendFrom(stranger, forged.next(sound(66)))
	right.say(sound(1))
	if n := len(heard(t, stranger)); n != 0 {
		t.Errorf("before the lock the stranger was sent %d packets", n)
	}
	if n := len(heard(t, left.rtp)); n != 1 {
		t.Errorf("before its lock the party that SDP names was sent %d packets, want 1", n)
	}
	left.say(sound(2))
	for range 10 {
		left.sendFrom(stranger, forged.next(sound(66)))
	}
	right.say(sound(3))
	if n := len(heard(t, stranger)); n != 0 {
		t.Errorf("after the lock the stranger was sent %d packets", n)
	}
	if packets := heard(t, right.rtp); len(packets) != 1 || packets[0][minRTP] != 2 {
		t.Errorf("%d packets went to the other party, want the one of its peer", len(packets))
	}
	s := left.to.Stats()
	if s.Foreign != 11 || s.Received != 1 || s.Source != addrOf(left.rtp) {
		t.Errorf("stats %+v", s)
	}
}

func TestSymmetricRTP(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	behind := left.rtp
	wrong := socket(t)
	r := left.remote(pcmu)
	r.RTP = addrOf(wrong) // what a phone behind NAT believes to be its address
	left.update(r)
	right.say(sound(1))
	left.sendFrom(behind, left.packet.next(sound(2)))
	right.say(sound(3))
	left.sendFrom(behind, left.packet.next(sound(4)))
	right.say(sound(5))
	if before, after := len(heard(t, wrong)), len(heard(t, behind)); before != 2 || after != 1 {
		t.Errorf("%d packets to the SDP address, %d to the latched one; want 2 and 1", before, after)
	}
	if len(left.events) != 1 || left.events[0].Kind != media.Latched || left.events[0].Addr != addrOf(behind) {
		t.Errorf("events %+v", left.events)
	}
	if n := len(heard(t, right.rtp)); n != 1 {
		t.Errorf("%d packets came through, want the one that locked", n)
	}
}

func TestChangeOfSSRC(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	left.say(sound(1))
	for i := range 20 { // a flood, each with another SSRC
		forged := stream{ssrc: 1000 + uint32(i), seq: 9}
		left.sendFrom(left.rtp, forged.next(sound(66)))
	}
	left.packet.ssrc, left.packet.seq = 5, 40000
	left.say(sound(2))
	left.say(sound(3))
	left.say(sound(4))
	hs := headers(t, heard(t, right.rtp))
	if len(hs) != 3 {
		t.Fatalf("%d packets, want the first and two of the new SSRC", len(hs))
	}
	if hs[1].seq != hs[0].seq+1 || hs[1].ssrc != hs[0].ssrc || !hs[1].marker || hs[2].seq != hs[1].seq+1 {
		t.Errorf("stream breaks: %+v", hs)
	}
	if n := b.Counters().WrongSSRC.Load(); n != 21 {
		t.Errorf("%d packets of a wrong SSRC, want 21", n)
	}
	if s := left.to.Stats(); s.Lost != 0 || s.Received != 3 {
		t.Errorf("stats %+v", s)
	}
}
