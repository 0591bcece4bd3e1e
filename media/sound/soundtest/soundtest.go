// Package soundtest measures sound in tests: how loud it is, what it consists of, and
// whether it is like other sound.
package soundtest

import "math"

// SampleRate is that of all sound here, in Hz.
const SampleRate = 8000

// RMS is the root mean square of sound, in units of a sample; 0 of none.
func RMS(pcm []int16) float64 {
	if len(pcm) == 0 {
		return 0
	}
	var power float64
	for _, s := range pcm {
		power += float64(s) * float64(s)
	}
	return math.Sqrt(power / float64(len(pcm)))
}

// Level is the RMS in dB of full scale: a full sine has -3, silence -Inf.
func Level(pcm []int16) float64 { return 20 * math.Log10(RMS(pcm)/32768) }

// Share is the part of the power that is at hz, from 0 to 1; 0 of silence (Goertzel).
func Share(pcm []int16, hz float64) float64 {
	coefficient := 2 * math.Cos(2*math.Pi*hz/SampleRate)
	var s1, s2, power float64
	for _, s := range pcm {
		x := float64(s)
		s1, s2, power = x+coefficient*s1-s2, s1, power+x*x
	}
	if power == 0 {
		return 0
	}
	return 2 * (s1*s1 + s2*s2 - coefficient*s1*s2) / (float64(len(pcm)) * power)
}

// Loudness is the RMS of each whole 10 ms.
func Loudness(pcm []int16) []float64 {
	const window = SampleRate / 100
	out := make([]float64, 0, len(pcm)/window)
	for ; len(pcm) >= window; pcm = pcm[window:] {
		out = append(out, RMS(pcm[:window]))
	}
	return out
}

// Correlation is how alike two courses of Loudness are, from -1 to 1, over the length of
// the shorter one; 0 if one does not vary.
func Correlation(a, b []float64) float64 {
	n := min(len(a), len(b))
	var ma, mb, ab, aa, bb float64
	for i := range n {
		ma, mb = ma+a[i]/float64(n), mb+b[i]/float64(n)
	}
	for i := range n {
		x, y := a[i]-ma, b[i]-mb
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}
