package configs

import (
	"slices"

	"strowger/dialplan/source"
	"strowger/media/prompt"
	"strowger/media/tone"
)

// Heard is what a node says and plays: keys of the block media for all tenants, and of
// a tenant for its own.
type Heard struct {
	// Language is that of the prompts, a code of ISO 639 such as "cy". What a language
	// has no prompt for is said in English. Default, of a tenant: that of the block
	// media; there "en".
	Language string
	// Tones is the country whose tones are heard, a code of ISO 3166 in lower case, or
	// "uk". Default as that of Language; "uk".
	Tones string
	// Music is the class of music that is heard by whom a party of the tenant holds:
	// the name of a block music, or "default". "off" is none: what a holding phone
	// sends is heard. Default as that of Language; "default". A trunk and a seat may say
	// their own.
	Music string
}

func defaults() Heard {
	return Heard{Language: prompt.Fallback, Tones: tone.Default, Music: MusicDefault}
}

// Music is a block music "CLASS": music on hold. The class "default" is there without
// one, and built in.
type Music struct {
	Class string
	Files []string // sound files, relative to the configuration file, played in order; at least one
}

// MusicOff is the class of who plays none.
const MusicOff = "off"

// musics reads the classes of music on hold. It is read first: others name them.
func (r *reader) musics(file *source.Body) {
	for _, b := range file.Blocks("music", 1, 1) {
		m := Music{Class: r.name(b)}
		for _, f := range b.List("files", false) {
			m.Files = append(m.Files, r.beside(f.Text))
		}
		b.Done()
		if len(m.Files) == 0 {
			b.Fault(b.At, "%s has no files; write: files = [\"hold.wav\"]", b.Name())
		}
		if m.Class == MusicOff {
			b.Fault(b.At, "%s: \"off\" means that none is played; give it another name", b.Name())
		}
		r.Musics = append(r.Musics, m)
	}
}

// MusicClasses are what a seat may name as its music.
func (c *Config) MusicClasses() []string {
	return append(names(c.Musics, func(m Music) string { return m.Class }), MusicOff, MusicDefault)
}

// MusicDefault is the class that is always there.
const MusicDefault = "default"

// music reads a class of music on hold.
func (r *reader) music(b *source.Body, fallback string) string {
	class := b.String("music", fallback)
	if classes := r.MusicClasses(); class != "" && !slices.Contains(classes, class) {
		b.Fault(b.Pos("music"), "music = %q is no class of music on hold; %s", class, source.Suggest(class, classes))
		return fallback
	}
	return class
}

// heard reads the keys of a Heard; what is left out is that of fallback.
func (r *reader) heard(b *source.Body, fallback Heard) Heard {
	s := Heard{Language: b.String("language", fallback.Language), Tones: b.String("tones", fallback.Tones), Music: r.music(b, fallback.Music)}
	if !isLanguage(s.Language) {
		b.Fault(b.Pos("language"), "language = %q is no code of ISO 639; write such as: language = \"en\"", s.Language)
		s.Language = fallback.Language
	}
	if !slices.Contains(tone.Countries(), s.Tones) {
		b.Fault(b.Pos("tones"), "tones = %q; %s", s.Tones, source.Suggest(s.Tones, tone.Countries()))
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
