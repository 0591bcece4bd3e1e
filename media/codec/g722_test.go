package codec

import (
	"encoding/binary"
	"math"
	"os"
	"testing"

	"strowger/media/sound/soundtest"
)

// samples reads 16-bit little-endian sound.
func samples(t *testing.T, name string) []int16 {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, len(b)/2)
	if _, err := binary.Decode(b, binary.LittleEndian, pcm); err != nil {
		t.Fatal(err)
	}
	return pcm
}

// TestG722IsThatOfOthers: a sweep, noise and squares of full scale, silence, two
// tones and noise that swells, as ffmpeg 5.1 encodes and decodes it:
//
//	ffmpeg -f s16le -ar 16000 -ac 1 -i g722.s16 -c:a g722 -f g722 g722.g722
//	ffmpeg -f g722 -i g722.g722 -f s16le g722-decoded.s16
//
// spandsp 0.0.6 encodes it to the same bytes.
func TestG722IsThatOfOthers(t *testing.T) {
	coded, err := os.ReadFile("testdata/g722.g722")
	if err != nil {
		t.Fatal(err)
	}
	pcm := samples(t, "testdata/g722.s16")
	got := make([]byte, len(pcm)/2)
	var encoder G722Encoder
	encoder.Encode(got[:1], pcm[:3]) // in pieces, as packets are; an odd sample is left out
	encoder.Encode(got[1:], pcm[2:])
	for i := range coded {
		if got[i] != coded[i] {
			t.Fatalf("byte %d is %#x, want %#x", i, got[i], coded[i])
		}
	}
	want := samples(t, "testdata/g722-decoded.s16")
	back := make([]int16, 2*len(coded))
	var decoder G722Decoder
	decoder.Decode(back, coded[:1])
	decoder.Decode(back[2:], coded[1:])
	for i := range want {
		if back[i] != want[i] {
			t.Fatalf("sample %d is %d, want %d", i, back[i], want[i])
		}
	}
}

// tone is a sine of an amplitude.
func tone(hz, amplitude float64, rate, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// strength is the amplitude of a frequency in sound.
func strength(pcm []int16, hz float64, rate int) float64 {
	var re, im float64
	for i, s := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / float64(rate))
		re, im = re+float64(s)*cos, im+float64(s)*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(pcm))
}

func decibels(ratio float64) float64 { return 20 * math.Log10(ratio) }

// TestTonesBetweenFormats: a tone comes out at its level, and little else, whatever
// the formats are.
func TestTonesBetweenFormats(t *testing.T) {
	const amplitude, settle, n = 8000, 800, 8000
	for _, from := range []Format{PCMU, PCMA, G722} {
		for _, to := range []Format{PCMU, PCMA, G722} {
			for _, hz := range []float64{300, 440, 1000, 2500, 3300} {
				coded, back := make([]byte, n), make([]int16, n)
				var encoder Encoder
				encoder.Encode(from, coded, tone(hz, amplitude, 8000, n))
				var through Transcoder
				through.Transcode(from, to, coded, coded)
				var decoder Decoder
				decoder.Decode(to, back, coded)
				heard := back[settle:]
				if level := decibels(strength(heard, hz, 8000) / amplitude); math.Abs(level) > 0.5 {
					t.Errorf("%d to %d: %v Hz is changed by %.2f dB", from, to, hz, level)
				}
				tonePower := strength(heard, hz, 8000) / math.Sqrt2
				rest := math.Sqrt(max(0, soundtest.RMS(heard)*soundtest.RMS(heard)-tonePower*tonePower))
				if noise := decibels(rest / tonePower); noise > -25 {
					t.Errorf("%d to %d: beside %v Hz there is noise of %.1f dB", from, to, hz, noise)
				}
			}
		}
	}
}

// TestDelayThroughG722: a click comes out where the filters say.
func TestDelayThroughG722(t *testing.T) {
	pcm, coded, back := make([]int16, 400), make([]byte, 400), make([]int16, 400)
	for i := range 8 {
		pcm[100+i] = 20000
	}
	var encoder Encoder
	encoder.Encode(G722, coded, pcm)
	var decoder Decoder
	decoder.Decode(G722, back, coded)
	best, at := 0, 0
	for lag := range 60 {
		sum := 0
		for i := range 8 {
			sum += int(back[100+lag+i])
		}
		if sum > best {
			best, at = sum, lag
		}
	}
	// Both ways of the filter bank are 22 samples of 16000 Hz.
	if want := (2*HalfDelay + 22) / 2; at < want-1 || at > want+1 {
		t.Errorf("a delay of %d samples, want %d", at, want)
	}
}

func TestHalfBand(t *testing.T) {
	const n = 16000
	for _, tt := range []struct {
		hz       float64
		from, to float64 // dB
	}{{50, -0.1, 0.1}, {1000, -0.1, 0.1}, {3400, -0.3, 0.1}, {4700, -200, -50}, {6000, -200, -50}, {7900, -200, -50}} {
		out := make([]int16, n/2)
		var d Decimator
		d.Halve(out[:100], tone(tt.hz, 10000, 16000, n)[:200])
		d.Halve(out[100:], tone(tt.hz, 10000, 16000, n)[200:])
		if level := decibels(max(soundtest.RMS(out[100:]), 1e-6) * math.Sqrt2 / 10000); level < tt.from || level > tt.to {
			t.Errorf("%v Hz of 16000 became %.2f dB", tt.hz, level)
		}
	}
	for _, hz := range []float64{50, 1000, 3400} {
		out := make([]int16, n)
		var p Interpolator
		p.Double(out, tone(hz, 10000, 8000, n/2))
		heard := out[100:]
		if level := decibels(strength(heard, hz, 16000) / 10000); math.Abs(level) > 0.3 {
			t.Errorf("%v Hz of 8000 became %.2f dB", hz, level)
		}
		if image := decibels(strength(heard, 8000-hz, 16000) / 10000); image > -50 {
			t.Errorf("%v Hz has an image at %v Hz of %.1f dB", hz, 8000-hz, image)
		}
	}
}

func TestCodecsDoNotAllocate(t *testing.T) {
	packet := make([]byte, 160)
	var through Transcoder
	if n := testing.AllocsPerRun(20, func() {
		through.Transcode(G722, PCMA, packet, packet)
		through.Transcode(PCMA, G722, packet, packet)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzG722: any bytes decode, and what comes out can be encoded.
func FuzzG722(f *testing.F) {
	f.Add([]byte{0, 0xFF, 0x80, 0x7F})
	f.Fuzz(func(t *testing.T, b []byte) {
		pcm := make([]int16, 2*len(b))
		var decoder G722Decoder
		decoder.Decode(pcm, b)
		var encoder G722Encoder
		encoder.Encode(make([]byte, len(b)), pcm)
	})
}

func BenchmarkG722(b *testing.B) {
	packet := make([]byte, 160)
	var through Transcoder
	b.Run("to PCMA", func(b *testing.B) {
		for b.Loop() {
			through.Transcode(G722, PCMA, packet, packet)
		}
	})
	b.Run("from PCMA", func(b *testing.B) {
		for b.Loop() {
			through.Transcode(PCMA, G722, packet, packet)
		}
	})
}
