package codec

// G722Level follows how loud G.722 is without decoding it: by the step of the lower
// band's quantizer, which grows and shrinks with what cannot be foretold of the sound. It
// costs a hundredth of decoding. Codes that were lost are forgotten after some 100 ms. The
// zero value is ready.
type G722Level struct{ log int }

// Step returns the mean logarithm of the step over codes, 0 to 18432. Noise of -60 dBm0
// has 3300, of -40 dBm0 8700; a steady tone has less than noise of its level, as it can
// be foretold: one of 1 kHz and -40 dBm0 5200. It is 0 without codes.
func (l *G722Level) Step(codes []byte) int {
	sum := 0
	for _, c := range codes {
		l.log = min(max(l.log*127>>7+lowWeights[c>>2&15], 0), 18432)
		sum += l.log
	}
	return sum / max(len(codes), 1)
}
