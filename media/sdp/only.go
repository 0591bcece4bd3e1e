package sdp

import "strings"

// Only are the codecs of these names, in the order of the names; all of them if there
// are no names, or if nothing were left.
func Only(codecs []Codec, names []string) []Codec {
	var out []Codec
	for _, name := range names {
		for _, c := range codecs {
			if strings.EqualFold(c.Encoding, name) {
				out = append(out, c)
			}
		}
	}
	if out == nil {
		return codecs
	}
	return out
}
