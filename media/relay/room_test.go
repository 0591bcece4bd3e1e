package relay

import (
	"math"
	"net/netip"
	"slices"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/codec"
	"strowger/media/prompt"
)

// speaker is a party that says a tone of its own and keeps what it hears.
type speaker struct {
	*party
	freq  float64
	peak  float64 // 0 is silence
	at    int
	law   codec.Law
	heard [][]byte // packets
}

// speakers are parties with tones 350, 550, ... Hz, one in two of each law.
func (b *bench) speakers(n int) []*speaker {
	b.Helper()
	var all []*speaker
	for i := range n {
		s := &speaker{party: b.join("speaker"), freq: 350 + 100*float64(i), peak: 4000, law: codec.Law(i % 2)}
		s.packet.payload = map[codec.Law]uint8{codec.ULaw: 0, codec.ALaw: 8}[s.law]
		s.update(s.remote([]media.Payload{pcmu, pcma}[i%2], digits))
		all = append(all, s)
	}
	return all
}

// tone is the next packet of what it says.
func (s *speaker) tone() []byte {
	pcm, codes := make([]int16, frame), make([]byte, frame)
	for i := range pcm {
		pcm[i] = int16(s.peak * math.Sin(2*math.Pi*s.freq*float64(s.at)/sampleRate))
		s.at++
	}
	s.law.Encode(codes, pcm)
	return codes
}

// talk has all say their tones for a while.
func talk(all []*speaker, d time.Duration) {
	for range d / tick {
		for _, s := range all {
			s.say(s.tone())
		}
		all[0].pass(tick)
		for _, s := range all {
			s.heard = append(s.heard, heard(s.TB, s.rtp)...)
		}
	}
}

// sound is what it has heard since the last call.
func (s *speaker) sound() []int16 {
	var pcm []int16
	for _, b := range s.heard {
		one := make([]int16, len(b)-minRTP)
		s.law.Decode(one, b[minRTP:])
		pcm = append(pcm, one...)
	}
	s.heard = nil
	return pcm
}

// level is the peak of a tone in sound.
func level(pcm []int16, freq float64) float64 {
	var re, im float64
	pcm = pcm[:len(pcm)/800*800]
	for i, s := range pcm {
		a := 2 * math.Pi * freq * float64(i) / sampleRate
		re, im = re+float64(s)*math.Cos(a), im+float64(s)*math.Sin(a)
	}
	return 2 * math.Hypot(re, im) / float64(max(len(pcm), 1))
}

// hears checks whom it hears, by their tones, in the last half second.
func (s *speaker) hears(all []*speaker, want ...*speaker) {
	s.Helper()
	pcm := s.sound()
	pcm = pcm[max(0, len(pcm)-sampleRate/2):]
	for i, o := range all {
		got := level(pcm, o.freq)
		switch wanted := slices.Contains(want, o); {
		case wanted && math.Abs(got-o.peak) > o.peak/20:
			s.Errorf("speaker at %v Hz hears number %d at %.0f, want %.0f", s.freq, i, got, o.peak)
		case !wanted && got > 100: // less is the noise of G.711
			s.Errorf("speaker at %v Hz hears number %d at %.0f, want nothing", s.freq, i, got)
		}
	}
}

func (s *speaker) listens(to ...*speaker) {
	s.Helper()
	var from []media.Source
	for _, o := range to {
		from = append(from, o.to)
	}
	if err := s.to.Hear(from...); err != nil {
		s.Fatal(err)
	}
}

func TestEachMemberHearsAllOthers(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(6)
	for _, s := range all {
		s.listens(all...)
	}
	if n := len(b.clock.rooms); n != 1 {
		t.Errorf("%d mixes for one conference", n)
	}
	talk(all, time.Second)
	for _, s := range all {
		s.hears(all, slices.DeleteFunc(slices.Clone(all), func(o *speaker) bool { return o == s })...)
	}
	// One is muted, one leaves, one comes late.
	late := b.speakers(7)[6]
	speaking := append(slices.Clone(all[2:]), late)
	all[1].to.Close()
	for _, s := range append(speaking, all[0]) {
		s.listens(speaking...)
	}
	all = append(all, late)
	all[1] = nil
	all = slices.DeleteFunc(all, func(s *speaker) bool { return s == nil })
	talk(all, time.Second)
	for _, s := range all {
		s.hears(all, slices.DeleteFunc(slices.Clone(speaking), func(o *speaker) bool { return o == s })...)
	}
}

// TestPromptInAConference is heard over the others, and its end is told.
func TestPromptInAConference(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(3)
	tone := &media.Prompt{PCM: prompt.Tone(2000, 400*time.Millisecond, -20)}
	for _, s := range all[:2] { // of two, and of three by the mix
		if err := s.to.Hear(all[0].to, all[1].to, all[2].to, tone); err != nil {
			t.Fatal(err)
		}
	}
	all[2].listens(all[0])
	if err := all[2].to.Hear(all[0].to, tone); err != nil {
		t.Fatal(err)
	}
	talk(all, 400*time.Millisecond)
	for i, s := range all {
		if pcm := s.sound(); level(pcm, 2000) < 1500 {
			t.Errorf("%d hears the tone at %.0f", i, level(pcm, 2000))
		}
	}
	talk(all, time.Second)
	for i, s := range all {
		if pcm := s.sound()[sampleRate/2:]; level(pcm, 2000) > 30 || kinds(s.events)[media.Ended] != 1 {
			t.Errorf("%d hears the tone at %.0f still; events %v", i, level(pcm, 2000), s.events)
		}
	}
}

// TestMixInLongPackets: a party that wants 40 ms gets them.
func TestMixInLongPackets(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(4)
	r := all[0].remote(pcmu)
	r.PTime = 40 * time.Millisecond
	all[0].update(r)
	for _, s := range all {
		s.listens(all...)
	}
	talk(all, time.Second)
	for _, p := range all[0].heard {
		if len(p) != minRTP+2*frame {
			t.Fatalf("a packet of %d bytes", len(p))
		}
	}
	all[0].hears(all, all[1:]...)
}

func TestHearIsBounded(t *testing.T) {
	b := newBench(t, testConfig())
	s := b.speakers(1)[0]
	list := make([]media.Source, media.MaxSources+1)
	for i := range list {
		list[i] = s.to
	}
	tone := &media.Prompt{PCM: make([]int16, frame)}
	for name, from := range map[string][]media.Source{"many": list, "prompts": {tone, tone}} {
		if err := s.to.Hear(from...); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestMixDoesNotAllocate(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(5)
	for _, s := range all {
		s.listens(all[:4]...)
	}
	talk(all, 100*time.Millisecond)
	if n := testing.AllocsPerRun(sweepEvery/2, func() { b.clock.tick(b.time) }); n != 0 {
		t.Errorf("%v allocations a tick", n)
	}
}

// BenchmarkConference is a tick of 30 members, each with a packet in and one out, but for
// the system call by which it comes.
func BenchmarkConference(b *testing.B) {
	bench := newBench(b, testConfig())
	all := bench.speakers(30)
	for _, s := range all {
		s.listens(all...)
	}
	talk(all, 100*time.Millisecond)
	b.ReportAllocs()
	var from []netip.AddrPort
	for _, s := range all {
		from = append(from, addrOf(s.rtp))
	}
	packet, scratch, sound := make([]byte, 0, MaxPacket), make([]byte, MaxPacket), all[0].tone()
	for b.Loop() {
		for i, s := range all {
			packet = append(append(packet[:0], s.packet.header()...), sound...)
			s.to.(*endpoint).handle(bench.time, false, from[i], packet, scratch)
		}
		bench.time = bench.time.Add(tick)
		bench.clock.tick(bench.time)
	}
}
