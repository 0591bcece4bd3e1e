package relay

import (
	"testing"
	"time"

	"strowger/media/codec"
)

// record collects what an endpoint hears.
func (p *party) record() *[]int16 {
	p.Helper()
	heard := &[]int16{}
	if err := p.to.Record(func(pcm []int16) { *heard = append(*heard, pcm...) }); err != nil {
		p.Fatal(err)
	}
	return heard
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

// frames is the first sample of each frame, rounded as G.711 rounds.
func frames(pcm []int16) []int {
	var f []int
	for i := 0; i < len(pcm); i += frame {
		f = append(f, int(pcm[i]+500)/1000)
	}
	return f
}

func TestRecordOrdersAndFillsGaps(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcma))
	p.packet.payload = pcma.Type
	got := p.record()
	b.pass(tick) // silence before the first packet
	packet := func(value int16) []byte { return p.packet.next(loud(codec.ALaw, value)) }
	one, two, _, four := packet(1000), packet(2000), packet(3000), packet(4000)
	p.sendFrom(p.rtp, one)
	p.sendFrom(p.rtp, four) // three is lost, two comes after four
	p.sendFrom(p.rtp, two)
	b.pass(8 * tick)
	want := []int{0, 0, 0, 0, 1, 2, 0, 4, 0}
	for i, v := range frames(*got) {
		if i >= len(want) || v != want[i] {
			t.Fatalf("frames are %v, want %v", frames(*got), want)
		}
	}
	if len(*got) != len(want)*frame {
		t.Errorf("%d frames, want %d", len(*got)/frame, len(want))
	}
}

func TestRecordFollowsALatePacket(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu))
	got := p.record()
	p.say(loud(codec.ULaw, 1000))
	b.pass(10 * tick)
	p.say(loud(codec.ULaw, 2000)) // its time is long past
	b.pass(5 * tick)
	f := frames(*got)
	if f[3] != 1 || f[13] != 2 {
		t.Errorf("frames are %v, want 1 at 3 and 2 at 13", f)
	}
}

func TestRecordEnds(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(pcmu))
	got := p.record()
	b.pass(2 * tick)
	if err := p.to.Record(nil); err != nil {
		t.Fatal(err)
	}
	b.pass(time.Second)
	if len(*got) != 2*frame {
		t.Errorf("%d frames, want 2", len(*got)/frame)
	}
	again := p.record()
	p.to.Close()
	b.pass(time.Second)
	if len(*again) != 0 {
		t.Error("a closed endpoint is still recorded")
	}
	if p.to.Record(nil) == nil {
		t.Error("a closed endpoint can be recorded")
	}
}
