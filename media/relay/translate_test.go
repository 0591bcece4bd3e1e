package relay

import (
	"testing"

	"strowger/media"
)

func TestTranslate(t *testing.T) {
	gsm := media.Payload{Type: 3, Encoding: "GSM", Clock: 8000}
	typed := func(p media.Payload, number uint8) media.Payload { p.Type = number; return p }
	b := newBench(t, testConfig())
	left, right := b.join("left"), b.join("right")
	left.update(left.remote(pcmu, digits, gsm))
	right.update(right.remote(pcma, typed(digits, 96)))
	left.hear(right.to)
	right.hear(left.to)

	left.say([]byte{0xff, 0x00, 0x80})
	left.packet.payload = 101
	left.say([]byte{1, 2, 3, 4})
	left.packet.payload = 3
	left.say(sound(1))
	left.packet.payload = 77
	left.say(sound(1))
	packets := heard(t, right.rtp)
	hs := headers(t, packets)
	if len(hs) != 2 {
		t.Fatalf("%d packets, want sound and digit", len(hs))
	}
	if hs[0].payload != 8 || string(packets[0][minRTP:]) != "\xd5\x2a\xaa" {
		t.Errorf("sound became type %d, % x", hs[0].payload, packets[0][minRTP:])
	}
	if hs[1].payload != 96 || string(packets[1][minRTP:]) != "\x01\x02\x03\x04" {
		t.Errorf("digit became type %d, % x", hs[1].payload, packets[1][minRTP:])
	}
	if n := b.Counters().Untranslated.Load(); n != 2 {
		t.Errorf("%d packets dropped for their encoding, want 2", n)
	}
}

// TestFanOut has listeners of both laws: the conversion for one must not reach the
// other.
func TestFanOut(t *testing.T) {
	b := newBench(t, testConfig())
	speaker := b.join("speaker")
	speaker.update(speaker.remote(pcmu))
	listeners := make([]*party, maxListeners)
	for i := range listeners {
		listeners[i] = b.join("listener")
		payload := pcmu
		if i%2 == 0 {
			payload = pcma
		}
		listeners[i].update(listeners[i].remote(payload))
		listeners[i].hear(speaker.to)
	}
	if err := speaker.to.Hear(speaker.to); err == nil {
		t.Errorf("%d listeners", maxListeners+1)
	}
	speaker.say([]byte{0xff, 0x00})
	for i, l := range listeners {
		want := "\xff\x00"
		if i%2 == 0 {
			want = "\xd5\x2a"
		}
		if packets := heard(t, l.rtp); len(packets) != 1 || string(packets[0][minRTP:]) != want {
			t.Errorf("listener %d heard %x", i, packets)
		}
	}
}
