package transport

import (
	"encoding/binary"
	"net/netip"
)

// STUN on the SIP port is a phone's keep-alive over UDP (RFC 5626 section 4.4.2).
const (
	stunHeader          = 20
	stunCookie          = 0x2112A442
	stunBindingRequest  = 0x0001
	stunBindingSuccess  = 0x0101
	stunXorMapped       = 0x0020
	stunFamily4         = 1
	stunFamily6         = 2
	stunTransactionSize = 16 // the cookie and the transaction ID
)

// isStun tells STUN from SIP: its first two bits are 0, and it has the cookie.
func isStun(data []byte) bool {
	return len(data) >= stunHeader && data[0]&0xC0 == 0 && binary.BigEndian.Uint32(data[4:]) == stunCookie
}

// stun answers a binding request with the address that it came from.
func (l *Layer) stun(s *socket, data []byte, from netip.AddrPort) {
	if binary.BigEndian.Uint16(data) != stunBindingRequest {
		l.counters.StunOther.Add(1)
		return
	}
	l.counters.Stun.Add(1)
	if _, err := s.packets.WriteToUDPAddrPort(stunAnswer(data, from), from); err != nil {
		l.counters.SendFailed.Add(1)
	}
}

// stunAnswer is a success response with XOR-MAPPED-ADDRESS (RFC 8489 section 14.2).
func stunAnswer(request []byte, from netip.AddrPort) []byte {
	addr, fam := from.Addr().AsSlice(), byte(stunFamily4)
	if from.Addr().Is6() {
		fam = stunFamily6
	}
	b := make([]byte, 0, stunHeader+8+len(addr))
	b = binary.BigEndian.AppendUint16(b, stunBindingSuccess)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(addr)))
	b = append(b, request[4:4+stunTransactionSize]...)
	b = binary.BigEndian.AppendUint16(b, stunXorMapped)
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(addr)))
	b = append(b, 0, fam)
	b = binary.BigEndian.AppendUint16(b, from.Port()^(stunCookie>>16))
	for i := range addr {
		b = append(b, addr[i]^request[4+i])
	}
	return b
}
