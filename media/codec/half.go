package codec

import "math"

// Between 8000 and 16000 Hz a half-band filter of 47 taps (Kaiser window) lets
// through what lies below 3.4 kHz and takes away what lies above 4.6 kHz; it delays
// by HalfDelay samples of 16000 Hz.
const (
	halfTaps  = 12 // on each side that are not zero
	halfOrder = 4*halfTaps - 2
	chunk     = 320 // samples that are filtered at once

	// HalfDelay is the delay of Decimator and of Interpolator, in samples of 16000 Hz.
	HalfDelay = halfOrder / 2
)

// half are the taps at odd places from the centre outwards, whose tap is one half.
var half = halfBand()

func halfBand() (taps [halfTaps]float32) {
	sum := 0.0
	var exact [halfTaps]float64
	for i := range exact {
		at := float64(2*i + 1)
		exact[i] = math.Sin(math.Pi*at/2) / (math.Pi * at) * kaiser(at/(2*halfTaps))
		sum += 2 * exact[i]
	}
	for i := range taps {
		taps[i] = float32(exact[i] / sum / 2) // that a constant stays what it is
	}
	return taps
}

// kaiser is the window by the distance from its centre, 0 to 1. Its shape gives 60
// dB.
func kaiser(at float64) float64 {
	const beta = 6
	if at >= 1 {
		return 0
	}
	return bessel(beta*math.Sqrt(1-at*at)) / bessel(beta)
}

// bessel is the modified Bessel function I0.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > 1e-12*sum; k++ {
		term *= x / (2 * k) * x / (2 * k)
		sum += term
	}
	return sum
}

// Decimator makes samples of 8000 Hz of samples of 16000 Hz. The zero value is ready
// for use.
type Decimator struct{ history [halfOrder]int16 }

// Halve writes len(src)/2 samples to dst; an odd last sample is left out.
func (d *Decimator) Halve(dst, src []int16) {
	var window [halfOrder + chunk]int16
	for src = src[:len(src)&^1]; len(src) > 0; {
		n := min(len(src), chunk)
		copy(window[:], d.history[:])
		copy(window[halfOrder:], src[:n])
		for i := range n / 2 {
			w := window[2*i+1 : 2*i+1+halfOrder+1]
			sum := 0.5 * float32(w[HalfDelay])
			for j, c := range half {
				sum += c * float32(int(w[HalfDelay-1-2*j])+int(w[HalfDelay+1+2*j]))
			}
			dst[i] = round(sum)
		}
		copy(d.history[:], window[n:])
		dst, src = dst[n/2:], src[n:]
	}
}

// Interpolator makes samples of 16000 Hz of samples of 8000 Hz. The zero value is
// ready for use.
type Interpolator struct{ history [2*halfTaps - 1]int16 }

// Double writes 2*len(src) samples to dst.
func (p *Interpolator) Double(dst, src []int16) {
	const order = 2*halfTaps - 1
	var window [order + chunk]int16
	for len(src) > 0 {
		n := min(len(src), chunk)
		copy(window[:], p.history[:])
		copy(window[order:], src[:n])
		for i := range n {
			w := window[i : i+order+1]
			sum := float32(0)
			for j, c := range half {
				sum += c * float32(int(w[halfTaps-1-j])+int(w[halfTaps+j]))
			}
			dst[2*i], dst[2*i+1] = round(2*sum), w[halfTaps]
		}
		copy(p.history[:], window[n:])
		dst, src = dst[2*n:], src[n:]
	}
}

// round is the nearest sample.
func round(x float32) int16 {
	return saturate(int(math.Floor(float64(x) + 0.5)))
}
