package relay

import (
	"errors"
	"slices"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

// record collects what an endpoint hears.
func (p *party) record() *[]int16 {
	p.Helper()
	heard := &[]int16{}
	p.tap(func(pcm []int16) { *heard = append(*heard, pcm...) })
	return heard
}

// tap has the party's sound written.
func (p *party) tap(write func(pcm []int16)) (untap func()) {
	p.Helper()
	untap, err := p.to.Tap(write)
	if err != nil {
		p.Fatal(err)
	}
	return untap
}

// loud is a packet of one value.
func loud(law codec.Law, value int16) []byte {
	pcm := make([]int16, frame)
	for i := range pcm {
		pcm[i] = value
	}
	codes := make([]byte, frame)
	law.Encode(codes, pcm)
	return codes
}

// frames is the sample in the middle of each frame, rounded as G.711 rounds.
func frames(pcm []int16) []int {
	var f []int
	for i := 0; i < len(pcm); i += frame {
		f = append(f, int(pcm[i+frame/2]+500)/1000)
	}
	return f
}

func TestTapOrdersAndFillsGaps(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcma))
	p.packet.payload = pcma.Type
	got := p.record()
	b.pass(tick) // silence before the first packet
	packet := func(value int16) []byte { return p.packet.next(loud(codec.ALaw, value)) }
	one, two, _, four := packet(1000), packet(2000), packet(3000), packet(4000)
	p.sendFrom(p.rtp, one)
	b.pass(3 * tick)
	p.sendFrom(p.rtp, four) // three is lost, two comes after four
	p.sendFrom(p.rtp, two)
	b.pass(8 * tick)
	want := []int{0, 0, 0, 0, 1, 2, 2, 4, 4, 2, 1, 0} // what is missing is made up, and fades
	for i, v := range frames(*got) {
		if i >= len(want) || v != want[i] {
			t.Fatalf("frames are %v, want %v", frames(*got), want)
		}
	}
	if len(*got) != len(want)*frame {
		t.Errorf("%d frames, want %d", len(*got)/frame, len(want))
	}
}

func TestTapFollowsALatePacket(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu))
	got := p.record()
	p.say(loud(codec.ULaw, 1000))
	b.pass(10 * tick)
	p.say(loud(codec.ULaw, 2000)) // its time is long past
	b.pass(5 * tick)
	f := frames(*got)
	if at := slices.Index(f, 2); f[3] != 1 || at < 10 || at > 13 {
		t.Errorf("frames are %v, want 1 at 3 and 2 from 10 to 13", f)
	}
}

func TestTapEnds(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu))
	first, second := 0, 0
	untap := p.tap(func([]int16) { first++ })
	p.tap(func([]int16) { second++ })
	b.pass(2 * tick)
	untap()
	untap()
	b.pass(time.Second)
	if want := 2 + int(time.Second/tick); first != 2 || second != want {
		t.Errorf("%d and %d frames, want 2 and %d", first, second, want)
	}
	p.to.Close()
	b.pass(time.Second)
	if want := 2 + int(time.Second/tick); second != want {
		t.Error("a closed endpoint is still heard")
	}
	untap()
	if _, err := p.to.Tap(func([]int16) {}); !errors.Is(err, media.ErrClosed) {
		t.Errorf("a closed endpoint can be tapped: %v", err)
	}
}

func TestTapsAreBounded(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	var last func()
	for range maxTaps {
		last = p.tap(func([]int16) {})
	}
	if _, err := p.to.Tap(func([]int16) {}); err == nil {
		t.Errorf("more than %d taps", maxTaps)
	}
	last()
	p.tap(func([]int16) {})
}
