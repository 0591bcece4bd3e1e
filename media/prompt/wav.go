package prompt

import (
	"encoding/binary"
	"fmt"
	"slices"

	"strowger/media/codec"
)

// Encodings of the fmt chunk.
const (
	formatPCM        = 1
	formatALaw       = 6
	formatULaw       = 7
	formatExtensible = 0xFFFE // the encoding is in the first bytes of its GUID
)

// wavFormat is the fmt chunk.
type wavFormat struct {
	encoding, channels, bits uint16
	rate                     uint32
}

// rates are what is read, in Hz. Another one is more likely a damaged header.
var rates = []uint32{8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000}

// DecodeWAV reads a WAV file and brings it to SampleRate and one channel. Chunks that are not needed are skipped; a data chunk
// that promises more than there is, as an interrupted recording does, yields what
// is there. Errors are ErrFormat and ErrLimit.
func DecodeWAV(file []byte) ([]int16, error) {
	if len(file) > MaxFile {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrLimit, len(file), MaxFile)
	}
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return nil, fmt.Errorf("%w: it is not WAV", ErrFormat)
	}
	var format *wavFormat
	for rest := file[12:]; len(rest) >= 8; {
		name, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		chunk := rest[:min(size, uint64(len(rest)))]
		switch name {
		case "fmt ":
			f, err := readFormat(chunk)
			if err != nil {
				return nil, err
			}
			format = &f
		case "data":
			if format == nil {
				return nil, fmt.Errorf("%w: its data comes before its format", ErrFormat)
			}
			return resample(format.mono(format.decode(chunk)), int(format.rate)), nil
		}
		rest = rest[min(size+size&1, uint64(len(rest))):]
	}
	return nil, fmt.Errorf("%w: it has no data", ErrFormat)
}

// readFormat reads the fmt chunk and checks that decode can read what it says.
func readFormat(chunk []byte) (wavFormat, error) {
	if len(chunk) < 16 {
		return wavFormat{}, fmt.Errorf("%w: its fmt chunk is cut short", ErrFormat)
	}
	f := wavFormat{
		encoding: binary.LittleEndian.Uint16(chunk),
		channels: binary.LittleEndian.Uint16(chunk[2:]),
		rate:     binary.LittleEndian.Uint32(chunk[4:]),
		bits:     binary.LittleEndian.Uint16(chunk[14:]),
	}
	if f.encoding == formatExtensible && len(chunk) >= 26 {
		f.encoding = binary.LittleEndian.Uint16(chunk[24:])
	}
	known := f.bits == 8 && (f.encoding == formatPCM || f.encoding == formatALaw || f.encoding == formatULaw) ||
		f.bits == 16 && f.encoding == formatPCM
	if !known || f.channels < 1 || f.channels > 2 || !slices.Contains(rates, f.rate) {
		return wavFormat{}, fmt.Errorf("%w: encoding %d, %d bits, %d channels, %d Hz; convert it: sox IN.wav -r 8000 -c 1 -b 16 -e signed-integer OUT.wav",
			ErrFormat, f.encoding, f.bits, f.channels, f.rate)
	}
	return f, nil
}

// mono is the mean of both channels.
func (f wavFormat) mono(samples []int16) []int16 {
	if f.channels == 1 {
		return samples
	}
	out := samples[:len(samples)/2]
	for i := range out {
		out[i] = int16((int(samples[2*i]) + int(samples[2*i+1])) / 2)
	}
	return out
}

func (f wavFormat) decode(data []byte) []int16 {
	if f.bits == 16 {
		out := make([]int16, len(data)/2)
		for i := range out {
			out[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
		}
		return out
	}
	out := make([]int16, len(data))
	switch f.encoding {
	case formatALaw:
		codec.ALaw.Decode(out, data)
	case formatULaw:
		codec.ULaw.Decode(out, data)
	default: // 8-bit PCM is unsigned
		for i, b := range data {
			out[i] = (int16(b) - 128) << 8
		}
	}
	return out
}
