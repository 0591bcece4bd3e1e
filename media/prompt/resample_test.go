package prompt

import (
	"math"
	"testing"

	"strowger/media/sound/soundtest"
)

// TestResample: a tone within the band of a telephone comes through as it was, one
// above it is gone and does not fold back into the band.
func TestResample(t *testing.T) {
	for _, rate := range rates[1:] {
		for _, hz := range []float64{300, 1000, 3000, 3400} {
			out := resample(sine(hz, int(rate)), int(rate))
			if len(out) != SampleRate {
				t.Fatalf("%d Hz: %d samples of a second", rate, len(out))
			}
			middle := out[1000 : SampleRate-1000]
			want := peakOf(-6) / math.Sqrt2
			if level := 20 * math.Log10(soundtest.RMS(middle)/want); math.Abs(level) > 0.3 {
				t.Errorf("%d Hz: a tone of %g Hz comes out at %.2f dB", rate, hz, level)
			}
			for i, share := range ToneShare(middle, hz) {
				if share < 0.998 {
					t.Errorf("%d Hz: window %d of %g Hz: %.4f", rate, i, hz, share)
				}
			}
		}
		for hz := 4400.0; hz < float64(rate)/2; hz += 700 {
			out := resample(sine(hz, int(rate)), int(rate))
			if level := 20 * math.Log10(soundtest.RMS(out[1000:SampleRate-1000])/peakOf(-6)); level > -50 {
				t.Errorf("%d Hz: %g Hz folds back at %.0f dB", rate, hz, level)
			}
		}
	}
	if out := resample(nil, 44100); len(out) != 0 {
		t.Errorf("nothing becomes %d samples", len(out))
	}
}

func sine(hz float64, rate int) []int16 {
	out := make([]int16, rate)
	for i := range out {
		out[i] = int16(math.Round(peakOf(-6) * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return out
}
