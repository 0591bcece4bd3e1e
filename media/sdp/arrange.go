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

// Arrange lists what to offer to a callee: what the caller offered, in its order,
// then those of ours that the caller lacks and can be served with. A law of
// G.711 is added only for a caller who has the other one, because nothing else is
// converted. ours may be nil.
func Arrange(caller, ours []Codec) []Codec {
	out := slices.Clone(caller)
	for _, c := range ours {
		if find(out, c) >= 0 || c.G711() && !slices.ContainsFunc(caller, Codec.G711) {
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

// ArrangeAnswer lists what to prefer in the answer to the caller, given what the
// callee chose: of the caller's codecs those that the callee has, in the callee's
// order and with its parameters. Where the callee has a law of G.711 that the
// caller lacks, the other law takes its place. It is nil if they share no speech.
func ArrangeAnswer(caller, callee []Codec) []Codec {
	var out []Codec
	for _, c := range callee {
		i := find(caller, c)
		if i < 0 && c.G711() {
			i = slices.IndexFunc(caller, Codec.G711)
		}
		if i < 0 || has(out, caller[i].Type) {
			continue
		}
		out = append(out, merge(caller[i], c))
	}
	return voiceFirst(out)
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
