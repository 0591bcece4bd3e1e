package dtmf

import (
	"math"
	"math/cmplx"
)

// waves are the conjugate waves of the eight frequencies over a half; turns is how far
// they have turned at its end.
var (
	waves [8][half]complex128
	turns group
)

func init() {
	for i := range waves {
		omega := 2 * math.Pi * frequency(i) / rate
		for n := range waves[i] {
			waves[i][n] = cmplx.Rect(1, -omega*float64(n))
		}
		turns[i] = cmplx.Rect(1, -omega*half)
	}
}

// frequency of the eight, the low ones first.
func frequency(i int) float64 {
	if i < len(low) {
		return low[i]
	}
	return high[i-len(low)]
}

// transform is the eight tones of a half, and its power.
func transform(samples *[half]float64) (g group, power float64) {
	for _, s := range samples {
		power += s * s
	}
	if power == 0 {
		return g, 0
	}
	for i := range g {
		var re, im float64
		wave := &waves[i]
		for n, s := range samples {
			re += s * real(wave[n])
			im += s * imag(wave[n])
		}
		g[i] = complex(re, im)
	}
	return g, power
}

// judge tells which key a window has, as an index of keys.
func judge(g *group, power float64) (code byte, ok bool) {
	var square [8]float64
	for i, x := range g {
		square[i] = real(x)*real(x) + imag(x)*imag(x)
	}
	l, h := strongest(square[:4]), strongest(square[4:])
	lower, higher := square[l], square[4+h]
	least := amplitude(minLevel) * window / 2
	switch {
	case lower < least*least || higher < least*least:
	case 2*(lower+higher)/window < minShare*power:
	case higher > lower*math.Pow(10, twistUp/10) || lower > higher*math.Pow(10, twistDown/10):
	case !dominates(square[:4], l) || !dominates(square[4:], h):
	default:
		ok = true
	}
	return byte(4*l + h), ok
}

func strongest(of []float64) (at int) {
	for i, p := range of {
		if p > of[at] {
			at = i
		}
	}
	return at
}

func dominates(of []float64, at int) bool {
	for i, p := range of {
		if i != at && of[at] < dominance*p {
			return false
		}
	}
	return true
}

// offset is by how much of its frequency each tone of a key is off, by how far its phase
// went from one window to the next.
func offset(now, last *group, code byte) (off [2]float64) {
	for i, at := range [2]int{int(code) / 4, 4 + int(code)%4} {
		turned := cmplx.Phase(now[at] * cmplx.Conj(last[at]) * turns[at])
		off[i] = turned * rate / (2 * math.Pi * half) / frequency(at)
	}
	return off
}
