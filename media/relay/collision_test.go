package relay

import (
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"
)

// goodbyes returns the sources of BYE that wait at the party's RTCP socket.
func (p *party) goodbyes() (sources []uint32) {
	p.Helper()
	for _, b := range heard(p.TB, p.rtcp) {
		packets, err := rtcp.Unmarshal(b)
		if err != nil {
			p.Fatal(err)
		}
		for _, packet := range packets {
			if bye, ok := packet.(*rtcp.Goodbye); ok {
				sources = append(sources, bye.Sources...)
			}
		}
	}
	return sources
}

// TestCollision: a party whose stream begins with the SSRC of ours is heard; ours says
// BYE and runs on with another, in the same sequence.
func TestCollision(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	talk := func() header {
		left.say(sound(1))
		right.say(sound(2))
		b.pass(tick)
		got := headers(t, heard(t, left.rtp))
		if len(got) != 1 {
			t.Fatalf("%d packets are heard, want 1", len(got))
		}
		return got[0]
	}
	talk()
	last := talk()
	heard(t, right.rtp)
	for n := range maxCollisions + 2 {
		former := last.ssrc
		left.packet.ssrc, left.packet.seq, left.packet.timestamp = former, last.seq+5000, last.timestamp+1<<30
		for i := range 3 { // the second proves it
			now := talk()
			if now.seq != last.seq+1 || now.timestamp != last.timestamp+uint32(frame) || now.marker != (now.ssrc != last.ssrc) {
				t.Errorf("collision %d, packet %d: %+v behind %+v", n, i, now, last)
			}
			last = now
		}
		if got := len(heard(t, right.rtp)); n <= maxCollisions && got != 2 {
			t.Errorf("collision %d: %d of 3 packets of the party are heard, want 2", n, got)
		}
		changes, byes := n < maxCollisions, left.goodbyes()
		if changes != (last.ssrc != former) || changes != slices.Equal(byes, []uint32{former}) {
			t.Errorf("collision %d: SSRC %08x after %08x, BYE of %08x", n, last.ssrc, former, byes)
		}
	}
	if c := b.Counters(); c.Collisions.Load() != maxCollisions+1 || c.Looped.Load() != 0 {
		t.Errorf("%d collisions and %d loops are counted", c.Collisions.Load(), c.Looped.Load())
	}
	left.to.Close()
	if byes := left.goodbyes(); !slices.Equal(byes, []uint32{last.ssrc}) {
		t.Errorf("BYE of %08x at the end, want of %08x", byes, last.ssrc)
	}
}

// TestReportAfterCollision: a sender report counts what was sent with its own SSRC.
func TestReportAfterCollision(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	for range 10 {
		right.say(sound(2))
		b.pass(tick)
	}
	left.packet.ssrc, left.packet.timestamp = headers(t, heard(t, left.rtp))[0].ssrc, 1<<30
	left.say(sound(1))
	left.say(sound(1))
	heard(t, left.rtcp)
	for range 1000 {
		right.say(sound(2))
		b.pass(tick)
	}
	senders, _ := left.reports()
	sent := headers(t, heard(t, left.rtp))
	if len(senders) == 0 || senders[0].SSRC != sent[0].ssrc || senders[0].SSRC == left.packet.ssrc {
		t.Fatalf("reports %v", senders)
	}
	sr := senders[len(senders)-1]
	if want := (sr.RTPTime - sent[0].timestamp) / uint32(frame); sr.PacketCount > want+1 || sr.PacketCount+1 < want || sr.OctetCount != sr.PacketCount*uint32(frame) {
		t.Errorf("report %+v, want %d packets", sr, want)
	}
}

// TestLoop: a party that sends back what it is sent is heard, and ours stays as it is.
func TestLoop(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	var first uint32
	for i := range 200 {
		right.say(sound(byte(i)))
		b.pass(tick)
		for _, packet := range heard(t, left.rtp) {
			h := headers(t, [][]byte{packet})[0]
			if first == 0 {
				first = h.ssrc
			}
			if h.ssrc != first {
				t.Fatalf("SSRC %08x after %08x", h.ssrc, first)
			}
			left.sendFrom(left.rtp, packet)
		}
	}
	if got := len(heard(t, right.rtp)); got < 199 {
		t.Errorf("%d packets come back, want all", got)
	}
	if c := b.Counters(); c.Looped.Load() != 1 || c.Collisions.Load() != 0 {
		t.Errorf("%d loops and %d collisions are counted", c.Looped.Load(), c.Collisions.Load())
	}
}

// TestCollisionWhileCarried: the kernel, too, sends with the new SSRC then.
func TestCollisionWhileCarried(t *testing.T) {
	eachPlane(t, func(w *wire) {
		w.bridge()
		w.settle(2)
		w.agent.say(sound(1))
		var h header
		if b := w.caller.read(time.Second); b == nil || !h.parse(b) {
			t.Fatal("nothing is heard")
		}
		former := h.ssrc
		w.caller.packet.ssrc, w.caller.packet.seq, w.caller.packet.timestamp = former, 40000, h.timestamp+1<<30
		w.caller.say(sound(1)) // it is not believed yet
		w.caller.heard = 0     // as the SSRC changes
		w.settle(2)
		w.agent.say(sound(1))
		if b := w.caller.read(time.Second); b == nil || !h.parse(b) || h.ssrc == former {
			t.Errorf("SSRC %08x after %08x", h.ssrc, former)
		}
		if n := w.plane.Counters().Collisions.Load(); n != 1 {
			t.Errorf("%d collisions are counted, want 1", n)
		}
	})
}
