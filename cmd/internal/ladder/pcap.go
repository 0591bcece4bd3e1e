package ladder

import (
	"errors"
	"io"
	"net"
	"net/netip"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"strowger/sip/trace"
)

// maxPayload is what a UDP datagram of IPv4 holds at most; longer messages are cut.
const maxPayload = 65535 - 20 - 8

// WritePCAP writes messages as a capture of UDP datagrams, each a message, whatever
// transport it came by: what TLS carried can be read.
func WritePCAP(w io.Writer, messages []trace.Message) error {
	p := pcapgo.NewWriterNanos(w)
	if err := p.WriteFileHeader(maxPayload+60, layers.LinkTypeRaw); err != nil {
		return err
	}
	for i := range messages {
		m := &messages[i]
		data, err := datagram(m)
		if err != nil {
			return err
		}
		info := gopacket.CaptureInfo{Timestamp: m.At, CaptureLength: len(data), Length: len(data)}
		if err := p.WritePacket(info, data); err != nil {
			return err
		}
	}
	return nil
}

// errFamilies is an answer that no node gives.
var errFamilies = errors.New("a message goes between addresses of two families")

// datagram is a message with its UDP and IP headers.
func datagram(m *trace.Message) ([]byte, error) {
	source, target := m.Remote, m.Local
	if m.Sent {
		source, target = target, source
	}
	udp := &layers.UDP{SrcPort: layers.UDPPort(source.Port()), DstPort: layers.UDPPort(target.Port())}
	network, err := ip(source.Addr(), target.Addr())
	if err != nil {
		return nil, err
	}
	if err := udp.SetNetworkLayerForChecksum(network.(gopacket.NetworkLayer)); err != nil {
		return nil, err
	}
	payload := m.Bytes()
	buffer := gopacket.NewSerializeBuffer()
	err = gopacket.SerializeLayers(buffer, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true},
		network, udp, gopacket.Payload(payload[:min(len(payload), maxPayload)]))
	return buffer.Bytes(), err
}

func ip(source, target netip.Addr) (gopacket.SerializableLayer, error) {
	from, to := net.IP(source.AsSlice()), net.IP(target.AsSlice())
	switch {
	case source.Is4() && target.Is4():
		return &layers.IPv4{Version: 4, TTL: 64, Protocol: layers.IPProtocolUDP, SrcIP: from, DstIP: to}, nil
	case source.Is6() && target.Is6():
		return &layers.IPv6{Version: 6, HopLimit: 64, NextHeader: layers.IPProtocolUDP, SrcIP: from, DstIP: to}, nil
	}
	return nil, errFamilies
}
