package relay

import (
	"math"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

// dBov is the power of sound.
func dBov(pcm []int16) float64 {
	power := 0.0
	for _, s := range pcm {
		power += float64(s) * float64(s)
	}
	return 10 * math.Log10(power/float64(max(len(pcm), 1))/32768/32768)
}

// TestComfortNoisePasses: who negotiated it gets it, under its own number.
func TestComfortNoisePasses(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.join("left"), b.join("rights")
	left.update(left.remote(pcma, noise))
	other := noise
	other.Type = 98
	right.update(right.remote(pcma, other))
	right.hear(left.to)
	left.packet.payload = noise.Type
	left.say([]byte{50, 1, 2})
	b.pass(time.Second)
	packets := heard(t, right.rtp)
	if len(packets) != 1 {
		t.Fatalf("%d packets, want the one", len(packets))
	}
	if h := headers(t, packets)[0]; h.payload != 98 || string(packets[0][h.start:h.end]) != "\x32\x01\x02" {
		t.Errorf("it became %+v", h)
	}
}

// TestComfortNoiseIsMade: who did not negotiate it hears noise of that level from its
// first packet to the next sound, as a stream without a break.
func TestComfortNoiseIsMade(t *testing.T) {
	for _, to := range []struct {
		payload media.Payload
		format  codec.Format
	}{{pcmu, codec.PCMU}, {g722, codec.G722}} {
		b := newBench(t, testConfig())
		left, right := b.join("left"), b.join("rights")
		left.update(left.remote(pcma, noise))
		right.update(right.remote(to.payload))
		right.hear(left.to)
		sound := loud(codec.ALaw, 1000)
		left.packet.payload = pcma.Type
		left.say(sound)
		b.pass(tick)
		if n := len(heard(t, right.rtp)); n != 1 {
			t.Fatalf("%d packets before the silence, want 1", n)
		}
		left.packet.payload = noise.Type
		left.say([]byte{50})
		b.pass(2 * time.Second)
		packets := heard(t, right.rtp)
		if len(packets) != 100 {
			t.Fatalf("%d packets in 2 s of silence, want 100", len(packets))
		}
		if dB := dBov(decode(t, packets, to.format, to.payload.Type)[frame:]); math.Abs(dB+50) > 1.5 {
			t.Errorf("noise of %.1f dBov, want -50", dB)
		}
		left.packet.payload = pcma.Type
		left.packet.timestamp += 99 * uint32(frame)
		left.say(sound)
		b.pass(time.Second)
		after := heard(t, right.rtp)
		if len(after) != 1 {
			t.Fatalf("%d packets behind the silence, want 1", len(after))
		}
		last, next := headers(t, packets)[99], headers(t, after)[0]
		if next.seq != last.seq+1 || !next.marker || int32(next.timestamp-last.timestamp) <= 0 {
			t.Errorf("the sound goes on with %+v behind %+v", next, last)
		}
	}
}

// TestComfortNoiseEnds: with what is heard.
func TestComfortNoiseEnds(t *testing.T) {
	for name, end := range map[string]func(left, right *party){
		"hears nothing":     func(_, right *party) { right.hear(nil) },
		"hold":              func(left, _ *party) { r := left.remote(pcma, noise); r.Receive = false; left.update(r) },
		"the source closes": func(left, _ *party) { left.to.Close() },
		"it negotiates it":  func(_, right *party) { right.update(right.remote(pcmu, noise)) },
	} {
		b := newBench(t, testConfig())
		left, right := b.join("left"), b.join("rights")
		left.update(left.remote(pcma, noise))
		right.update(right.remote(pcmu))
		right.hear(left.to)
		left.packet.payload = noise.Type
		left.say([]byte{50})
		left.say([]byte{50})
		b.pass(5 * tick)
		if n := len(heard(t, right.rtp)); n != 5 {
			t.Fatalf("%s: %d packets before, want 5", name, n)
		}
		end(left, right)
		b.pass(time.Second)
		if n := len(heard(t, right.rtp)); n > 0 {
			t.Errorf("%s: %d packets behind the end", name, n)
		}
		if n := right.to.(*endpoint).pacing; n != 0 {
			t.Errorf("%s: it is paced on for %b", name, n)
		}
	}
}
