package relay

import (
	"bytes"
	"testing"
	"time"

	"strowger/media"
)

// sound is a payload of 20 ms whose bytes are all different from the neighbour's.
func sound(seed byte) []byte {
	b := make([]byte, frame)
	for i := range b {
		b[i] = seed + byte(i)*7
	}
	return b
}

func headers(t *testing.T, packets [][]byte) []header {
	t.Helper()
	hs := make([]header, len(packets))
	for i, b := range packets {
		if !hs[i].whole(b) {
			t.Fatalf("packet %d is no RTP: % x", i, b)
		}
	}
	return hs
}

func TestSoundInIsSoundOut(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	for i := range 50 {
		left.say(sound(byte(i)))
		right.say(sound(byte(100 + i)))
		b.time = b.time.Add(tick)
	}
	for _, side := range []struct {
		at   *party
		seed byte
	}{{right, 0}, {left, 100}} {
		packets := heard(t, side.at.rtp)
		if len(packets) != 50 {
			t.Fatalf("%d packets came through, want 50", len(packets))
		}
		hs := headers(t, packets)
		for i, p := range packets {
			if !bytes.Equal(p[minRTP:], sound(side.seed+byte(i))) {
				t.Fatalf("payload %d was changed", i)
			}
			if i > 0 && (hs[i].seq != hs[i-1].seq+1 || hs[i].timestamp != hs[i-1].timestamp+uint32(frame) || hs[i].ssrc != hs[0].ssrc) {
				t.Fatalf("stream breaks at %d: %+v after %+v", i, hs[i], hs[i-1])
			}
			if hs[i].marker != (i == 0) {
				t.Fatalf("marker of packet %d is %v", i, hs[i].marker)
			}
		}
	}
	s := left.to.Stats()
	if s.Received != 50 || s.Sent != 50 || s.Lost != 0 || s.Jitter != 0 || s.MOS < 4.3 || s.Encoding != "PCMU" {
		t.Errorf("stats %+v", s)
	}
}

func TestEcho(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("echo")
	p.update(p.remote(pcma))
	p.hear(p.to)
	p.packet.payload = 8
	p.say(sound(1))
	packets := heard(t, p.rtp)
	if len(packets) != 1 || !bytes.Equal(packets[0][minRTP:], sound(1)) {
		t.Fatalf("echo returned %d packets", len(packets))
	}
}

func TestSwitchOfSourceKeepsTheStream(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	third := b.join("third party")
	third.update(third.remote(pcmu))
	right.say(sound(1))
	b.pass(time.Second)
	left.hear(third.to)
	right.say(sound(2)) // nobody hears this any more
	third.say(sound(3))
	b.pass(time.Second)
	left.hear(&media.Prompt{PCM: make([]int16, 2*frame)})
	b.pass(3 * tick)
	hs := headers(t, heard(t, left.rtp))
	if len(hs) != 4 {
		t.Fatalf("%d packets, want one of each party and two of the prompt", len(hs))
	}
	marks := []bool{true, true, true, false}
	steps := []uint32{0, 8000, 8000 + uint32(frame), uint32(frame)}
	for i, h := range hs {
		if h.marker != marks[i] || h.ssrc != hs[0].ssrc || h.seq != hs[0].seq+uint16(i) {
			t.Errorf("packet %d: %+v", i, h)
		}
		if i > 0 && h.timestamp-hs[i-1].timestamp != steps[i] {
			t.Errorf("packet %d: timestamp steps by %d, want %d", i, h.timestamp-hs[i-1].timestamp, steps[i])
		}
	}
}
