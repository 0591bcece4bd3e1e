package sdp

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"strowger/media"
)

// Session is our side of one leg's offers and answers. Make it with NewSession.
// It is a value: assignment copies it whole. Of the last body only what it says is
// kept: a node holds many sessions that talk.
type Session struct {
	username    string
	id, version uint64
	digest      uint64 // of the last body, to tell whether another one differs; 0 before the first

	lines   []line  // m-lines of the last exchange, kept by every later one
	audio   int     // which of them is ours
	numbers []Codec // every dynamic payload number used so far
	said    sound   // our m-line in the last body
	offers  bool    // that is an offer, to which answers may come
	keys    *keys
}

// line is an m-line that we refuse or have refused.
type line struct{ kind, proto, format string }

// Agreed is the result of one exchange.
type Agreed struct {
	// Remote is for Endpoint.Update: addresses and payloads of the far side, Send
	// and Receive as agreed. Latch and Sources are the caller's to set.
	Remote media.Remote
	// Codecs are the codecs of both sides; the first is what we send.
	Codecs []Codec
	// Direction is ours.
	Direction Direction
	// Held: the far side put us on hold, that is, it does not listen (a=sendonly,
	// a=inactive, c=0.0.0.0 or port 0). The answer to a hold of our own that left
	// it nothing to listen to is no hold of its.
	Held bool
}

// NewSession makes the session of a leg. The user name must not hold spaces;
// empty means "-". id is the session identifier, unique for the host, and the first version.
func NewSession(username string, id uint64) Session {
	if username == "" {
		username = "-"
	}
	return Session{username: username, id: id, version: id}
}

// Offer writes an offer of codecs at local. Payload numbers that the session has
// used keep their meaning. A later offer keeps the m-lines of the earlier
// exchanges; the version is raised only if the body changed. Call Accept with each
// answer to it.
func (s *Session) Offer(local netip.AddrPort, codecs []Codec, dir Direction) []byte {
	if len(s.lines) == 0 {
		s.lines, s.audio = []line{{kind: "audio", proto: plainRTP}}, 0
		if s.keys.how() == Required {
			s.lines[0].proto = secureRTP
		}
	}
	s.offers = true
	return s.write(local, sound{codecs: s.number(codecs), direction: dir, crypto: s.keys.offered()})
}

// Repeat is the last body, at the same address, as an offer that changes nothing.
func (s *Session) Repeat(local netip.AddrPort) []byte {
	s.offers = true
	return s.write(local, s.said)
}

// Answer writes the answer to offer, with the codecs of prefer that the offer has,
// in the order of prefer and with the offer's payload numbers. dir is what we would
// like; the offer may narrow it. Errors are ErrNoAudio, ErrTransport, ErrPlain, ErrCrypto,
// ErrAddress and ErrNoCommonCodec, and leave the session as it was. An offer whose sound has
// port 0 is answered with port 0: Agreed is Held, without codecs.
func (s *Session) Answer(offer *Description, local netip.AddrPort, prefer []Codec, dir Direction) ([]byte, Agreed, error) {
	index, err := offer.audio(s.keys.how())
	if err != nil {
		return nil, Agreed{}, err
	}
	m := &offer.Media[index]
	if m.addressErr != nil {
		return nil, Agreed{}, m.addressErr
	}
	if m.Port == 0 {
		s.keep(offer, index)
		return s.write(local, sound{}), Agreed{Direction: Inactive, Held: true}, nil
	}
	chosen := choose(m.Codecs, prefer)
	if chosen == nil {
		return nil, Agreed{}, ErrNoCommonCodec
	}
	s.keep(offer, index)
	s.remember(m.Codecs)
	dir = dir.agree(m.Direction)
	ours, crypto := s.secured(m.Crypto)
	body := s.write(local, sound{codecs: chosen, direction: dir, mux: m.Mux, crypto: ours})
	agreed := m.agreed(chosen, dir)
	agreed.Remote.Crypto = crypto
	agreed.Held = !m.Direction.Receives()
	return body, agreed, nil
}

// Accept takes an answer to the last offer; there may be several, from forks or in
// early media, until the far side makes an offer. Errors are ErrNoOffer, ErrMalformed (the answer lacks our m-line),
// ErrNoAudio, ErrTransport, ErrPlain, ErrAddress and ErrNoCommonCodec.
func (s *Session) Accept(answer *Description) (Agreed, error) {
	if !s.offers {
		return Agreed{}, ErrNoOffer
	}
	if len(answer.Media) <= s.audio {
		return Agreed{}, fmt.Errorf("%w: %d m-lines in answer to %d", ErrMalformed, len(answer.Media), len(s.lines))
	}
	m := &answer.Media[s.audio]
	switch {
	case m.Kind != "audio" || m.Port == 0:
		return Agreed{}, ErrNoAudio
	case !m.is(plainRTP) && (len(s.said.crypto) == 0 || !m.is(secureRTP)):
		return Agreed{}, ErrTransport
	case m.addressErr != nil:
		return Agreed{}, m.addressErr
	}
	secured, keys := s.keys.accept(s.said.crypto, m.Crypto)
	if secured == nil && (s.keys.how() == Required || m.is(secureRTP)) {
		return Agreed{}, ErrPlain
	}
	chosen := voiceFirst(Common(m.Codecs, s.said.codecs))
	if chosen == nil {
		return Agreed{}, ErrNoCommonCodec
	}
	s.remember(m.Codecs)
	s.keys = keys
	agreed := m.agreed(chosen, s.said.direction.agree(m.Direction))
	agreed.Held = s.said.direction.Sends() && !m.Direction.Receives()
	agreed.Remote.Crypto = secured
	agreed.Remote.Payloads = alsoReceive(agreed.Remote.Payloads, chosen, s.said.codecs)
	if agreed.Remote.Mux && !s.said.mux {
		// We did not offer it, so the answer cannot choose it (RFC 5761, 5.1.1).
		agreed.Remote.Mux, agreed.Remote.RTCP = false, netip.AddrPort{}
	}
	return agreed, nil
}

// agreed is what the far side's line means once codecs and direction are settled.
func (m *Media) agreed(chosen []Codec, dir Direction) Agreed {
	payloads := make([]media.Payload, len(chosen))
	for i, c := range chosen {
		payloads[i] = c.Payload
	}
	return Agreed{
		Remote: media.Remote{
			RTP: m.RTP, RTCP: m.RTCP, Mux: m.Mux, Payloads: payloads, PTime: m.PTime,
			Send: dir.Sends(), Receive: dir.Receives(),
		},
		Codecs:    chosen,
		Direction: dir,
	}
}

// choose lists the offered codecs that prefer has, in the order of prefer.
func choose(offered, prefer []Codec) []Codec {
	var out []Codec
	for _, p := range prefer {
		i := find(offered, p)
		if i < 0 || has(out, offered[i].Type) {
			continue
		}
		out = append(out, merge(offered[i], p))
	}
	return voiceFirst(out)
}

// alsoReceive adds the numbers of our offer where the answer chose others: we send
// with the answer's and receive with ours (RFC 3264, section 6.1).
func alsoReceive(payloads []media.Payload, chosen, offered []Codec) []media.Payload {
	for _, c := range chosen {
		ours := offered[find(offered, c)].Payload
		if !slices.ContainsFunc(payloads, func(p media.Payload) bool { return p.Type == ours.Type }) {
			payloads = append(payloads, ours)
		}
	}
	return payloads
}

// keep remembers the m-lines of an offer for the offers that follow.
func (s *Session) keep(offer *Description, audio int) {
	s.lines = make([]line, len(offer.Media))
	for i, m := range offer.Media {
		// Clones, lest three words keep the whole body in memory.
		s.lines[i] = line{strings.Clone(m.Kind), strings.Clone(m.Proto), strings.Clone(m.Formats[0])}
	}
	s.audio, s.offers = audio, false
}

// remember adds payload numbers to those in use. The far side's meaning wins.
func (s *Session) remember(list []Codec) {
	var used []Codec
	for _, c := range list {
		if c.dynamic() {
			used = append(used, c)
		}
	}
	for _, c := range s.numbers {
		if !has(used, c.Type) {
			used = append(used, c)
		}
	}
	s.numbers = used
}

// number gives each codec the number it had before in this session, or else its
// own, or else a free one. A codec for which no number is left is dropped.
func (s *Session) number(list []Codec) []Codec {
	out := make([]Codec, 0, len(list))
	taken := slices.Clone(s.numbers)
	for _, c := range list {
		if !c.dynamic() && has(out, c.Type) {
			continue
		}
		known := -1
		if c.dynamic() {
			known = find(s.numbers, c)
		}
		if known >= 0 {
			c.Type = s.numbers[known].Type
		}
		if has(out, c.Type) || known < 0 && has(taken, c.Type) {
			n, ok := freeNumber(taken)
			if !ok {
				continue
			}
			c.Type = n
		}
		out, taken = append(out, c), append(taken, c)
	}
	s.remember(out)
	return out
}
