package sdp

import (
	"net/netip"
	"strings"
	"time"
)

// Description is a session description that the far side sent.
type Description struct {
	Origin Origin
	Media  []Media // every m-line, in order

	text string
}

// Origin is the o= line. Its fields are verbatim: identifiers that are not
// numbers are seen in service.
type Origin struct {
	Username, ID, Version, Address string
}

// Media is one m-line with the attributes that apply to it, those of the session
// included. For lines that are not RTP only Kind, Port, Proto and Formats are set.
type Media struct {
	Kind    string // "audio", "video", "image", ...
	Port    uint16 // 0 means refused or removed
	Proto   string // "RTP/AVP", "RTP/SAVP", "udptl", ... as written
	Formats []string

	// RTP is the address to send to; zero for Port 0 and for the hold of RFC 2543
	// (c=0.0.0.0). RTCP is zero where RTP is, and RTP's port + 1 unless a=rtcp or
	// a=rtcp-mux says otherwise.
	RTP, RTCP netip.AddrPort
	Mux       bool // a=rtcp-mux (RFC 5761)
	Codecs    []Codec
	PTime     time.Duration // a=ptime, at most a=maxptime; 0 if absent or absurd
	// Direction is the far side's; the hold of RFC 2543 takes its listening away.
	Direction Direction

	addressErr error // why RTP is zero although Port is not
}

// Audio is the audio line that an exchange uses: the first over RTP/AVP that has
// a port, or else the first over RTP/AVP. ErrNoAudio or ErrTransport otherwise.
func (d *Description) Audio() (index int, err error) {
	index, err = -1, ErrNoAudio
	for i := range d.Media {
		m := &d.Media[i]
		switch {
		case m.Kind != "audio":
		case !m.plainRTP():
			if index < 0 {
				err = ErrTransport
			}
		case m.Port != 0:
			return i, nil
		case index < 0:
			index, err = i, nil
		}
	}
	return index, err
}

// Codecs are the codecs of the audio line that an exchange uses, in the far
// side's order; none if there is no such line.
func (d *Description) Codecs() []Codec {
	i, err := d.Audio()
	if err != nil {
		return nil
	}
	return d.Media[i].Codecs
}

// Unchanged reports whether the far side sent the same body as before: a session
// refresh or a retransmission. A body that changed under the same version counts
// as changed, because some equipment forgets to raise it.
func (d *Description) Unchanged(before *Description) bool {
	return before != nil && d.text == before.text
}

func (m *Media) plainRTP() bool { return strings.EqualFold(m.Proto, "RTP/AVP") }

func (m *Media) anyRTP() bool {
	return len(m.Proto) > 4 && strings.EqualFold(m.Proto[:4], "RTP/")
}
