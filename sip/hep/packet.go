package hep

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// maxPacket is what a UDP datagram holds.
const maxPacket = 65507

// Types of chunk that every capture server knows, of the vendor 0.
const (
	chunkFamily      = 0x0001
	chunkProtocol    = 0x0002
	chunkSource4     = 0x0003
	chunkTarget4     = 0x0004
	chunkSource6     = 0x0005
	chunkTarget6     = 0x0006
	chunkSourcePort  = 0x0007
	chunkTargetPort  = 0x0008
	chunkSeconds     = 0x0009
	chunkMicros      = 0x000a
	chunkKind        = 0x000b
	chunkAgent       = 0x000c
	chunkKey         = 0x000e
	chunkPayload     = 0x000f
	chunkCorrelation = 0x0011
	chunkName        = 0x0013
)

// Numbers in chunks.
const (
	familyIPv4  = 2
	familyIPv6  = 10
	protocolTCP = 6
	protocolUDP = 17
	kindSIP     = 1
)

// Packet is what one HEP packet says.
type Packet struct {
	At             time.Time
	UDP            bool // else TCP, with or without TLS
	Source, Target netip.AddrPort
	Agent          uint32 // number of who captured
	Name           string // of who captured; "" is left out
	Key            string // that the server wants; "" is left out
	Correlation    string // what belongs together has the same; "" is left out
	Payload        []byte
}

// ErrTooLong means that a message does not fit a datagram.
var ErrTooLong = errors.New("a message is too long for a HEP packet")

// Append appends a packet (HEP3: the letters, a length, and chunks of vendor, type,
// length and value, all numbers with the high byte first).
func (p *Packet) Append(b []byte) ([]byte, error) {
	begin := len(b)
	b = append(b, "HEP3\x00\x00"...)
	family, source, target := byte(familyIPv4), uint16(chunkSource4), uint16(chunkTarget4)
	if p.Source.Addr().Is6() {
		family, source, target = familyIPv6, chunkSource6, chunkTarget6
	}
	protocol := byte(protocolTCP)
	if p.UDP {
		protocol = protocolUDP
	}
	b = append(chunk(b, chunkFamily, 1), family)
	b = append(chunk(b, chunkProtocol, 1), protocol)
	b = text(b, source, p.Source.Addr().AsSlice())
	b = text(b, target, p.Target.Addr().AsSlice())
	b = binary.BigEndian.AppendUint16(chunk(b, chunkSourcePort, 2), p.Source.Port())
	b = binary.BigEndian.AppendUint16(chunk(b, chunkTargetPort, 2), p.Target.Port())
	b = binary.BigEndian.AppendUint32(chunk(b, chunkSeconds, 4), uint32(p.At.Unix()))
	b = binary.BigEndian.AppendUint32(chunk(b, chunkMicros, 4), uint32(p.At.Nanosecond()/1000))
	b = append(chunk(b, chunkKind, 1), kindSIP)
	b = binary.BigEndian.AppendUint32(chunk(b, chunkAgent, 4), p.Agent)
	for _, c := range []struct {
		kind  uint16
		value string
	}{{chunkName, p.Name}, {chunkKey, p.Key}, {chunkCorrelation, p.Correlation}} {
		if c.value != "" {
			b = text(b, c.kind, []byte(c.value))
		}
	}
	if len(b)-begin+chunkHeader+len(p.Payload) > maxPacket {
		return b[:begin], ErrTooLong
	}
	b = text(b, chunkPayload, p.Payload)
	binary.BigEndian.PutUint16(b[begin+4:], uint16(len(b)-begin))
	return b, nil
}

const chunkHeader = 6

// chunk begins a chunk with a value of so many bytes.
func chunk(b []byte, kind uint16, size int) []byte {
	b = binary.BigEndian.AppendUint16(b, 0)
	b = binary.BigEndian.AppendUint16(b, kind)
	return binary.BigEndian.AppendUint16(b, uint16(chunkHeader+size))
}

func text(b []byte, kind uint16, value []byte) []byte {
	return append(chunk(b, kind, len(value)), value...)
}
