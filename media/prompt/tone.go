package prompt

import (
	"math"
	"time"
)

// Tone is a sine of freq Hz for d, its peak at level dB relative to full scale
// (at most 0; -10 is a comfortable loudness).
func Tone(freq float64, d time.Duration, level float64) []int16 {
	out := make([]int16, samplesIn(d))
	peak := peakOf(level)
	for i := range out {
		out[i] = int16(peak * math.Sin(2*math.Pi*freq*float64(i)/SampleRate))
	}
	return out
}

// ToneShare is, for each whole window of 100 ms, the share of the power that is at
// freq Hz, which should be a multiple of 10: 1 for the pure tone, 0 for silence
// (Goertzel).
func ToneShare(samples []int16, freq float64) []float64 {
	const window = SampleRate / 10
	out := make([]float64, 0, len(samples)/window)
	for ; len(samples) >= window; samples = samples[window:] {
		out = append(out, goertzel(samples[:window], freq))
	}
	return out
}

func goertzel(samples []int16, freq float64) float64 {
	coefficient := 2 * math.Cos(2*math.Pi*freq/SampleRate)
	var s1, s2, power float64
	for _, sample := range samples {
		x := float64(sample)
		power += x * x
		s1, s2 = x+coefficient*s1-s2, s1
	}
	if power == 0 {
		return 0
	}
	return 2 * (s1*s1 + s2*s2 - coefficient*s1*s2) / (float64(len(samples)) * power)
}

func samplesIn(d time.Duration) int { return int(max(d, 0) * SampleRate / time.Second) }

func peakOf(level float64) float64 { return math.MaxInt16 * math.Pow(10, min(level, 0)/20) }
