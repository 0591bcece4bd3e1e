package relay

import (
	"testing"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

var noise = media.Payload{Type: 13, Encoding: "CN", Clock: 8000}

// TestEarFigures: what is lost, noise and digits are told apart, also when nobody taps
// any more.
func TestEarFigures(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcma, digits, noise))
	untap := p.tap(func([]int16) {})
	say := func(payload media.Payload, what []byte) {
		p.packet.payload = payload.Type
		p.say(what)
		b.pass(tick)
	}
	sound := loud(codec.ALaw, 1000)
	for i := range 100 {
		switch {
		case i == 50:
			p.packet.header() // is lost
			b.pass(tick)
		case i >= 60 && i < 65: // a digit, whose timestamp stands still
			p.packet.timestamp -= uint32(frame) * uint32(min(1, i-60))
			say(digits, []byte{5, 10, 0, byte(i)})
		case i == 65:
			p.packet.timestamp += 4 * uint32(frame)
			say(pcma, sound)
		case i == 80:
			say(noise, []byte{50})
			b.pass(500 * time.Millisecond)
			p.packet.timestamp += 25 * uint32(frame)
		default:
			say(pcma, sound)
		}
	}
	got := p.to.Stats().Playout
	if got.Concealed != tick || got.Late > 0 || got.Noise < 450*time.Millisecond || got.Delay < tick || got.Delay > 3*tick {
		t.Errorf("figures %+v", got)
	}
	untap()
	if after := p.to.Stats().Playout; after != got {
		t.Errorf("nobody taps: %+v, was %+v", after, got)
	}
	if n := b.Counters().Concealed.Load(); n != 20 {
		t.Errorf("%d ms concealed, want 20", n)
	}
}
