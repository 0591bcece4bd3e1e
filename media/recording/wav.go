package recording

import (
	"encoding/binary"
	"errors"
	"io"
)

const (
	headerSize = 44
	formatPCM  = 1
	unknown    = 1<<32 - 1 // as a length: whatever there is
)

var errFormat = errors.New("it is no recording of ours")

// header is that of a WAV file of 16-bit samples with so many bytes of them.
func header(channels int, size uint32) []byte {
	le, total := binary.LittleEndian, size
	if size != unknown {
		total = size + headerSize - 8
	}
	block := uint16(2 * channels)
	b := append(make([]byte, 0, headerSize), "RIFF"...)
	b = le.AppendUint32(b, total)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, formatPCM)
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, SampleRate)
	b = le.AppendUint32(b, SampleRate*uint32(block))
	b = le.AppendUint16(b, block)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	return le.AppendUint32(b, size)
}

// isMixed tells whether the header of a file says one channel.
func isMixed(f io.ReaderAt) bool {
	var channels [2]byte
	_, err := f.ReadAt(channels[:], 22)
	return err == nil && binary.LittleEndian.Uint16(channels[:]) == 1
}

// mix adds two samples, and keeps what is too loud for one.
func mix(a, b int16) int16 {
	return int16(min(max(int32(a)+int32(b), -1<<15), 1<<15-1))
}

// MixedSize is the size of what MixDown writes of a file, in bytes.
func MixedSize(stereo int64) int64 { return headerSize + max(0, stereo-headerSize)/2 }

// MixDown writes a stereo recording as one of a single channel.
func MixDown(dst io.Writer, stereo io.Reader) error {
	head := make([]byte, headerSize)
	if _, err := io.ReadFull(stereo, head); err != nil {
		return errFormat
	}
	size := binary.LittleEndian.Uint32(head[40:])
	if string(head[:4]) != "RIFF" || binary.LittleEndian.Uint16(head[22:]) != 2 {
		return errFormat
	}
	if _, err := dst.Write(header(1, size/2)); err != nil {
		return err
	}
	buf := make([]byte, 1<<16)
	for {
		n, err := io.ReadFull(stereo, buf)
		for i := 0; i+4 <= n; i += 4 {
			a, b := binary.LittleEndian.Uint16(buf[i:]), binary.LittleEndian.Uint16(buf[i+2:])
			binary.LittleEndian.PutUint16(buf[i/2:], uint16(mix(int16(a), int16(b))))
		}
		if _, err := dst.Write(buf[:n/4*2]); err != nil {
			return err
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}
