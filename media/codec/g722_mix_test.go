package codec

import (
	"bytes"
	"math"
	"testing"
)

// wave is a sum of sines.
func wave(rate float64, samples int, peak float64, hz ...float64) []int16 {
	pcm := make([]int16, samples)
	for i := range pcm {
		var sum float64
		for _, f := range hz {
			sum += peak * math.Sin(2*math.Pi*f*float64(i)/rate)
		}
		pcm[i] = int16(sum)
	}
	return pcm
}

// part is the peak of a frequency.
func part(pcm []int16, rate, hz float64) float64 {
	var re, im float64
	for i, s := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / rate)
		re, im = re+float64(s)*cos, im+float64(s)*sin
	}
	return 2 * math.Hypot(re, im) / float64(len(pcm))
}

// TestG722Mixer: packets pass unchanged until something is added; then both are heard, at
// their loudness, and what lies above 4 kHz stays; nothing is lost at the switch.
func TestG722Mixer(t *testing.T) {
	const rate, packet = 16000, 160
	var encoder G722Encoder
	codes := make([]byte, 100*packet)
	encoder.Encode(codes, wave(rate, 2*len(codes), 4000, 1000, 6000))
	was := bytes.Clone(codes)
	added := wave(8000, len(codes), 4000, 300)
	var m G722Mixer
	low, beside := make([]int16, packet), make([]int16, packet)
	for i := 10; i < 100; i++ { // it comes into the midst of a stream
		at := codes[i*packet:][:packet]
		m.Follow(low, at)
		m.Low(beside, added[i*packet:][:packet])
		if i >= 50 && i < 80 {
			for k := range low {
				low[k] += beside[k]
			}
			m.Put(at, low)
		} else {
			m.Pass(at, low)
		}
	}
	if !bytes.Equal(codes[:50*packet], was[:50*packet]) {
		t.Error("packets to which nothing was added are changed")
	}
	pcm := make([]int16, 2*len(codes))
	new(G722Decoder).Decode(pcm, codes)
	heard := func(from, to int, hz, want float64) {
		t.Helper()
		if got := part(pcm[from*2*packet:to*2*packet], rate, hz); math.Abs(got-want) > 200 {
			t.Errorf("%v Hz in packets %d to %d: %.0f, want %.0f", hz, from, to, got, want)
		}
	}
	for from := 10; from < 100; from += 5 {
		heard(from, from+5, 1000, 4000)
		heard(from, from+5, 6000, 4000)
	}
	heard(30, 50, 300, 0)
	heard(52, 80, 300, 4000)
	heard(82, 100, 300, 0)
	for i := 49; i < 53; i++ { // no click, no hole
		loudest := 0.0
		for _, s := range pcm[i*2*packet : (i+1)*2*packet] {
			loudest = max(loudest, math.Abs(float64(s)))
		}
		if loudest < 6000 || loudest > 12600 {
			t.Errorf("packet %d: its loudest sample is %.0f", i, loudest)
		}
	}
}

func TestG722MixerDoesNotAllocate(t *testing.T) {
	var m G722Mixer
	codes, low, beside := make([]byte, 480), make([]int16, 480), make([]int16, 480)
	if n := testing.AllocsPerRun(10, func() {
		m.Follow(low, codes)
		m.Low(beside, low)
		m.Put(codes, beside)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
