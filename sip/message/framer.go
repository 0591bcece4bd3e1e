package message

import (
	"bytes"
	"errors"
	"slices"
)

// ErrFraming is a fault after which nobody can tell where the next message of a
// stream begins: the connection is to be closed.
var ErrFraming = errors.New("the stream cannot be cut into messages")

// Framer finds where the messages of one stream end (RFC 3261 section 18.3). It
// keeps how far it has looked, so that bytes that trickle in cost no more than
// others. The zero Framer is at the start of a message.
type Framer struct {
	looked int // bytes known to hold no end of the head
	total  int // length of the message, once its head is read
}

// Next returns the length of the message that buf begins with, or 0 if there is
// more to come; buf must then begin with the same bytes at the next call. Line
// ends before a message are the caller's to take off.
func (f *Framer) Next(buf []byte) (int, error) {
	if f.total == 0 {
		end := bytes.Index(buf[f.looked:], headEnd)
		if end < 0 {
			if len(buf) > MaxHead {
				return 0, ErrFraming
			}
			f.looked = max(0, len(buf)-len(headEnd)+1)
			return 0, nil
		}
		head := f.looked + end + len(headEnd)
		length, ok := contentLength(buf[:head-2])
		if !ok || head > MaxHead || length > MaxBody {
			return 0, ErrFraming
		}
		f.total = head + length
	}
	if len(buf) < f.total {
		return 0, nil
	}
	n := f.total
	*f = Framer{}
	return n, nil
}

// maxLengthText bounds a Content-Length that is folded over lines.
const maxLengthText = 64

// contentLength finds the one Content-Length of a head. A stream must have it.
func contentLength(head []byte) (int, bool) {
	length := -1
	for rest := head; len(rest) > 0; {
		var line []byte
		line, rest, _ = bytes.Cut(rest, headEnd[:2])
		name, value, _ := bytes.Cut(line, []byte(":"))
		name = bytes.TrimRight(name, " \t")
		if !bytes.EqualFold(name, []byte("Content-Length")) && !bytes.EqualFold(name, []byte("l")) {
			continue
		}
		for len(rest) > 0 && len(value) < maxLengthText && (rest[0] == ' ' || rest[0] == '\t') { // folded
			var more []byte
			more, rest, _ = bytes.Cut(rest, headEnd[:2])
			value = slices.Concat(value, more)
		}
		n, ok := number(trim(string(value)), 1<<31-1)
		if !ok || length >= 0 {
			return 0, false
		}
		length = int(n)
	}
	return length, length >= 0
}
