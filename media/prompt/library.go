package prompt

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"strowger/media"
)

//go:embed voices/en/*.alaw voices/cy/*.alaw
var voices embed.FS

// Fallback is the language of what another one lacks.
const Fallback = "en"

// everywhere is the language of prompts that have none: music with speech, a jingle.
const everywhere = ""

// Library holds prompts by language and name: the file name without its extension.
type Library struct {
	prompts map[string]map[string]entry // by language and name
	size    int                         // bytes of samples of an administrator's files
}

// Entry is one prompt of a Library.
type Entry struct {
	*media.Prompt
	Language string // "" is for every language
	File     string // "" is built in
}

// entry is an Entry whose sound may have to be made yet.
type entry struct {
	language, file string
	prompt         func() *media.Prompt
}

// Open loads the built-in voices and the prompts of a folder: its sub-folders are
// languages ("en", "cy"), what lies in itself is for every one. Files are .wav, .ulaw
// and .alaw; others are passed over. An empty name means the built-in voices alone.
// The error names every file that cannot be used, with the reason; the Library holds
// the others all the same.
func Open(folder string) (*Library, error) {
	l := &Library{prompts: map[string]map[string]entry{everywhere: {}}}
	for _, language := range []string{"en", "cy"} {
		if err := l.builtIn(language); err != nil {
			return nil, err
		}
	}
	l.later(Fallback, "done", done)
	for name, freqs := range conferenceTones {
		l.later(Fallback, name, func() []int16 { return beeps(freqs) })
	}
	if folder == "" {
		return l, nil
	}
	return l, l.own(folder)
}

// builtIn takes the built-in prompts of a language.
func (l *Library) builtIn(language string) error {
	folder, err := fs.Sub(voices, "voices/"+language)
	if err != nil {
		return fmt.Errorf("prompts: %w", err)
	}
	files, err := fs.ReadDir(folder, ".")
	if err != nil {
		return fmt.Errorf("prompts: %w", err)
	}
	l.prompts[language] = make(map[string]entry, len(files))
	for _, f := range files {
		l.later(language, nameOf(f.Name()), func() []int16 {
			pcm, _ := loadFile(folder, f.Name()) // TestBuiltInVoices reads each
			return pcm
		})
	}
	return nil
}

// later adds a built-in prompt, which is made when it is first asked for.
func (l *Library) later(language, name string, pcm func() []int16) {
	l.prompts[language][name] = entry{language: language, prompt: sync.OnceValue(func() *media.Prompt {
		return &media.Prompt{Name: name, PCM: pcm()}
	})}
}

// own takes the prompts of an administrator's folder.
func (l *Library) own(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("prompts: %w", err)
	}
	faults := l.load(everywhere, folder, os.DirFS(folder))
	for language, of := range l.prompts { // a file for every language wins over the built-in ones
		for name := range l.prompts[everywhere] {
			if language != everywhere {
				delete(of, name)
			}
		}
	}
	for _, e := range entries {
		if !e.IsDir() || !isLanguage(e.Name()) {
			continue
		}
		path := filepath.Join(folder, e.Name())
		faults = errors.Join(faults, l.load(e.Name(), path, os.DirFS(path)))
	}
	return faults
}

// isLanguage tells whether a folder's name is a code of ISO 639.
func isLanguage(name string) bool {
	return (len(name) == 2 || len(name) == 3) && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz") == ""
}

// done is heard when something was set: two tones, the second one higher.
func done() []int16 {
	const each, level = 200 * time.Millisecond, -3
	pause := make([]int16, samplesIn(each/2))
	return slices.Concat(pause, Tone(600, each, level), pause, Tone(900, each, level), pause)
}

// Get is the prompt of a name in a language, else for every language, else in English,
// else ErrUnknown.
func (l *Library) Get(language, name string) (*media.Prompt, error) {
	for _, of := range []string{language, everywhere, Fallback} {
		if e, ok := l.prompts[of][name]; ok {
			return e.prompt(), nil
		}
	}
	return nil, fmt.Errorf("%w: %q; see: strowger prompt list", ErrUnknown, name)
}

// Entries lists what Get finds in a language, by name.
func (l *Library) Entries(language string) []Entry {
	found := l.found(language)
	list := make([]Entry, 0, len(found))
	for _, name := range slices.Sorted(maps.Keys(found)) {
		e := found[name]
		list = append(list, Entry{e.prompt(), e.language, e.file})
	}
	return list
}

// Names are those of Entries.
func (l *Library) Names(language string) []string { return slices.Sorted(maps.Keys(l.found(language))) }

func (l *Library) found(language string) map[string]entry {
	found := map[string]entry{}
	for _, of := range []string{Fallback, everywhere, language} {
		maps.Copy(found, l.prompts[of])
	}
	return found
}

// Languages lists the languages in order.
func (l *Library) Languages() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(l.prompts)), func(of string) bool { return of == everywhere })
}

// Load reads one sound file: .wav, .ulaw or .alaw. Its prompt has the file's name
// without the extension.
func Load(file string) (*media.Prompt, error) {
	folder, base := filepath.Split(file)
	if decoderOf(base) == nil {
		return nil, fmt.Errorf("%s: %w: its name does not end in .wav, .ulaw or .alaw", file, ErrFormat)
	}
	if folder == "" {
		folder = "."
	}
	pcm, err := loadFile(os.DirFS(folder), base)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &media.Prompt{Name: nameOf(base), PCM: pcm}, nil
}

// load adds the prompts of an administrator's folder; path names it.
func (l *Library) load(language, path string, folder fs.FS) error {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return fmt.Errorf("prompts: %w", err)
	}
	if l.prompts[language] == nil {
		l.prompts[language] = map[string]entry{}
	}
	var faults []error
	from := make(map[string]string)
	for _, e := range entries {
		file := e.Name()
		if e.IsDir() || decoderOf(file) == nil {
			continue
		}
		name := nameOf(file)
		if other, twice := from[name]; twice {
			faults = append(faults, fmt.Errorf("%s has the name of %s: remove one", filepath.Join(path, file), other))
			continue
		}
		from[name] = file
		pcm, err := loadFile(folder, file)
		if err == nil && l.size+2*len(pcm) > MaxLibrary {
			err = fmt.Errorf("%w: more than %d MiB in all", ErrLimit, MaxLibrary>>20)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", filepath.Join(path, file), err))
			continue
		}
		l.size += 2 * len(pcm)
		p := &media.Prompt{Name: name, PCM: pcm}
		l.prompts[language][name] = entry{language, filepath.Join(path, file), func() *media.Prompt { return p }}
	}
	return errors.Join(faults...)
}

func loadFile(folder fs.FS, name string) ([]int16, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, reason(err)
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%w: at most %d MiB", ErrLimit, MaxFile>>20)
	}
	pcm, err := decoderOf(name)(data)
	if err == nil && len(pcm) == 0 {
		err = fmt.Errorf("%w: it is empty", ErrFormat)
	}
	return pcm, err
}

// reason is an error of a file without the path, which the caller has in full.
func reason(err error) error {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return path.Err
	}
	return err
}
