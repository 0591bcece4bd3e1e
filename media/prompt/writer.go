package prompt

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	headerSize = 44
	// maxData is what the 32-bit lengths of WAV can say, in whole samples: 74 hours.
	maxData = 1<<32 - 1 - headerSize - 3
)

// Writer writes a WAV file, 16-bit PCM. Make it with NewWriter. The lengths in its
// header are right once it is closed; DecodeWAV reads a file whose writer died too.
type Writer struct {
	w    io.WriteSeeker
	size uint32 // bytes of samples
	buf  []byte
}

// NewWriter writes a header to w, which is the caller's to close after the Writer.
func NewWriter(w io.WriteSeeker) (*Writer, error) {
	out := &Writer{w: w}
	return out, out.header(1<<32 - 1)
}

// Write appends samples. The error is that of the file, or ErrLimit.
func (w *Writer) Write(samples []int16) error {
	if uint64(w.size)+2*uint64(len(samples)) > maxData {
		return fmt.Errorf("%w: a WAV file holds 4 GiB", ErrLimit)
	}
	w.buf = w.buf[:0]
	for _, s := range samples {
		w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(s))
	}
	n, err := w.w.Write(w.buf)
	w.size += uint32(n)
	return err
}

// Close puts the true lengths into the header.
func (w *Writer) Close() error {
	if _, err := w.w.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return w.header(w.size)
}

// header writes the header for size bytes of samples, or for an unknown number if
// size is the largest there is.
func (w *Writer) header(size uint32) error {
	le, total := binary.LittleEndian, size
	if size < maxData {
		total = size + headerSize - 8
	}
	b := append(make([]byte, 0, headerSize), "RIFF"...)
	b = le.AppendUint32(b, total)
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, formatPCM)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint32(b, SampleRate)
	b = le.AppendUint32(b, 2*SampleRate)
	b = le.AppendUint16(b, 2)
	b = le.AppendUint16(b, 16)
	b = append(b, "data"...)
	b = le.AppendUint32(b, size)
	_, err := w.w.Write(b)
	return err
}
