package codec

// Law is a variant of G.711.
type Law uint8

// The laws.
const (
	ULaw Law = iota // PCMU
	ALaw            // PCMA
)

var (
	decoded [2][256]int16
	encoded [2][1 << 16]byte // index is the sample as uint16
	// crossed converts a byte of the law of the index to the other law.
	crossed [2][256]byte
)

func init() {
	for b := range 256 {
		decoded[ULaw][b] = expandU(byte(b))
		decoded[ALaw][b] = expandA(byte(b))
	}
	for s := range 1 << 16 {
		encoded[ULaw][s] = compressU(int16(s))
		encoded[ALaw][s] = compressA(int16(s))
	}
	for b := range 256 {
		crossed[ULaw][b] = encoded[ALaw][uint16(decoded[ULaw][b])]
		crossed[ALaw][b] = encoded[ULaw][uint16(decoded[ALaw][b])]
	}
}

// Silence is the code of a sample of zero.
func (l Law) Silence() byte { return encoded[l][0] }

// Decode writes the samples of src to dst, which must be as long as src or longer.
func (l Law) Decode(dst []int16, src []byte) {
	table := &decoded[l]
	dst = dst[:len(src)]
	for i, b := range src {
		dst[i] = table[b]
	}
}

// Encode writes the codes of src to dst, which must be as long as src or longer.
func (l Law) Encode(dst []byte, src []int16) {
	table := &encoded[l]
	dst = dst[:len(src)]
	for i, s := range src {
		dst[i] = table[uint16(s)]
	}
}

// Transcode writes src, which is in law l, to dst in the other law. dst must be as
// long as src or longer and may be src.
func (l Law) Transcode(dst, src []byte) {
	table := &crossed[l]
	dst = dst[:len(src)]
	for i, b := range src {
		dst[i] = table[b]
	}
}

// bias puts the first mu-law segment at a power of two: 33 of 14 bits.
const bias = 33 << 2

// expandU is G.711 table 2 as arithmetic: sign, three bits of segment, four of step,
// all inverted on the wire.
func expandU(code byte) int16 {
	code = ^code
	magnitude := (int(code&0x0F)<<3+bias)<<(code>>4&7) - bias
	if code&0x80 != 0 {
		return int16(-magnitude)
	}
	return int16(magnitude)
}

// compressU takes the magnitude of a negative sample as its one's complement, like
// compressA and the reference code of ITU-T G.191.
func compressU(sample int16) byte {
	magnitude, sign := int(sample), byte(0)
	if magnitude < 0 {
		magnitude, sign = -magnitude-1, 0x80
	}
	magnitude = min(magnitude, 32635) + bias
	segment := 7
	for mask := 0x4000; segment > 0 && magnitude&mask == 0; mask >>= 1 {
		segment--
	}
	return ^(sign | byte(segment<<4) | byte(magnitude>>(segment+3)&0x0F))
}

// expandA is G.711 table 1: even bits are inverted on the wire and a set sign bit
// means positive.
func expandA(code byte) int16 {
	code ^= 0x55
	magnitude := int(code&0x0F)<<4 + 8
	if segment := code >> 4 & 7; segment > 0 {
		magnitude = (magnitude + 0x100) << (segment - 1)
	}
	if code&0x80 != 0 {
		return int16(magnitude)
	}
	return int16(-magnitude)
}

func compressA(sample int16) byte {
	magnitude, sign := int(sample), byte(0x80)
	if magnitude < 0 {
		magnitude, sign = -magnitude-1, 0
	}
	segment := 0
	for magnitude>>(segment+8) > 0 {
		segment++
	}
	shift := max(segment, 1) + 3
	return (sign | byte(segment<<4) | byte(magnitude>>shift&0x0F)) ^ 0x55
}
