package node

import (
	"context"
	"strings"

	"strowger/configs"
	"strowger/media/sound"
	"strowger/sip/leg"
)

// Sounds reads the sound files of a configuration. The error names those that cannot be
// used; without them there is a Book all the same, unless the built-in ones are broken.
func Sounds(cfg *configs.Config) (*sound.Book, error) {
	c := sound.Config{Prompts: cfg.Media.Prompts, Country: cfg.Media.Tones, Music: map[string][]string{}}
	for _, m := range cfg.Musics {
		c.Music[m.Class] = m.Files
	}
	return sound.Open(c)
}

// openSounds goes on without the files that cannot be used, and says which.
func (n *Node) openSounds(context.Context) error {
	book, err := Sounds(n.Config)
	if book == nil {
		return err
	}
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			n.log.Warn("a sound file is left out", "reason", line)
			n.notice("a sound file is left out: %s", line)
		}
	}
	book.Find([]string{sound.MusicPrefix + configs.MusicDefault}) // made before the first call needs it
	n.Sounds = book
	return nil
}

// heard is what the parties of a tenant hear; what the whole node does is left out.
func heard(cfg *configs.Config, s configs.Heard) *leg.Heard {
	h := &leg.Heard{Language: s.Language, Music: s.Music}
	if h.Music == configs.MusicOff {
		h.Music = ""
	}
	if s.Tones != cfg.Media.Tones {
		h.Tones = s.Tones
	}
	return h
}
