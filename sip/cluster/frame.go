package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// kind says what a frame is. Numbers are never used again for something else.
type kind uint8

const (
	kindHello   kind = 1 // first in each direction, and only there
	kindBeat    kind = 2 // heartbeat, empty
	kindSend    kind = 3 // write this message to that flow of yours
	kindMessage kind = 4 // this message of a call of yours came by that flow of mine
	kindBroken  kind = 5 // that flow of mine is broken, and why
	kindAsk     kind = 6 // answer this question
	kindAnswer  kind = 7 // a part of the answer to that question of yours
)

// A frame is the length of what follows it (4 bytes, big-endian), the kind (1
// byte) and the payload. The payload of kindSend, kindMessage and kindBroken is a
// flow and, up to the frame's end, the message or the reason. That of kindAsk is a
// number (8 bytes) and the question; that of kindAnswer the question's number, what
// the part is (1 byte) and the part.
const (
	lengthSize = 4
	maxFlow    = 1024                             // bytes of a flow
	maxFrame   = 1 + maxFlow + message.MaxMessage // bytes behind the length
	maxHello   = 4096                             // the same before the peer is known
	maxText    = 255                              // bytes of a text in a flow
)

var (
	errFrame = errors.New("malformed frame")
	errLarge = errors.New("message too large for the link between nodes")
)

// newFrame returns a whole frame about a flow.
func newFrame(k kind, f transport.Flow, rest []byte) ([]byte, error) {
	b := make([]byte, lengthSize, lengthSize+256+len(rest))
	b = append(b, byte(k))
	for _, text := range []string{f.Listener, f.Network, string(f.Proto)} {
		if len(text) > maxText {
			return nil, errLarge
		}
		b = append(append(b, byte(len(text))), text...)
	}
	for _, a := range []netip.AddrPort{f.Advertised, f.Remote} {
		at := len(b)
		b = append(b, 0)
		b, _ = netip.AddrPortFrom(a.Addr().WithZone(""), a.Port()).AppendBinary(b) // its error is always nil
		b[at] = byte(len(b) - at - 1)
	}
	b = binary.BigEndian.AppendUint64(b, f.Conn)
	b = append(b, rest...)
	if len(b)-lengthSize > maxFrame {
		return nil, errLarge
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-lengthSize))
	return b, nil
}

// bareFrame returns a whole frame without a flow.
func bareFrame(k kind, payload []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)))
	return append(append(b, byte(k)), payload...)
}

// readFlow reads the flow that a payload begins with, and returns what follows it.
func readFlow(b []byte) (f transport.Flow, rest []byte, err error) {
	var proto string
	for _, text := range []*string{&f.Listener, &f.Network, &proto} {
		var part []byte
		if part, b, err = cut(b); err != nil {
			return f, nil, err
		}
		*text = string(part)
	}
	f.Proto = transport.Proto(proto)
	for _, a := range []*netip.AddrPort{&f.Advertised, &f.Remote} {
		var part []byte
		if part, b, err = cut(b); err != nil {
			return f, nil, err
		}
		if a.UnmarshalBinary(part) != nil || a.Addr().Zone() != "" {
			return f, nil, fmt.Errorf("%w: bad address", errFrame)
		}
	}
	if len(b) < 8 {
		return f, nil, fmt.Errorf("%w: flow cut off", errFrame)
	}
	f.Conn = binary.BigEndian.Uint64(b)
	return f, b[8:], nil
}

// cut takes off a part that has its length in the byte before it.
func cut(b []byte) (part, rest []byte, err error) {
	if len(b) == 0 || len(b) < 1+int(b[0]) {
		return nil, nil, fmt.Errorf("%w: flow cut off", errFrame)
	}
	end := 1 + int(b[0])
	return b[1:end], b[end:], nil
}

// readFrame reads one frame of at most limit bytes into buf, which it may replace.
// The payload is good until buf is used again.
func readFrame(r io.Reader, buf []byte, limit int) (k kind, payload, kept []byte, err error) {
	var head [lengthSize]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, buf, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > uint32(limit) {
		return 0, nil, buf, fmt.Errorf("%w: length %d, at most %d", errFrame, n, limit)
	}
	if uint32(cap(buf)) < n {
		buf = make([]byte, n)
	}
	buf = buf[:n]
	if _, err := io.ReadFull(r, buf); err != nil {
		return 0, nil, buf, err
	}
	return kind(buf[0]), buf[1:], buf, nil
}
