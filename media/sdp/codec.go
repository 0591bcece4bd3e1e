package sdp

import (
	"slices"
	"strconv"
	"strings"

	"strowger/media"
)

// Codec is a payload with what SDP says about it. Parameters and attributes are
// kept verbatim, so that a codec we know nothing about passes between two legs
// that share it.
type Codec struct {
	media.Payload
	FMTP string // format parameters (a=fmtp without the payload number)
	// Attributes are other attributes of this payload alone.
	Attributes []Attribute
}

// Attribute is an attribute of one payload: a=Name:<payload number> Value.
type Attribute struct{ Name, Value string }

// Defaults are the codecs that the switch offers by itself, in order of
// preference: PCMA, PCMU and digits (RFC 4733, events 0-16).
func Defaults() []Codec {
	return []Codec{
		{Payload: static[8]},
		{Payload: static[0]},
		{Payload: media.Payload{Type: 101, Encoding: telephoneEvent, Clock: 8000}, FMTP: "0-16"},
	}
}

const (
	telephoneEvent = "telephone-event"
	comfortNoise   = "CN"
	firstDynamic   = 96 // RFC 3551, section 6; 127 is the last
	maxPayload     = 127
)

// static are the audio payload numbers that need no rtpmap (RFC 3551, table 4).
var static = map[uint8]media.Payload{
	0:  {Type: 0, Encoding: "PCMU", Clock: 8000},
	3:  {Type: 3, Encoding: "GSM", Clock: 8000},
	4:  {Type: 4, Encoding: "G723", Clock: 8000},
	5:  {Type: 5, Encoding: "DVI4", Clock: 8000},
	6:  {Type: 6, Encoding: "DVI4", Clock: 16000},
	7:  {Type: 7, Encoding: "LPC", Clock: 8000},
	8:  {Type: 8, Encoding: "PCMA", Clock: 8000},
	9:  {Type: 9, Encoding: "G722", Clock: 8000},
	10: {Type: 10, Encoding: "L16", Clock: 44100, Channels: 2},
	11: {Type: 11, Encoding: "L16", Clock: 44100},
	12: {Type: 12, Encoding: "QCELP", Clock: 8000},
	13: {Type: 13, Encoding: comfortNoise, Clock: 8000},
	15: {Type: 15, Encoding: "G728", Clock: 8000},
	18: {Type: 18, Encoding: "G729", Clock: 8000},
}

// canonical spells the names that others compare by; a name we do not know stays
// as the far side wrote it.
func canonical(name string) string {
	for _, known := range [...]string{"PCMA", "PCMU", telephoneEvent, "G722", "G729", "GSM", comfortNoise} {
		if strings.EqualFold(name, known) {
			return known
		}
	}
	return strings.Clone(name)
}

// Voice reports whether the codec carries speech, not digits or comfort noise.
func (c Codec) Voice() bool {
	return c.Encoding != telephoneEvent && c.Encoding != comfortNoise
}

func (c Codec) noise() bool { return c.Encoding == comfortNoise }

// G711 reports whether the codec is PCMA or PCMU as a telephone speaks it.
func (c Codec) G711() bool {
	return (c.Encoding == "PCMA" || c.Encoding == "PCMU") && c.Clock == 8000 && c.channels() == 1
}

// G722 reports whether the codec is G.722, whose clock is written as half of what it is
// (RFC 3551, section 4.5.2).
func (c Codec) G722() bool { return c.Encoding == "G722" && c.Clock == 8000 && c.channels() == 1 }

// dynamic reports whether the payload number means what the session says.
func (c Codec) dynamic() bool {
	_, fixed := static[c.Type]
	return !fixed
}

func (c Codec) channels() int { return max(c.Channels, 1) }

// sameName reports whether both are one encoding; the parameters may differ.
func (c Codec) sameName(o Codec) bool {
	return c.Clock == o.Clock && c.channels() == o.channels() && strings.EqualFold(c.Encoding, o.Encoding)
}

func (c Codec) sameFMTP(o Codec) bool {
	return strings.EqualFold(foldFMTP(c.FMTP), foldFMTP(o.FMTP))
}

// foldFMTP takes out what equipment adds and drops freely between parameters.
func foldFMTP(s string) string {
	return strings.TrimSuffix(strings.ReplaceAll(s, " ", ""), ";")
}

// find is the index of the codec of list that means c, or -1. Between several
// payloads of one name (AMR with and without octet-align) the parameters decide,
// then the number, which an answer keeps; a single one need not repeat the
// parameters, since an answer may state its own.
func find(list []Codec, c Codec) int {
	count, named, numbered := 0, -1, -1
	for i, o := range list {
		if !c.sameName(o) {
			continue
		}
		if c.sameFMTP(o) {
			return i
		}
		if count++; count == 1 {
			named = i
		}
		if o.Type == c.Type {
			numbered = i
		}
	}
	if numbered >= 0 {
		return numbered
	}
	if count > 1 && c.Voice() {
		return -1
	}
	return named
}

// rtpmap reads "<encoding>/<clock>[/<channels>]".
func rtpmap(number uint8, value string) (media.Payload, bool) {
	name, rest, _ := strings.Cut(strings.TrimSpace(value), "/")
	clockText, channelText, stereo := strings.Cut(rest, "/")
	clock, err := strconv.Atoi(clockText)
	if name == "" || err != nil || clock <= 0 || clock > 1_000_000 {
		return media.Payload{}, false
	}
	p := media.Payload{Type: number, Encoding: canonical(name), Clock: clock}
	if stereo {
		n, err := strconv.Atoi(channelText)
		if err != nil || n < 1 || n > 255 {
			return media.Payload{}, false
		}
		if n > 1 {
			p.Channels = n
		}
	}
	return p, true
}

// voiceFirst puts speech before digits and comfort noise and drops those whose
// clock no speech codec has: an event shares the clock of its stream (RFC 4733,
// section 2.1). It is nil if there is no speech.
func voiceFirst(list []Codec) []Codec {
	out := make([]Codec, 0, len(list))
	for _, c := range list {
		if c.Voice() {
			out = append(out, c)
		}
	}
	voices := out
	for _, c := range list {
		sameClock := func(v Codec) bool { return v.Clock == c.Clock }
		if !c.Voice() && slices.ContainsFunc(voices, sameClock) {
			out = append(out, c)
		}
	}
	if len(voices) == 0 {
		return nil
	}
	return out
}
