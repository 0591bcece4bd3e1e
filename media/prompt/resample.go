package prompt

import "math"

// taps is the length of the low-pass filter on each side of a sample, in samples of
// the lower rate: enough for 60 dB at a transition of some 400 Hz.
const taps = 24

// resample brings sound from another rate to SampleRate, with what does not fit under
// half of that filtered out: a sinc in a Kaiser window, computed for each place
// between two samples that occurs. Only loading does this, so it need not be quick.
func resample(in []int16, rate int) []int16 {
	if rate == SampleRate || len(in) == 0 {
		return in
	}
	g := gcd(rate, SampleRate)
	up, down := SampleRate/g, rate/g // out[n] is at n*down/up of the input
	// Cut off a little below the lower of both Nyquist frequencies.
	cutoff := 0.46 * min(1, float64(SampleRate)/float64(rate)) * 2 // as a share of the input's Nyquist frequency
	reach := int(float64(taps) * max(1, float64(rate)/SampleRate))
	phases := make([][]float64, up)
	for p := range phases {
		phases[p] = filter(float64(p)/float64(up), cutoff, reach)
	}
	out := make([]int16, (len(in)*up+down-1)/down)
	for n := range out {
		at, phase := n*down/up, n*down%up
		var sum float64
		for i, weight := range phases[phase] {
			if k := at + i - reach + 1; k >= 0 && k < len(in) {
				sum += weight * float64(in[k])
			}
		}
		out[n] = int16(max(math.MinInt16, min(math.MaxInt16, math.Round(sum))))
	}
	return out
}

// filter are the weights of the 2*reach samples around a place, which is a share of a
// sample behind the one in the middle. They add up to 1.
func filter(place, cutoff float64, reach int) []float64 {
	weights := make([]float64, 2*reach)
	sum := 0.0
	for i := range weights {
		x := float64(i-reach+1) - place
		weights[i] = cutoff * sinc(cutoff*x) * kaiser(x/float64(reach))
		sum += weights[i]
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(math.Pi*x) / (math.Pi * x)
}

// kaiser is the window at x from -1 to 1, with beta for some 60 dB.
func kaiser(x float64) float64 {
	const beta = 6
	if x <= -1 || x >= 1 {
		return 0
	}
	return bessel(beta*math.Sqrt(1-x*x)) / bessel(beta)
}

// bessel is the modified Bessel function of the first kind, of order 0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / (2 * k) * x / (2 * k)
		sum += term
	}
	return sum
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
