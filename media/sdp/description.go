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
	how  Security // of the session that it is for
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
	Crypto    []Crypto      // the lines a=crypto that can be used, in order
	PTime     time.Duration // a=ptime, at most a=maxptime; 0 if absent or absurd
	// Direction is the far side's; the hold of RFC 2543 takes its listening away.
	Direction Direction

	addressErr error // why RTP is zero although Port is not
}

// Audio is the audio line that an exchange uses: of those with a port the first that is
// encrypted, unless the session is Plain, or else the first; without any that has a
// port, the first whose transport is known. Errors are ErrNoAudio, ErrTransport,
// ErrPlain and ErrCrypto.
func (d *Description) Audio() (index int, err error) { return d.audio(d.how) }

func (d *Description) audio(how Security) (index int, err error) {
	index, err = -1, ErrNoAudio
	open := false // the line of index has a port
	for i := range d.Media {
		m := &d.Media[i]
		if m.Kind != "audio" {
			continue
		}
		fault := m.fits(how)
		switch {
		case fault != nil && index < 0:
			err = fault
		case fault != nil:
		case m.Port != 0 && how != Plain && len(m.Crypto) > 0:
			return i, nil
		case index < 0, m.Port != 0 && !open:
			index, err, open = i, nil, m.Port != 0
		}
	}
	return index, err
}

// The transports that are agreed.
const (
	plainRTP  = "RTP/AVP"
	secureRTP = "RTP/SAVP"
)

// fits tells why an audio line cannot be used.
func (m *Media) fits(how Security) error {
	switch plain := m.is(plainRTP); {
	case !plain && !m.is(secureRTP), !plain && how == Plain:
		return ErrTransport
	case m.Port == 0 || len(m.Crypto) > 0:
		return nil
	case !plain:
		return ErrCrypto
	case how == Required:
		return ErrPlain
	}
	return nil
}

// Codecs are the codecs of the audio line that an exchange uses, in the far side's
// order; none if there is no such line.
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

func (m *Media) is(proto string) bool { return strings.EqualFold(m.Proto, proto) }

func (m *Media) anyRTP() bool {
	return len(m.Proto) > 4 && strings.EqualFold(m.Proto[:4], "RTP/")
}
