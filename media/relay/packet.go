package relay

import "encoding/binary"

// kind is what the first bytes of a datagram say that it is (RFC 7983, RFC 5761).
type kind uint8

const (
	kindInvalid kind = iota
	kindSTUN
	kindDTLS
	kindRTP
	kindRTCP
)

const (
	minRTP  = 12 // the fixed header, RFC 3550 5.1
	minRTCP = 8  // common header and SSRC
)

// classify tells what b is, by its first two bytes.
func classify(b []byte) kind {
	switch {
	case len(b) < minRTCP:
		return kindInvalid
	case b[0] < 4:
		return kindSTUN
	case b[0] >= 20 && b[0] < 64:
		return kindDTLS
	case b[0]>>6 != 2:
		return kindInvalid
	case b[1] >= 192 && b[1] < 224:
		return kindRTCP
	}
	return kindRTP
}

// header is what a relay needs of an RTP packet.
type header struct {
	marker     bool
	payload    uint8 // payload type
	seq        uint16
	timestamp  uint32
	ssrc       uint32
	start, end int // where the payload lies, without padding
}

// parse reads the fixed header and finds the payload behind CSRC list and extension;
// false if the packet contradicts itself. The padding, which SRTP encrypts, is left to
// unpad.
func (h *header) parse(b []byte) bool {
	if len(b) < minRTP || b[0]>>6 != 2 {
		return false
	}
	h.marker = b[1]&0x80 != 0
	h.payload = b[1] & 0x7f
	h.seq = binary.BigEndian.Uint16(b[2:])
	h.timestamp = binary.BigEndian.Uint32(b[4:])
	h.ssrc = binary.BigEndian.Uint32(b[8:])
	h.start, h.end = minRTP+4*int(b[0]&0x0f), len(b)
	if b[0]&0x10 != 0 {
		if h.start+4 > len(b) {
			return false
		}
		h.start += 4 + 4*int(binary.BigEndian.Uint16(b[h.start+2:]))
	}
	return h.start <= h.end
}

// unpad finds the end of the payload of a packet that was parsed.
func (h *header) unpad(b []byte) bool {
	if h.end = len(b); b[0]&0x20 != 0 {
		h.end -= int(b[len(b)-1])
		if b[len(b)-1] == 0 {
			return false
		}
	}
	return h.start <= h.end
}

// write replaces the fields of the fixed header that a relay owns; version, flags,
// CSRC list and extension stay.
func (h *header) write(b []byte) {
	b[1] = h.payload
	if h.marker {
		b[1] |= 0x80
	}
	binary.BigEndian.PutUint16(b[2:], h.seq)
	binary.BigEndian.PutUint32(b[4:], h.timestamp)
	binary.BigEndian.PutUint32(b[8:], h.ssrc)
}
