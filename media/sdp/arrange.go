package sdp

import "slices"

// Common lists the codecs of a that b has too, in a's order and with a's payload
// numbers.
func Common(a, b []Codec) []Codec {
	var out []Codec
	for _, c := range a {
		if find(b, c) >= 0 {
			out = append(out, c)
		}
	}
	return out
}

// Join lists the codecs of a, then those that only b has. It is a itself if there are
// none.
func Join(a, b []Codec) []Codec {
	out := slices.Clip(a)
	for _, c := range b {
		if find(out, c) < 0 && !has(out, c.Type) {
			out = append(out, c)
		}
	}
	return out
}

// Conversion is what the media plane can make of the sound of one leg for another one.
type Conversion uint8

// The conversions.
const (
	Laws      Conversion = iota // G.711 of one law becomes the other
	Transcode                   // and G.722 becomes G.711, or G.711 G.722
)

func (v Conversion) converts(c Codec) bool { return c.G711() || v == Transcode && c.G722() }

// Arrange lists what to offer to a callee: what the caller offered, in its order,
// then those of ours that the caller lacks and can be served with. What is converted
// is added only for a caller who has something that it is converted to. ours may be
// nil.
func (v Conversion) Arrange(caller, ours []Codec) []Codec {
	out := slices.Clone(caller)
	for _, c := range ours {
		if find(out, c) >= 0 || v.converts(c) && !slices.ContainsFunc(caller, v.converts) {
			continue
		}
		if has(out, c.Type) {
			number, ok := freeNumber(out)
			if !ok {
				continue
			}
			c.Type = number
		}
		out = append(out, c)
	}
	return voiceFirst(out)
}

// Wider lists codecs, and behind them whatever else the speech of one of them can be
// converted to: for a callee who has refused them alone.
func (v Conversion) Wider(codecs []Codec) []Codec {
	if v != Transcode {
		return codecs
	}
	return v.Arrange(codecs, []Codec{{Payload: static[8]}, {Payload: static[0]}, {Payload: static[9]}})
}

// ArrangeAnswer lists what to prefer in the answer to the caller, given what the
// callee chose: of the caller's codecs those that the callee has, in the callee's
// order and with its parameters. Where the callee has what the caller lacks, what that
// is converted to takes its place: the other law of G.711 before all else. So does noise
// that of comfort noise (RFC 3389), where the sound could be converted. It is nil if they
// share no speech.
func (v Conversion) ArrangeAnswer(caller, callee []Codec) []Codec {
	var out []Codec
	for _, c := range callee {
		i := find(caller, c)
		if i >= 0 {
			c = merge(caller[i], c)
		} else if i = v.converted(caller, c); i >= 0 {
			c = caller[i]
		}
		if i >= 0 && !has(out, c.Type) {
			out = append(out, c)
		}
	}
	if i := slices.IndexFunc(caller, Codec.noise); i >= 0 && slices.ContainsFunc(out, v.converts) && !has(out, caller[i].Type) {
		out = append(out, caller[i])
	}
	return voiceFirst(out)
}

// converted is the index of the codec of list that c is converted to, or -1.
func (v Conversion) converted(list []Codec, c Codec) int {
	i := -1
	if c.G711() {
		i = slices.IndexFunc(list, Codec.G711)
	}
	if i < 0 && v.converts(c) {
		i = slices.IndexFunc(list, v.converts)
	}
	return i
}

// Joins reports whether two legs can hear each other: they agree, or what each sends
// is converted.
func (v Conversion) Joins(a, b []Codec) bool {
	return Agree(a, b) || len(a) > 0 && len(b) > 0 && v.converts(a[0]) && v.converts(b[0])
}

// Agree reports whether two legs can be joined without transcoding: the first
// codec of both is the same, or G.711 of whichever law.
func Agree(a, b []Codec) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	return a[0].G711() && b[0].G711() || find(b[:1], a[0]) >= 0
}

// merge is the offered codec with the parameters that its answer states.
func merge(offered, chosen Codec) Codec {
	if chosen.FMTP != "" {
		offered.FMTP = chosen.FMTP
	}
	if len(chosen.Attributes) > 0 {
		offered.Attributes = chosen.Attributes
	}
	return offered
}

// has reports whether a codec of list has the payload number.
func has(list []Codec, number uint8) bool {
	return slices.ContainsFunc(list, func(c Codec) bool { return c.Type == number })
}

// freeNumber is a dynamic payload number that no codec of list has.
func freeNumber(list []Codec) (uint8, bool) {
	var used [maxPayload + 1]bool
	for _, c := range list {
		used[c.Type&maxPayload] = true
	}
	for n := firstDynamic; n <= maxPayload; n++ {
		if !used[n] {
			return uint8(n), true
		}
	}
	return 0, false
}
