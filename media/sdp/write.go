package sdp

import (
	"hash/maphash"
	"net/netip"
	"strconv"

	pion "github.com/pion/sdp/v3"
)

// sound is what we say on our audio line; without codecs it is refused.
type sound struct {
	codecs    []Codec
	direction Direction
	mux       bool
	crypto    []Crypto // none: plain
}

// write is the body; the version is raised if it differs from the last one but for
// that.
func (s *Session) write(local netip.AddrPort, own sound) []byte {
	kind, addr := "IP4", local.Addr().Unmap().String()
	if local.Addr().Unmap().Is6() {
		kind = "IP6"
	}
	d := &pion.SessionDescription{
		Origin: pion.Origin{
			Username: s.username, SessionID: s.id, SessionVersion: s.version,
			NetworkType: "IN", AddressType: kind, UnicastAddress: addr,
		},
		SessionName: "-",
		ConnectionInformation: &pion.ConnectionInformation{
			NetworkType: "IN", AddressType: kind, Address: &pion.Address{Address: addr},
		},
		TimeDescriptions: []pion.TimeDescription{{}},
	}
	for i, l := range s.lines {
		if i == s.audio && len(own.codecs) > 0 {
			d.MediaDescriptions = append(d.MediaDescriptions, own.line(local.Port(), l.proto))
			continue
		}
		d.MediaDescriptions = append(d.MediaDescriptions, l.refused())
	}
	s.said = own
	body := marshal(d)
	if s.digest != 0 && s.digest != digest(body) {
		s.version++
		d.Origin.SessionVersion = s.version
		body = marshal(d)
	}
	s.digest = digest(body)
	return body
}

// marshal writes a body. pion's Marshal returns an error for its interface's sake only.
func marshal(d *pion.SessionDescription) []byte {
	body, _ := d.Marshal()
	return body
}

// digest stands for a body: two bodies that share one are met by nobody.
func digest(body []byte) uint64 { return max(maphash.Bytes(seed, body), 1) }

var seed = maphash.MakeSeed()

// line is our m-line.
func (o sound) line(port uint16, proto string) *pion.MediaDescription {
	m := &pion.MediaDescription{MediaName: pion.MediaName{
		Media: "audio", Port: pion.RangedPort{Value: int(port)}, Protos: []string{proto},
	}}
	add := func(name, value string) {
		m.Attributes = append(m.Attributes, pion.Attribute{Key: name, Value: value})
	}
	for _, c := range o.codecs {
		number := strconv.Itoa(int(c.Type))
		m.MediaName.Formats = append(m.MediaName.Formats, number)
		rtpmap := number + " " + c.Encoding + "/" + strconv.Itoa(c.Clock)
		if c.channels() > 1 {
			rtpmap += "/" + strconv.Itoa(c.Channels)
		}
		add("rtpmap", rtpmap)
		if c.FMTP != "" {
			add("fmtp", number+" "+c.FMTP)
		}
		for _, a := range c.Attributes {
			add(a.Name, number+" "+a.Value)
		}
	}
	if o.codecs[0].G711() {
		add("ptime", "20")
	}
	for _, c := range o.crypto {
		add("crypto", c.String())
	}
	if o.mux {
		add("rtcp-mux", "")
	}
	add(o.direction.String(), "")
	return m
}

// refused is the line with port 0; one format is there for the grammar's sake
// (RFC 3264, section 6).
func (l line) refused() *pion.MediaDescription {
	format := l.format
	if format == "" {
		format = "0"
	}
	return &pion.MediaDescription{MediaName: pion.MediaName{
		Media: l.kind, Protos: []string{l.proto}, Formats: []string{format},
	}}
}
