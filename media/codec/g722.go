package codec

// G.722 (ITU-T G.722, 64 kbit/s, mode 1) codes two samples of 16000 Hz in a byte.
// A filter bank halves the band; each half is ADPCM with a predictor of two poles
// and six zeros: six bits for 0 to 4 kHz, two bits for 4 to 8 kHz. The names of the
// steps are those of the Recommendation.

// G722Encoder makes G.722 of samples of 16000 Hz. The zero value is ready for use.
type G722Encoder struct {
	low, high band
	history   [qmfLength - 2]int16 // of the input, oldest first
}

// G722Decoder makes samples of 16000 Hz of G.722. The zero value is ready for use.
type G722Decoder struct {
	low, high band
	history   [qmfLength - 2]int16 // sum and difference of both bands in turns, oldest first
}

// Encode writes len(pcm)/2 bytes to dst; an odd last sample is left out.
func (e *G722Encoder) Encode(dst []byte, pcm []int16) {
	var window [qmfLength]int16
	for i := range len(pcm) / 2 {
		copy(window[:], e.history[:])
		window[qmfLength-2], window[qmfLength-1] = pcm[2*i], pcm[2*i+1]
		copy(e.history[:], window[2:])
		even, odd := filterBank(&window)
		low := e.low.encodeLow((even + odd) >> 14)
		high := e.high.encodeHigh((odd - even) >> 14)
		dst[i] = byte(high<<6 | low)
	}
}

// Decode writes 2*len(src) samples to pcm.
func (d *G722Decoder) Decode(pcm []int16, src []byte) {
	var window [qmfLength]int16
	for i, code := range src {
		low := d.low.decodeLow(int(code & 0x3F))
		high := d.high.decodeHigh(int(code >> 6))
		copy(window[:], d.history[:])
		window[qmfLength-2], window[qmfLength-1] = saturate(low+high), saturate(low-high)
		copy(d.history[:], window[2:])
		even, odd := filterBank(&window)
		pcm[2*i], pcm[2*i+1] = saturate(odd>>11), saturate(even>>11)
	}
}

// filterBank is the quadrature mirror filter: its two phases.
func filterBank(window *[qmfLength]int16) (even, odd int) {
	for i, c := range qmf {
		even += int(window[2*i]) * c
		odd += int(window[2*i+1]) * qmf[len(qmf)-1-i]
	}
	return even, odd
}

// encodeLow quantizes a sample of the lower band to six bits (QUANTL).
func (b *band) encodeLow(x int) int {
	step := b.step(lowShift)
	e, negative := magnitude(clamp(x - b.predicted))
	level := 1
	for level < len(lowLevels) && e >= lowLevels[level]*step>>12 {
		level++
	}
	code := 62 - level
	if negative {
		code = 34 - level
		if level <= 2 {
			code = 64 - level
		}
	}
	b.adaptLow(code>>2, step)
	return code
}

// decodeLow is the sample that six bits stand for, within 15 bits (LIMIT).
func (b *band) decodeLow(code int) int {
	step := b.step(lowShift)
	x := b.predicted + step*low6[code]>>15
	b.adaptLow(code>>2, step)
	return limit(x)
}

// encodeHigh quantizes a sample of the higher band to two bits (QUANTH).
func (b *band) encodeHigh(x int) int {
	step := b.step(highShift)
	e, negative := magnitude(clamp(x - b.predicted))
	code := 3
	if e >= 564*step>>12 {
		code = 2
	}
	if negative {
		code -= 2
	}
	b.adaptHigh(code, step)
	return code
}

// decodeHigh is the sample that two bits stand for.
func (b *band) decodeHigh(code int) int {
	step := b.step(highShift)
	x := b.predicted + step*high2[code]>>15
	b.adaptHigh(code, step)
	return limit(x)
}

func magnitude(e int) (size int, negative bool) {
	if e < 0 {
		return -e - 1, true
	}
	return e, false
}

func limit(x int) int { return min(max(x, -1<<14), 1<<14-1) }

func clamp(x int) int { return min(max(x, -1<<15), 1<<15-1) }

func saturate(x int) int16 { return int16(clamp(x)) }
