// Package sound finds what a party is to hear by its name: prompts, tones and music.
//
// # Names
//
//	greeting          a prompt, in English
//	cy/greeting       in Welsh; in English if it has none
//	tone/ringing      a tone of the Book's country (package tone)
//	tone/de/busy      of another one
//	music/sales       music on hold of a class
//	masked            the flat tone in the stead of a party that is masked
//
// Several prompts are joined into one. Only the built-in music needs no file.
//
// # Contract
//
// A Book is read-only once it is made, but for what it has made, which is bounded;
// it is safe for concurrent use and never waits for a disk.
package sound

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"strowger/media"
	"strowger/media/music"
	"strowger/media/prompt"
	"strowger/media/tone"
)

// The prefixes of names.
const (
	tonePrefix  = "tone/"
	maskedName  = "masked"
	MusicPrefix = "music/"
)

// maxKept bounds the joined prompts and tones that are kept.
const maxKept = 1024

// Config says what a Book holds.
type Config struct {
	Prompts string              // folder of an administrator's own prompts (prompt.Open); "" for none
	Music   map[string][]string // sound files of each class of music on hold, in order
	Country string              // of the tones; "" means tone.Default
}

// Book has everything that can be heard.
type Book struct {
	Library *prompt.Library
	country string
	music   map[string]*media.Prompt

	mu   sync.Mutex
	kept map[string]*media.Prompt // joined prompts and tones, by name
}

// Open reads all files. The error names each that cannot be used, and why; the Book can
// be used all the same: built-in prompts stand in for prompts, and the built-in music
// for a class without a usable file.
func Open(c Config) (*Book, error) {
	library, err := prompt.Open(c.Prompts)
	if library == nil {
		return nil, err
	}
	b := &Book{Library: library, country: c.Country, music: map[string]*media.Prompt{}, kept: map[string]*media.Prompt{}}
	faults := []error{err}
	for class, files := range c.Music {
		m := &media.Prompt{Name: MusicPrefix + class, Live: true}
		for _, file := range files {
			p, err := prompt.Load(file)
			if err != nil {
				faults = append(faults, fmt.Errorf("music %q: %w", class, err))
				continue
			}
			m.PCM = append(m.PCM, p.PCM...)
		}
		if len(m.PCM) > 0 {
			b.music[class] = m
		}
	}
	return b, errors.Join(faults...)
}

// Find is the sound of names, nil if there is one that the Book does not have.
func (b *Book) Find(names []string) *media.Prompt {
	if len(names) == 1 {
		return b.one(names[0])
	}
	return b.made(strings.Join(names, " "), func(key string) *media.Prompt {
		all := &media.Prompt{Name: key}
		for _, name := range names {
			p := b.one(name)
			if p == nil {
				return nil
			}
			all.PCM = append(all.PCM, p.PCM...)
		}
		return all
	})
}

// made is what was made under a key before, or is now.
func (b *Book) made(key string, build func(key string) *media.Prompt) *media.Prompt {
	b.mu.Lock()
	p := b.kept[key]
	b.mu.Unlock()
	if p != nil {
		return p
	}
	if p = build(key); p == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.kept) >= maxKept {
		clear(b.kept)
	}
	b.kept[key] = p
	return p
}

func (b *Book) one(name string) *media.Prompt {
	if name == maskedName {
		return b.made(name, func(string) *media.Prompt { return prompt.Masked() })
	}
	if class, ok := strings.CutPrefix(name, MusicPrefix); ok {
		if m := b.music[class]; m != nil {
			return m
		}
		return music.Default()
	}
	if kind, ok := strings.CutPrefix(name, tonePrefix); ok {
		return b.tone(name, kind)
	}
	language, bare, ok := strings.Cut(name, "/")
	if !ok {
		language, bare = prompt.Fallback, name
	}
	p, err := b.Library.Get(language, bare)
	if err != nil {
		return nil
	}
	return p
}

// tone is a tone, made once.
func (b *Book) tone(name, kind string) *media.Prompt {
	country, of, ok := strings.Cut(kind, "/")
	if !ok {
		country, of = b.country, kind
	}
	if !slices.Contains(tone.Kinds(), tone.Kind(of)) {
		return nil
	}
	return b.made(name, tone.Of(country, tone.Kind(of)).Prompt)
}
