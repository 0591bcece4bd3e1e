package sdp

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxPacketTime is the longest packet time that is believed, in milliseconds.
const maxPacketTime = 200

// notOfPayload are attributes whose value begins with a number that is not a
// payload number, and those that concern our own end of the stream.
var notOfPayload = []string{
	"candidate", "crypto", "extmap", "framerate", "label", "maxptime", "mid", "ptime", "rid",
	"rtcp", "rtcp-fb", "rtcp-mux", "sctp-port", "sctpmap", "ssrc", "ssrc-group",
	"acap", "tcap", "pcfg", "acfg", "sendrecv", "sendonly", "recvonly", "inactive",
}

// codecs lists the payloads of an RTP line that are known by a rtpmap or by their
// static number, in the order of the line.
func codecs(formats []string, own *section) []Codec {
	var table [maxPayload + 1]*Codec
	out := make([]Codec, 0, len(formats))
	for _, f := range formats {
		n, err := strconv.ParseUint(f, 10, 8)
		if err != nil || n > maxPayload || table[n] != nil || len(f) > 1 && f[0] == '0' {
			continue
		}
		out = append(out, Codec{Payload: static[uint8(n)]})
		table[n] = &out[len(out)-1]
		table[n].Type = uint8(n)
	}
	for _, a := range own.attributes {
		numberText, value, _ := strings.Cut(a.Value, " ")
		n, err := strconv.ParseUint(numberText, 10, 8)
		if err != nil || n > maxPayload || table[n] == nil {
			continue
		}
		describe(table[n], a.Name, strings.TrimSpace(value))
	}
	return slices.DeleteFunc(out, func(c Codec) bool { return c.Encoding == "" })
}

// describe adds what one attribute says about a payload.
func describe(c *Codec, name, value string) {
	switch {
	case name == "rtpmap":
		if p, ok := rtpmap(c.Type, value); ok {
			c.Payload = p
		}
	case name == "fmtp":
		c.FMTP = strings.Clone(value)
	case name != "" && value != "" && !slices.Contains(notOfPayload, name):
		c.Attributes = append(c.Attributes, Attribute{Name: strings.Clone(name), Value: strings.Clone(value)})
	}
}

// packetTime is a=ptime, at most a=maxptime.
func packetTime(own *section) time.Duration {
	read := func(name string) int {
		text, _ := own.attribute(name)
		ms, err := strconv.Atoi(text)
		if err != nil || ms < 1 || ms > maxPacketTime {
			return 0
		}
		return ms
	}
	ms := read("ptime")
	if limit := read("maxptime"); limit > 0 {
		ms = min(ms, limit)
	}
	return time.Duration(ms) * time.Millisecond
}

// readAddresses sets RTP, RTCP and Mux, and takes the listening out of Direction
// for the hold of RFC 2543.
func (m *Media) readAddresses(session, own *section) {
	if m.Port == 0 {
		return
	}
	connection := own.connection
	if connection == "" {
		connection = session.connection
	}
	addr, err := address(connection)
	if err != nil {
		m.addressErr = err
		return
	}
	if !addr.IsValid() {
		m.Direction = directionOf(m.Direction.Sends(), false)
		return
	}
	m.RTP = netip.AddrPortFrom(addr, m.Port)
	m.RTCP = netip.AddrPortFrom(addr, m.Port+1)
	if m.Port == 65535 {
		m.RTCP = netip.AddrPort{}
	}
	if _, m.Mux = own.attribute("rtcp-mux"); m.Mux {
		m.RTCP = m.RTP
		return
	}
	if value, ok := own.attribute("rtcp"); ok {
		portText, where, _ := strings.Cut(value, " ")
		if port, err := strconv.ParseUint(portText, 10, 16); err == nil && port != 0 {
			if other, err := address(where); err == nil && other.IsValid() {
				addr = other
			}
			m.RTCP = netip.AddrPortFrom(addr, uint16(port))
		}
	}
}

// address reads "IN IP4 192.0.2.1". The unspecified address and names under
// .invalid (RFC 6157, section 3.1) mean hold: the zero Addr.
func address(connection string) (netip.Addr, error) {
	f := strings.Fields(connection)
	if len(f) != 3 {
		return netip.Addr{}, fmt.Errorf("%w: no c= line of the form IN IP4 <address>", ErrAddress)
	}
	text, _, _ := strings.Cut(f[2], "/")
	if strings.HasSuffix(strings.ToLower(strings.TrimSuffix(text, ".")), ".invalid") {
		return netip.Addr{}, nil
	}
	addr, err := netip.ParseAddr(text)
	addr = addr.Unmap()
	switch {
	case err != nil || addr.Zone() != "":
		return netip.Addr{}, fmt.Errorf("%w: %.60q is not an IP address", ErrAddress, text)
	case addr.IsMulticast() || addr == netip.AddrFrom4([4]byte{255, 255, 255, 255}):
		return netip.Addr{}, fmt.Errorf("%w: %s is not unicast", ErrAddress, addr)
	case addr.IsUnspecified():
		return netip.Addr{}, nil
	}
	return addr, nil
}
