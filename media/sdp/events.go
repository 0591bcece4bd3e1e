package sdp

import "slices"

// WithEvents are the codecs, and digits (RFC 4733) with them if they have none and a
// codec of 8000 Hz to share its clock with.
func WithEvents(codecs []Codec) []Codec {
	if slices.ContainsFunc(codecs, isEvents) || !slices.ContainsFunc(codecs, func(c Codec) bool { return c.Voice() && c.Clock == 8000 }) {
		return codecs
	}
	return Laws.Arrange(codecs, Defaults()[2:])
}

// WithoutEvents are the codecs but for digits.
func WithoutEvents(codecs []Codec) []Codec {
	if !slices.ContainsFunc(codecs, isEvents) {
		return codecs
	}
	return slices.DeleteFunc(slices.Clone(codecs), isEvents)
}

func isEvents(c Codec) bool { return c.Encoding == telephoneEvent }

// Events is the payload of digits among codecs, nil if there is none.
func Events(codecs []Codec) *Codec {
	if i := slices.IndexFunc(codecs, isEvents); i >= 0 {
		return &codecs[i]
	}
	return nil
}
