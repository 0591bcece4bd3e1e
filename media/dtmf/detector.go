package dtmf

import "math"

// The windows of a Detector.
const (
	half    = 51 // samples from one window to the next
	window  = 2 * half
	agree   = 5 // windows of a digit that make it one
	silence = 5 // windows without it that end it
)

// What a window with a digit is like.
const (
	minLevel  = -29.0 // of each tone, dBm0
	minShare  = 0.7   // of the power, in the two tones
	dominance = 4.0   // power of a tone by that of others of its group: 6 dB
	twistUp   = 6.5   // dB of the high tone above the low one
	twistDown = 10.0  // dB below
	maxOff    = 0.03  // of a frequency, from one window to the next
	meanOff   = 0.025 // of a frequency, over all windows
)

// group is the tones of a half: their parts in phase and in quadrature.
type group [8]complex128

// Detector finds tones in the sound of one party. The zero value has heard nothing.
type Detector struct {
	samples [half]float64
	filled  int
	before  group   // of the half before
	power   float64 // of the half before
	last    group   // of the window before

	code   byte // that windows agree on
	hits   int  // so far; 0 without one
	off    [2]float64
	digit  byte // that is held; 0 for none
	misses int  // windows without it
}

// Step takes the next samples, 20 ms at most, and returns the digit that is found in
// them, or 0.
func (d *Detector) Step(pcm []int16) (digit byte) {
	for _, s := range pcm {
		d.samples[d.filled] = float64(s)
		if d.filled++; d.filled < half {
			continue
		}
		d.filled = 0
		if found := d.window(); found != 0 {
			digit = found
		}
	}
	return digit
}

// Held tells whether a digit sounds, or something that may become one.
func (d *Detector) Held() bool { return d.digit != 0 || d.hits > 0 }

// Sounds tells whether a digit that was found sounds yet.
func (d *Detector) Sounds() bool { return d.digit != 0 }

// window looks at the half that is full and the one before.
func (d *Detector) window() (digit byte) {
	now, power := transform(&d.samples)
	var whole group
	for i := range whole {
		whole[i] = d.before[i] + now[i]*turns[i]
	}
	code, ok := judge(&whole, power+d.power)
	off := offset(&whole, &d.last, code)
	d.before, d.power, d.last = now, power, whole
	return d.count(code, ok, off)
}

// count takes what a window is and returns the digit that begins with it.
func (d *Detector) count(code byte, ok bool, off [2]float64) (digit byte) {
	if ok && d.digit != 0 && keys[code] == d.digit {
		d.hits, d.misses = 0, 0
		return 0
	}
	if d.digit != 0 {
		if d.misses++; d.misses >= silence {
			d.digit = 0
		}
	}
	switch {
	case !ok:
		d.hits = 0
		return 0
	case d.hits == 0 || code != d.code:
		d.code, d.hits, d.off = code, 1, [2]float64{}
		return 0
	case max(math.Abs(off[0]), math.Abs(off[1])) > maxOff:
		d.hits = 1
		d.off = [2]float64{}
		return 0
	}
	d.hits++
	d.off[0] += off[0]
	d.off[1] += off[1]
	if d.hits < agree {
		return 0
	}
	const pairs = agree - 1
	if max(math.Abs(d.off[0]), math.Abs(d.off[1]))/pairs > meanOff {
		d.hits = 0
		return 0
	}
	d.digit, d.hits, d.misses = keys[code], 0, 0
	return d.digit
}
