package relay

import (
	"math"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

var g722 = media.Payload{Type: 9, Encoding: "G722", Clock: 8000}

// tone is a sine of 8000 samples a second.
func tone(hz, amplitude float64, samples int) []int16 {
	pcm := make([]int16, samples)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/sampleRate)))
	}
	return pcm
}

// strength is the amplitude of a frequency in sound.
func strength(pcm []int16, hz float64) float64 {
	var re, im float64
	for i, s := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / sampleRate)
		re, im = re+float64(s)*cos, im+float64(s)*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(pcm))
}

// sounds tells whether a tone of amplitude 8000 is in sound at its level, and that of
// no others.
func sounds(t *testing.T, what string, pcm []int16, hz float64, others ...float64) {
	t.Helper()
	if level := 20 * math.Log10(strength(pcm, hz)/8000); math.Abs(level) > 1 {
		t.Errorf("%s: %v Hz came with %.1f dB", what, hz, level)
	}
	for _, other := range others {
		if level := 20 * math.Log10(strength(pcm, other)/8000); level > -35 {
			t.Errorf("%s: %v Hz is there with %.1f dB", what, other, level)
		}
	}
}

// decode is the sound of packets in a format.
func decode(t *testing.T, packets [][]byte, f codec.Format, payload uint8) []int16 {
	t.Helper()
	var pcm []int16
	var decoder codec.Decoder
	for i, h := range headers(t, packets) {
		if h.payload != payload {
			t.Fatalf("packet %d is of type %d, want %d", i, h.payload, payload)
		}
		sound := make([]int16, h.end-h.start)
		decoder.Decode(f, sound, packets[i][h.start:h.end])
		pcm = append(pcm, sound...)
	}
	return pcm
}

// TestTranscode: a party with G.722 and one with G.711 hear each other's tone, packet
// by packet, and each packet keeps its time.
func TestTranscode(t *testing.T) {
	for name, law := range map[string]struct {
		payload media.Payload
		format  codec.Format
	}{"PCMU": {pcmu, codec.PCMU}, "PCMA": {pcma, codec.PCMA}} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, testConfig())
			wide, narrow := b.bridge(g722, law.payload)
			wide.packet.payload, narrow.packet.payload = 9, law.payload.Type
			const packets = 50
			var fromWide, fromNarrow codec.Encoder
			for i := range packets {
				codes := make([]byte, frame)
				fromWide.Encode(codec.G722, codes, tone(500, 8000, packets*frame)[i*frame:][:frame])
				wide.say(codes)
				fromNarrow.Encode(law.format, codes, tone(1300, 8000, packets*frame)[i*frame:][:frame])
				narrow.say(codes)
				b.time = b.time.Add(tick)
			}
			atNarrow, atWide := heard(t, narrow.rtp), heard(t, wide.rtp)
			hs := headers(t, atNarrow)
			if len(hs) != packets || len(atWide) != packets {
				t.Fatalf("%d and %d packets, want %d", len(atNarrow), len(atWide), packets)
			}
			for i, h := range hs {
				if h.seq != hs[0].seq+uint16(i) || h.timestamp != hs[0].timestamp+uint32(i*frame) || h.end-h.start != frame {
					t.Errorf("packet %d: %+v", i, h)
				}
			}
			sounds(t, "G.722 in G.711", decode(t, atNarrow, law.format, law.payload.Type)[2*frame:], 500, 1300, 1000, 1500)
			sounds(t, "G.711 in G.722", decode(t, atWide, codec.G722, 9)[2*frame:], 1300, 500, 2600, 3900)
			if n := b.Counters().Transcoded.Load(); n != 2*packets {
				t.Errorf("%d packets transcoded, want %d", n, 2*packets)
			}
			if s := wide.to.Stats(); s.Converted != packets || s.SRTP != "" {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

// TestTranscodeOnlyWhatNeedsIt: what a listener has in common passes untouched.
func TestTranscodeOnlyWhatNeedsIt(t *testing.T) {
	for _, tt := range []struct {
		name      string
		says      media.Payload
		listens   []media.Payload
		want      uint8
		untouched bool
	}{
		{"G.722 to both", g722, []media.Payload{pcmu, g722}, 9, true},
		{"mu-law to A-law and G.722", pcmu, []media.Payload{g722, pcma}, 8, false},
		{"G.722 to digits and mu-law", g722, []media.Payload{digits, pcmu}, 0, false},
	} {
		b := newBench(t, testConfig())
		speaker, listener := b.join("speaker"), b.join("listener")
		speaker.update(speaker.remote(tt.says))
		listener.update(listener.remote(tt.listens...))
		listener.hear(speaker.to)
		speaker.packet.payload = tt.says.Type
		speaker.say(sound(1))
		packets := heard(t, listener.rtp)
		if len(packets) != 1 {
			t.Fatalf("%s: %d packets", tt.name, len(packets))
		}
		h := headers(t, packets)[0]
		if same := string(packets[0][h.start:h.end]) == string(sound(1)); h.payload != tt.want || same != tt.untouched {
			t.Errorf("%s: type %d, untouched %v", tt.name, h.payload, same)
		}
	}
}

// TestPromptInG722: who has nothing but G.722 hears a prompt in it.
func TestPromptInG722(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("caller")
	p.update(p.remote(g722))
	p.hear(&media.Prompt{PCM: tone(1000, 8000, sampleRate)})
	b.pass(time.Second)
	sounds(t, "prompt", decode(t, heard(t, p.rtp), codec.G722, 9)[2*frame:], 1000, 500, 2000)
}

// TestTapHearsG722: a tap has the sound of a party that speaks G.722.
func TestTapHearsG722(t *testing.T) {
	b := newBench(t, testConfig())
	p := b.join("party")
	p.update(p.remote(g722))
	p.packet.payload = 9
	got := p.record()
	var encoder codec.Encoder
	for i := range 50 {
		codes := make([]byte, frame)
		encoder.Encode(codec.G722, codes, tone(1000, 8000, 50*frame)[i*frame:][:frame])
		p.say(codes)
		b.pass(tick)
	}
	sounds(t, "tap", (*got)[8*frame:], 1000, 500, 2000)
}
