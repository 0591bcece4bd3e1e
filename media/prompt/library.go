package prompt

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

//go:embed voices/*.wav
var voices embed.FS

// Library holds prompts by name: the file name without its extension. The built-in
// names are announcement, confirm, greeting, digit-0 to digit-9, digit-plus,
// digit-star and digit-hash.
type Library struct {
	prompts map[string]*media.Prompt
	size    int // bytes of samples
}

// Open loads the built-in prompts and those of a folder (.wav, .ulaw, .alaw; other
// files and sub-folders are passed over), which win. An empty folder name means
// the built-in ones alone. The error names every file that cannot be used.
func Open(folder string) (*Library, error) {
	l := &Library{prompts: make(map[string]*media.Prompt)}
	builtIn, err := fs.Sub(voices, "voices")
	if err != nil {
		return nil, err
	}
	if err := l.load(builtIn); err != nil {
		return nil, err
	}
	l.prompts["done"] = &media.Prompt{Name: "done", PCM: done()}
	maps.Copy(l.prompts, conferenceTones())
	if folder == "" {
		return l, nil
	}
	if err := l.load(os.DirFS(folder)); err != nil {
		return nil, fmt.Errorf("prompts in %s: %w", folder, err)
	}
	return l, nil
}

// done is heard when something was set: two tones, the second one higher.
func done() []int16 {
	const each, level = 200 * time.Millisecond, -3
	pause := make([]int16, samplesIn(each/2))
	return slices.Concat(pause, Tone(600, each, level), pause, Tone(900, each, level), pause)
}

// Get is the prompt of a name, or ErrUnknown.
func (l *Library) Get(name string) (*media.Prompt, error) {
	p, ok := l.prompts[name]
	if !ok {
		return nil, fmt.Errorf("%w: %q; there are %s", ErrUnknown, name, strings.Join(l.Names(), ", "))
	}
	return p, nil
}

// Names lists the prompts in order.
func (l *Library) Names() []string { return slices.Sorted(maps.Keys(l.prompts)) }

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
		return nil, err
	}
	return &media.Prompt{Name: nameOf(base), PCM: pcm}, nil
}

// load adds the prompts of a folder.
func (l *Library) load(folder fs.FS) error {
	entries, err := fs.ReadDir(folder, ".")
	if err != nil {
		return err
	}
	var bad []error
	from := make(map[string]string)
	for _, e := range entries {
		file := e.Name()
		if e.IsDir() || decoderOf(file) == nil {
			continue
		}
		name := nameOf(file)
		if other, twice := from[name]; twice {
			bad = append(bad, fmt.Errorf("%s and %s have one name: remove one", other, file))
			continue
		}
		from[name] = file
		pcm, err := loadFile(folder, file)
		if err != nil {
			bad = append(bad, err)
			continue
		}
		if l.size += 2 * len(pcm); l.size > MaxLibrary {
			return fmt.Errorf("%w: more than %d MiB in all", ErrLimit, MaxLibrary>>20)
		}
		l.prompts[name] = &media.Prompt{Name: name, PCM: pcm}
	}
	return errors.Join(bad...)
}

// decoderOf is the reader for a file by its extension, or nil.
func decoderOf(file string) func([]byte) ([]int16, error) {
	switch strings.ToLower(path.Ext(file)) {
	case ".wav":
		return DecodeWAV
	case ".ulaw":
		return raw(codec.ULaw)
	case ".alaw":
		return raw(codec.ALaw)
	}
	return nil
}

func nameOf(file string) string { return strings.TrimSuffix(file, path.Ext(file)) }

func raw(law codec.Law) func([]byte) ([]int16, error) {
	return func(file []byte) ([]int16, error) {
		out := make([]int16, len(file))
		law.Decode(out, file)
		return out, nil
	}
}

func loadFile(folder fs.FS, name string) ([]int16, error) {
	f, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	if err != nil {
		return nil, err
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%s: %w: at most %d MiB", name, ErrLimit, MaxFile>>20)
	}
	pcm, err := decoderOf(name)(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(pcm) == 0 {
		return nil, fmt.Errorf("%s: %w: it is empty", name, ErrFormat)
	}
	return pcm, nil
}
