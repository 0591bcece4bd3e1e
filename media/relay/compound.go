package relay

import (
	"encoding/binary"
	"errors"

	"github.com/pion/rtcp"
)

// maxReports bounds the packets of one RTCP datagram that are looked at.
const maxReports = 64

var errCompound = errors.New("RTCP packets do not add up to their datagram")

// readCompound reads what an endpoint wants of the RTCP packets in a datagram: sender
// and receiver reports, and BYE. Anything else, extended reports (RFC 3611) and what is
// not known among it, is passed over by its length, so that no fault in it costs the
// rest; the first need not be a report (RFC 5506).
func readCompound(b []byte) ([]rtcp.Packet, error) {
	var packets []rtcp.Packet
	for range maxReports {
		if len(b) == 0 {
			return packets, nil
		}
		if len(b) < 4 || b[0]>>6 != 2 {
			return nil, errCompound
		}
		n := 4 + 4*int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b) {
			return nil, errCompound
		}
		p, err := readReport(b[:n])
		if err != nil {
			return nil, err
		}
		if p != nil {
			packets = append(packets, p)
		}
		b = b[n:]
	}
	return nil, errCompound
}

// readReport reads one packet; nil for a kind that is passed over.
func readReport(b []byte) (p rtcp.Packet, err error) {
	switch rtcp.PacketType(b[1]) {
	case rtcp.TypeSenderReport:
		p = new(rtcp.SenderReport)
	case rtcp.TypeReceiverReport:
		p = new(rtcp.ReceiverReport)
	case rtcp.TypeGoodbye:
		p = new(rtcp.Goodbye)
	default:
		return nil, nil //nolint:nilnil // there is nothing to tell
	}
	return p, p.Unmarshal(b)
}
