package configs

import (
	"slices"

	"strowger/dialplan/source"
	"strowger/media/tone"
)

// Sound is what a node says and plays: keys of the block media for all tenants, and of
// a tenant for its own.
type Sound struct {
	// Language is that of the prompts, a code of ISO 639 such as "cy". What a language
	// has no prompt for is said in English. Default, of a tenant: that of the block
	// media; there "en".
	Language string
	// Tones is the country whose tones are heard, a code of ISO 3166 in lower case, or
	// "uk". Default as that of Language; "uk".
	Tones string
}

// sound reads the keys of a Sound; what is left out is that of fallback.
func sound(b *source.Body, fallback Sound) Sound {
	s := Sound{Language: b.String("language", fallback.Language), Tones: b.String("tones", fallback.Tones)}
	if !isLanguage(s.Language) {
		b.Fault(b.Pos("language"), "language = %q is no code of ISO 639; write such as: language = \"en\"", s.Language)
		s.Language = fallback.Language
	}
	if !slices.Contains(tone.Countries(), s.Tones) {
		b.Fault(b.Pos("tones"), "tones = %q; %s", s.Tones, source.Suggest(s.Tones, tone.Countries()))
		s.Tones = fallback.Tones
		s.Tones = fallback.Tones
	}
	return s
}

func isLanguage(s string) bool {
	if len(s) != 2 && len(s) != 3 {
		return false
	}
	for _, c := range s {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return true
}
