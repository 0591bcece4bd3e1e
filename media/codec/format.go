package codec

// Format is an encoding that sound is decoded from and encoded in. Each has one byte
// for a step of the RTP clock of 8000 Hz, also G.722, whose clock is an old mistake
// that stays (RFC 3551, section 4.5.2).
type Format uint8

// The formats.
const (
	PCMU Format = iota
	PCMA
	G722
)

// FormatOf is the format of an encoding name of SDP with its clock in Hz and its
// channels (0 means 1); false for what is not decoded here.
func FormatOf(encoding string, clock, channels int) (Format, bool) {
	if clock != 8000 || channels > 1 {
		return 0, false
	}
	switch encoding {
	case "PCMU":
		return PCMU, true
	case "PCMA":
		return PCMA, true
	case "G722":
		return G722, true
	}
	return 0, false
}

// String is the encoding name of SDP.
func (f Format) String() string {
	switch f {
	case PCMU:
		return "PCMU"
	case PCMA:
		return "PCMA"
	case G722:
		return "G722"
	}
	return ""
}

// Law is the law of G.711, false for G.722.
func (f Format) Law() (Law, bool) {
	switch f {
	case PCMU:
		return ULaw, true
	case PCMA:
		return ALaw, true
	case G722:
	}
	return 0, false
}

// Decoder makes samples of 8000 Hz of a stream whose format may change. The zero
// value is ready for use.
type Decoder struct {
	wide G722Decoder
	half Decimator
}

// Decode writes a sample for each byte of src to dst, which must be as long as src
// or longer.
func (d *Decoder) Decode(f Format, dst []int16, src []byte) {
	if law, ok := f.Law(); ok {
		law.Decode(dst, src)
		return
	}
	var wide [chunk]int16
	for len(src) > 0 {
		n := min(len(src), chunk/2)
		d.wide.Decode(wide[:2*n], src[:n])
		d.half.Halve(dst, wide[:2*n])
		dst, src = dst[n:], src[n:]
	}
}

// Encoder makes a stream whose format may change of samples of 8000 Hz. The zero
// value is ready for use.
type Encoder struct {
	wide   G722Encoder
	double Interpolator
}

// Encode writes a byte for each sample of src to dst, which must be as long as src
// or longer.
func (e *Encoder) Encode(f Format, dst []byte, src []int16) {
	if law, ok := f.Law(); ok {
		law.Encode(dst, src)
		return
	}
	var wide [chunk]int16
	for len(src) > 0 {
		n := min(len(src), chunk/2)
		e.double.Double(wide[:2*n], src[:n])
		e.wide.Encode(dst, wide[:2*n])
		dst, src = dst[n:], src[n:]
	}
}

// Transcoder makes a stream of one format of a stream of another. The zero value is
// ready for use.
type Transcoder struct {
	Decoder Decoder
	Encoder Encoder
}

// Transcode writes len(src) bytes to dst, which may be src.
func (t *Transcoder) Transcode(from, to Format, dst, src []byte) {
	var pcm [chunk]int16
	for len(src) > 0 {
		n := min(len(src), chunk)
		t.Decoder.Decode(from, pcm[:n], src[:n])
		t.Encoder.Encode(to, dst, pcm[:n])
		dst, src = dst[n:], src[n:]
	}
}
