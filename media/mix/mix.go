// Package mix adds up the sound of several parties, so that each hears all others
// and never itself. It is pure: samples in, samples out.
//
// # Contract
//
// A Bus is filled anew for each frame: every source is added once, and each listener
// then takes the sum without its own part. That costs one pass a source and one a
// listener, however many they are. Nothing here allocates once a Bus has seen the
// longest frame. Neither type is safe for concurrent use.
//
// # Decisions
//
//   - Loudness is kept: nothing is scaled by the number of sources, so that who
//     speaks alone is as loud as in a bridge, sample for sample.
//   - Sums that leave the range are turned down, not cut off: a Limiter lowers its gain
//     on the way to the first sample that would not fit, and lets it rise slowly. What
//     was loud together stays sound; a clipped sum is noise over the whole band.
//   - Each listener has a Limiter of its own: a source that it does not hear, above all
//     itself, does not turn it down.
//   - Who is silent adds zeros. There is no gate and no choice of the loudest, which
//     would cut off beginnings of words.
package mix

// Ceiling is the loudest sample that a Limiter lets through: the greatest value of
// G.711 (A-law).
const Ceiling = 32256

// rise is how fast a lowered gain comes back, a frame: 0.5 dB, or 26 dB a second with
// frames of 20 ms.
const rise = 1.06

// Bus is the sum of one frame of all sources. The zero value holds no samples.
type Bus struct{ sum []int32 }

// Reset begins a frame of so many samples of silence.
func (b *Bus) Reset(samples int) {
	if cap(b.sum) < samples {
		b.sum = make([]int32, samples)
	}
	b.sum = b.sum[:samples]
	clear(b.sum)
}

// Add adds a source. Samples beyond the frame are left out.
func (b *Bus) Add(pcm []int16) {
	for i := range min(len(pcm), len(b.sum)) {
		b.sum[i] += int32(pcm[i])
	}
}

// Take writes the frame to dst, which must be as long as it, without own, which must
// have been added; nil if the listener is no source.
func (b *Bus) Take(dst, own []int16, l *Limiter) {
	peak := int32(0)
	for i, s := range b.sum {
		if i < len(own) {
			s -= int32(own[i])
		}
		peak = max(peak, s, -s)
		dst[i] = int16(max(min(s, Ceiling), -Ceiling))
	}
	if peak <= Ceiling && l.cut == 0 {
		return
	}
	gain, first := 1-l.cut, len(b.sum)
	target := min(1, Ceiling/float32(max(peak, 1)))
	if target < gain {
		first = b.firstAbove(own, gain)
	} else {
		target = min(target, gain*rise)
	}
	step := (target - gain) / float32(max(first, 1))
	for i, s := range b.sum {
		if i < len(own) {
			s -= int32(own[i])
		}
		now := target
		if i < first {
			now = gain + step*float32(i+1)
		}
		dst[i] = int16(max(min(float32(s)*now, Ceiling), -Ceiling))
	}
	if l.cut = 1 - target; l.cut < 1e-4 {
		l.cut = 0
	}
}

// firstAbove is the first sample that does not fit at a gain.
func (b *Bus) firstAbove(own []int16, gain float32) int {
	for i, s := range b.sum {
		if i < len(own) {
			s -= int32(own[i])
		}
		if float32(max(s, -s))*gain > Ceiling {
			return i
		}
	}
	return len(b.sum)
}

// Limiter keeps what one listener hears in range, from frame to frame. The zero value
// lets everything through as it is.
type Limiter struct{ cut float32 } // what the gain lacks to 1
