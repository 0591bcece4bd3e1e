package music

import (
	"math"
	"testing"
	"time"

	"strowger/media/sound/soundtest"
)

// TestDefault: long enough not to annoy, never silent, never loud, without a seam, and
// no tone that stands.
func TestDefault(t *testing.T) {
	began := time.Now()
	p := Default()
	t.Logf("made in %v", time.Since(began))
	if again := Default(); again != p {
		t.Error("it is made twice")
	}
	length := time.Duration(len(p.PCM)) * time.Second / sampleRate
	if !p.Live || length < 45*time.Second || length > 2*time.Minute {
		t.Errorf("live %t, %v", p.Live, length)
	}
	loudest := 0
	for _, s := range p.PCM {
		loudest = max(loudest, int(s), -int(s))
	}
	if rms := soundtest.Level(p.PCM); math.Abs(rms-level) > 1 || float64(loudest) > 32768*decibels(peak) {
		t.Errorf("RMS %.1f dB, loudest %d", rms, loudest)
	}
	for at := 0; at+sampleRate <= len(p.PCM); at += sampleRate {
		second := p.PCM[at : at+sampleRate]
		if rms := soundtest.Level(second); rms < -40 || rms > -15 {
			t.Errorf("second %d: %.1f dB", at/sampleRate, rms)
		}
		for hz := 200.0; hz < 1600; hz += 10 {
			if share := soundtest.Share(second, hz); share > 0.9 {
				t.Errorf("second %d is a beep of %g Hz: %.2f", at/sampleRate, hz, share)
			}
		}
	}
	steepest := 0
	for i := range p.PCM[1:] {
		steepest = max(steepest, absolute(int(p.PCM[i+1])-int(p.PCM[i])))
	}
	if seam := absolute(int(p.PCM[0]) - int(p.PCM[len(p.PCM)-1])); seam > steepest {
		t.Errorf("the seam jumps by %d, the steepest elsewhere by %d", seam, steepest)
	}
}

func absolute(x int) int { return max(x, -x) }
