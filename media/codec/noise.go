package codec

import "math"

// Bounds of comfort noise.
const (
	maxModel = 12 // spectral parameters that are heeded
	loudest  = 30 // -dBov: no background is louder
)

// Noise makes comfort noise as RFC 3389 describes it. The zero value is silence.
type Noise struct {
	level       float32 // of the excitation, as an amplitude of white noise
	reflections [maxModel]float32
	state       [maxModel]float32
	order       int
	seed        uint32
}

// Set takes the payload of a packet: the level in -dBov (section 3.1), then reflection
// coefficients (section 3.2), of which the first twelve count. It is no louder than a
// background ever is. An empty one is silence.
func (n *Noise) Set(payload []byte) {
	n.level, n.order = 0, 0
	if len(payload) == 0 {
		return
	}
	gain := 1.0
	for i, q := range payload[1:] {
		if i == maxModel {
			break
		}
		k := 258 * (float64(q) - 127) / 32768
		k = min(max(k, -0.98), 0.98) // what is loud for ever is no noise
		n.reflections[i], n.order = float32(k), i+1
		gain *= 1 - k*k
	}
	// 0 dBov is a square wave of full scale; the power of evenly spread noise is a third
	// of its peak's.
	rms := 32768 * math.Pow(10, -float64(max(payload[0]&0x7F, loudest))/20)
	n.level = float32(rms * math.Sqrt(3) * math.Sqrt(gain))
}

// Fill writes the next samples.
func (n *Noise) Fill(dst []int16) {
	for i := range dst {
		n.seed = n.seed*1664525 + 1013904223
		x := n.level * float32(int32(n.seed)) / (1 << 31)
		for m := n.order - 1; m >= 0; m-- { // lattice, from the last stage to the first
			x -= n.reflections[m] * n.state[m]
			if m+1 < maxModel {
				n.state[m+1] = n.state[m] + n.reflections[m]*x
			}
		}
		n.state[0] = x
		dst[i] = round(x)
	}
}
