package dtmf

import (
	"encoding/binary"
	"strings"
)

// Digits are those of RFC 4733 section 3.2, in the order of their event codes.
const Digits = "0123456789*#ABCD"

// Code is the event code of a digit, in upper or lower case; false if it is none.
func Code(digit byte) (code byte, ok bool) {
	if digit >= 'a' && digit <= 'd' {
		digit -= 'a' - 'A'
	}
	at := strings.IndexByte(Digits, digit)
	return byte(max(at, 0)), at >= 0
}

// EventSize is how long the payload of an event is, in bytes.
const EventSize = 4

// Event is the payload of a packet (RFC 4733 section 2.3).
type Event struct {
	Code     byte
	End      bool
	Volume   byte   // 0 to 63: dBm0 below zero
	Duration uint16 // so far, in units of the timestamp
}

// ParseEvent reads a payload, of which only the first event counts; false if it is too
// short.
func ParseEvent(b []byte) (e Event, ok bool) {
	if len(b) < EventSize {
		return Event{}, false
	}
	return Event{b[0], b[1]&0x80 != 0, b[1] & 0x3f, binary.BigEndian.Uint16(b[2:])}, true
}

// Put writes the payload into b, which has EventSize bytes.
func (e Event) Put(b []byte) {
	b[0], b[1] = e.Code, e.Volume&0x3f
	if e.End {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], e.Duration)
}
