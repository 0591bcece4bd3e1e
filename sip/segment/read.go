package segment

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// read passes frames to fn and returns the offset behind the last whole one. A
// frame that the file ends in is torn and left out; a bad one that others follow
// is ErrDamaged.
func read(r io.Reader, fn func(frame []byte, snapshot bool) error) (int64, error) {
	br := bufio.NewReaderSize(r, 1<<16)
	var good int64
	var head [header]byte
	for first := true; ; first = false {
		if _, err := io.ReadFull(br, head[:]); err != nil {
			return good, atEnd(err)
		}
		size := binary.LittleEndian.Uint32(head[:])
		if size > MaxFrame {
			return good, tornOr(br, good)
		}
		payload := make([]byte, size)
		if _, err := io.ReadFull(br, payload); err != nil {
			return good, atEnd(err)
		}
		if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(head[4:]) {
			return good, tornOr(br, good)
		}
		if fn != nil {
			if err := fn(payload, first); err != nil {
				return good, err
			}
		}
		good += header + int64(size)
	}
}

func atEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// tornOr accepts a bad frame at the very end of the file, which a crash leaves,
// and no other.
func tornOr(rest *bufio.Reader, offset int64) error {
	if _, err := rest.Peek(1); errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("%w at offset %d", ErrDamaged, offset)
}
