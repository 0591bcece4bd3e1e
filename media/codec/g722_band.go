package codec

// band is the state of one half of the band, the same in encoder and decoder: the
// predictor and the logarithm of the quantizer's step.
type band struct {
	predicted int    // of the next sample
	zeros     int    // part of the zeros in it
	r         [2]int // reconstructed signal, latest first
	p         [2]int // partially reconstructed signal, latest first
	a         [2]int // coefficients of the poles
	d         [6]int // quantized differences, latest first
	b         [6]int // coefficients of the zeros
	log       int    // of the step
}

// How far the logarithm of each band is from its step.
const (
	lowShift  = 8
	highShift = 10
)

// step is the quantizer's step (SCALEL, SCALEH).
func (b *band) step(shift int) int {
	mantissa, exponent := steps[b.log>>6&31], shift-b.log>>11
	if exponent < 0 {
		return mantissa << -exponent << 2
	}
	return mantissa >> exponent << 2
}

// adaptLow follows the upper four bits of a code of the lower band (INVQAL, LOGSCL).
func (b *band) adaptLow(code4, step int) {
	b.log = min(max(b.log*127>>7+lowWeights[code4], 0), 18432)
	b.adapt(step * low4[code4] >> 15)
}

// adaptHigh follows a code of the higher band (INVQAH, LOGSCH).
func (b *band) adaptHigh(code, step int) {
	b.log = min(max(b.log*127>>7+highWeights[code], 0), 22528)
	b.adapt(step * high2[code] >> 15)
}

// adapt takes a quantized difference and predicts the next sample.
func (b *band) adapt(d int) {
	r, p := clamp(b.predicted+d), clamp(b.zeros+d) // RECONS, PARREC
	b.adaptPoles(p)
	b.adaptZeros(d)
	b.r[1], b.r[0] = b.r[0], r
	b.p[1], b.p[0] = b.p[0], p
	copy(b.d[1:], b.d[:5])
	b.d[0] = d

	zeros := 0 // FILTEZ
	for i, c := range b.b {
		zeros += c * clamp(2*b.d[i]) >> 15
	}
	b.zeros = clamp(zeros)
	poles := clamp(b.a[0]*clamp(2*b.r[0])>>15 + b.a[1]*clamp(2*b.r[1])>>15) // FILTEP
	b.predicted = clamp(poles + b.zeros)
}

// adaptPoles is UPPOL2 and UPPOL1: the second coefficient first, as it bounds the
// first one.
func (b *band) adaptPoles(p int) {
	same0, same1 := p < 0 == (b.p[0] < 0), p < 0 == (b.p[1] < 0)
	slope := clamp(4 * b.a[0])
	if same0 {
		slope = min(-slope, 1<<15-1)
	}
	second := clamp(signed(128, same1) + slope>>7 + b.a[1]*32512>>15)
	b.a[1] = min(max(second, -12288), 12288)
	bound := clamp(15360 - b.a[1])
	b.a[0] = min(max(clamp(signed(192, same0)+b.a[0]*32640>>15), -bound), bound)
}

// adaptZeros is UPZERO.
func (b *band) adaptZeros(d int) {
	gain := 128
	if d == 0 {
		gain = 0
	}
	for i, c := range b.b {
		b.b[i] = clamp(signed(gain, d < 0 == (b.d[i] < 0)) + c*32640>>15)
	}
}

func signed(x int, positive bool) int {
	if positive {
		return x
	}
	return -x
}
