package relay

import (
	"bytes"
	"math"
	"testing"
	"time"

	"strowger/media/codec"
)

// wideSpeaker says tones of 16000 samples a second in G.722.
type wideSpeaker struct {
	*party
	encoder codec.G722Encoder
	hz      []float64
	at      int
	quiet   bool
}

func (b *bench) wide(hz ...float64) *wideSpeaker {
	b.Helper()
	s := &wideSpeaker{party: b.join("speaker"), hz: hz}
	s.packet.payload = g722.Type
	s.update(s.remote(g722, digits))
	return s
}

// next is the next packet of what it says.
func (s *wideSpeaker) next() []byte {
	pcm, codes := make([]int16, 2*frame), make([]byte, frame)
	for i := range pcm {
		for _, f := range s.hz {
			if !s.quiet {
				pcm[i] += int16(4000 * math.Sin(2*math.Pi*f*float64(s.at)/(2*sampleRate)))
			}
		}
		s.at++
	}
	s.encoder.Encode(codes, pcm)
	return codes
}

// wideStrength is the amplitude of a frequency in sound of 16000 samples a second.
func wideStrength(pcm []int16, hz float64) float64 { return strength(pcm, hz/2) }

// TestWhisperInG722: a supervisor who comes, whispers, barges in and goes is no gap in what
// the agent hears of the caller: each packet comes at once, in one unbroken stream, unchanged
// until the supervisor speaks, and with all of the caller's band after that.
func TestWhisperInG722(t *testing.T) {
	b := newBench(t, testConfig())
	caller, agent, boss := b.wide(1000, 6000), b.wide(500), b.wide(2000)
	hears := func(to, from *wideSpeaker, others ...*wideSpeaker) {
		t.Helper()
		s := &speaker{party: to.party}
		all := []*speaker{{party: from.party}}
		for _, o := range others {
			all = append(all, &speaker{party: o.party})
		}
		s.listens(all...)
	}
	var said, got [][]byte
	speak := func(packets int) {
		for range packets {
			codes := caller.next()
			said = append(said, bytes.Clone(codes))
			caller.say(codes)
			agent.say(agent.next())
			if boss != nil {
				boss.say(boss.next())
			}
			b.pass(tick)
			packets := heard(t, agent.rtp)
			if len(packets) != 1 {
				t.Fatalf("%d packets in one packet time, after %d", len(packets), len(said))
			}
			got = append(got, packets...)
		}
	}
	hears(caller, agent)
	hears(agent, caller)
	boss.quiet = true
	speak(20)
	hears(boss, caller, agent)
	hears(agent, caller, boss)
	speak(20)
	quiet := len(said)
	boss.quiet = false
	speak(30)
	hears(caller, agent, boss)
	speak(10)
	spoke := len(said)
	hears(agent, caller)
	hears(caller, agent)
	boss.to.Close()
	boss = nil
	speak(20)

	var pcm []int16
	decoder := codec.G722Decoder{}
	first := headers(t, got)[0]
	for i, h := range headers(t, got) {
		if h.seq != first.seq+uint16(i) || h.timestamp != first.timestamp+uint32(i*frame) || h.marker != (i == 0) || h.payload != g722.Type {
			t.Fatalf("packet %d: %+v", i, h)
		}
		codes := got[i][h.start:h.end]
		if i < quiet && !bytes.Equal(codes, said[i]) {
			t.Fatalf("packet %d is changed, and nobody whispers", i)
		}
		sound := make([]int16, 2*frame)
		decoder.Decode(sound, codes)
		pcm = append(pcm, sound...)
	}
	for i := 1; i < len(got); i++ { // each 20 ms
		part := pcm[i*2*frame : (i+1)*2*frame]
		for _, hz := range caller.hz {
			if level := wideStrength(part, hz); math.Abs(level-4000) > 600 {
				t.Errorf("the caller's %v Hz in packet %d: %.0f, want 4000", hz, i, level)
			}
		}
	}
	whispered := pcm[(quiet+10)*2*frame : spoke*2*frame]
	if level := wideStrength(whispered, 2000); math.Abs(level-4000) > 400 {
		t.Errorf("the agent hears the supervisor at %.0f, want 4000", level)
	}
	for name, part := range map[string][]int16{"before": pcm[:quiet*2*frame], "after": pcm[(spoke+2)*2*frame:]} {
		if level := wideStrength(part, 2000); level > 100 {
			t.Errorf("the agent hears the supervisor %s at %.0f", name, level)
		}
	}
}

// TestWhisperBetweenCodecs: who hears by G.722 what comes in G.711, or the other way round,
// gets every packet at once too.
func TestWhisperBetweenCodecs(t *testing.T) {
	for name, reversed := range map[string]bool{"G.711 to G.722": false, "G.722 to G.711": true} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, testConfig())
			all := b.speakers(2)
			boss := all[1]
			caller, agent := all[0].party, b.wide(500).party
			say := all[0].tone
			if reversed {
				w := b.wide(350)
				caller, agent, say = w.party, all[0].party, w.next
			}
			ears := &speaker{party: agent}
			ears.listens(&speaker{party: caller})
			var got [][]byte
			for i := range 60 {
				if i == 20 {
					ears.listens(&speaker{party: caller}, boss)
				}
				caller.say(say())
				boss.say(boss.tone())
				b.pass(tick)
				packets := heard(t, agent.rtp)
				if len(packets) != 1 {
					t.Fatalf("%d packets after %d", len(packets), i)
				}
				got = append(got, packets...)
			}
			first := headers(t, got)[0]
			for i, h := range headers(t, got) {
				if h.seq != first.seq+uint16(i) || h.timestamp != first.timestamp+uint32(i*frame) || h.marker != (i == 0) {
					t.Fatalf("packet %d: %+v", i, h)
				}
			}
			format, payload := codec.G722, g722.Type
			if reversed {
				format, payload = codec.PCMU, 0
			}
			pcm := decode(t, got, format, payload)
			for i := 2; i < 60; i++ {
				if level := strength(pcm[i*frame:(i+1)*frame], 350); math.Abs(level-4000) > 600 {
					t.Errorf("the caller in packet %d: %.0f, want 4000", i, level)
				}
			}
			if level := strength(pcm[35*frame:], boss.freq); math.Abs(level-4000) > 400 {
				t.Errorf("the supervisor is heard at %.0f, want 4000", level)
			}
		})
	}
}

// TestWhisperInLongPackets: what waited to be packed when a supervisor comes is not lost.
func TestWhisperInLongPackets(t *testing.T) {
	b := newBench(t, testConfig())
	all := b.speakers(3)
	caller, boss, agent := all[0], all[1], all[2]
	r := agent.remote(pcmu, digits)
	r.PTime = 60 * time.Millisecond
	agent.update(r)
	agent.listens(caller)
	boss.peak = 0
	var said, got []byte
	for i := range 40 {
		if i == 20 { // in the midst of a packet
			agent.listens(caller, boss)
		}
		codes := caller.tone()
		said = append(said, codes...)
		caller.say(codes)
		boss.say(boss.tone())
		b.pass(tick)
		for _, p := range heard(t, agent.rtp) {
			got = append(got, p[minRTP:]...)
		}
	}
	if !bytes.Equal(got, said) {
		t.Errorf("%d bytes of %d were heard, or others", len(got), len(said))
	}
}
