package relay

// law is a companding law of G.711.
type law uint8

const (
	noLaw law = iota
	muLaw
	aLaw
)

// lawOf tells the law of an encoding name.
func lawOf(encoding string) law {
	switch encoding {
	case "PCMU":
		return muLaw
	case "PCMA":
		return aLaw
	}
	return noLaw
}

// The tables: from one law to the other, and from the upper bits of a linear
// sample to each law.
var (
	muToA, aToMu [256]byte
	toMu         [1 << 14]byte // by sample>>2
	toA          [1 << 13]byte // by sample>>3
)

func init() {
	for i := range toMu {
		toMu[i] = encodeMu(int(int16(i<<2)) + 2)
	}
	for i := range toA {
		toA[i] = encodeA(int(int16(i << 3)))
	}
	for i := range 256 {
		muToA[i] = toA[uint16(decodeMu(byte(i)))>>3]
		aToMu[i] = toMu[uint16(decodeA(byte(i)))>>2]
	}
}

// encode writes the samples in the law; dst is as long as pcm.
func (l law) encode(dst []byte, pcm []int16) {
	if l == aLaw {
		for i, s := range pcm {
			dst[i] = toA[uint16(s)>>3]
		}
		return
	}
	for i, s := range pcm {
		dst[i] = toMu[uint16(s)>>2]
	}
}

// decode is the sample of a code.
func (l law) decode(code byte) int16 {
	if l == aLaw {
		return decodeA(code)
	}
	return decodeMu(code)
}

// silence is the code of the sample 0.
func (l law) silence() byte {
	if l == aLaw {
		return toA[0]
	}
	return toMu[0]
}

// encodeMu and encodeA are the encoders of ITU-T G.711, for samples of 16 bits;
// decodeMu and decodeA are their reverse.
func encodeMu(s int) byte {
	const bias, clip = 0x84, 32635
	sign := byte(0)
	if s < 0 {
		s, sign = -s, 0x80
	}
	s = min(s, clip) + bias
	exponent := byte(7)
	for mask := 0x4000; s&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	return ^(sign | exponent<<4 | byte(s>>(exponent+3))&0x0f)
}

func decodeMu(code byte) int16 {
	code = ^code
	s := (int(code&0x0f)<<3 + 0x84) << (code >> 4 & 7)
	if code&0x80 != 0 {
		return int16(0x84 - s)
	}
	return int16(s - 0x84)
}

func encodeA(s int) byte {
	sign := byte(0x80)
	if s < 0 {
		s, sign = -s-1, 0
	}
	exponent := byte(7)
	for mask := 0x4000; s&mask == 0 && exponent > 0; mask >>= 1 {
		exponent--
	}
	mantissa := byte(s>>4) & 0x0f
	if exponent > 0 {
		mantissa = byte(s>>(exponent+3)) & 0x0f
	}
	return (sign | exponent<<4 | mantissa) ^ 0x55
}

func decodeA(code byte) int16 {
	code ^= 0x55
	s := int(code&0x0f)<<4 + 8
	if exponent := code >> 4 & 7; exponent > 0 {
		s = (s + 0x100) << (exponent - 1)
	}
	if code&0x80 == 0 {
		return int16(-s)
	}
	return int16(s)
}
