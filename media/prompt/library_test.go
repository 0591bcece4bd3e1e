package prompt

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"strowger/media"
	"strowger/media/codec"
	"strowger/media/sound/soundtest"
)

func open(t *testing.T, folder string) *Library {
	t.Helper()
	l, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func get(t *testing.T, l *Library, language, name string) *media.Prompt {
	t.Helper()
	p, err := l.Get(language, name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBuiltInVoices: each language has its prompts, of plausible length and equal
// loudness, that begin and end in silence without a click.
func TestBuiltInVoices(t *testing.T) {
	l := open(t, "")
	if diff := cmp.Diff([]string{"cy", "en"}, l.Languages()); diff != "" {
		t.Error(diff)
	}
	size := 0
	for _, language := range l.Languages() {
		text, err := os.ReadFile("voices/" + language + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		said := map[string]bool{}
		for line := range strings.Lines(string(text)) {
			name, words, _ := strings.Cut(strings.TrimSpace(line), " ")
			if name == "" || name == "#" {
				continue
			}
			said[name] = true
			e, ok := l.prompts[language][name]
			if !ok {
				t.Errorf("%s/%s was not made: make voices", language, name)
				continue
			}
			p := e.prompt()
			size += len(p.PCM)
			checkVoice(t, language+"/"+name, strings.TrimSpace(words), p.PCM)
		}
		for name := range l.prompts[language] {
			if !said[name] && name != "done" && conferenceTones[name] == nil {
				t.Errorf("%s/%s is not in the list", language, name)
			}
		}
	}
	if size > 2_300_000 {
		t.Errorf("the voices take %d bytes", size)
	}
}

// TestBuiltInIsMadeWhenAskedFor: a library costs little until its prompts are heard, and
// each is made once.
func TestBuiltInIsMadeWhenAskedFor(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	l := open(t, "")
	runtime.ReadMemStats(&after)
	if made := after.TotalAlloc - before.TotalAlloc; made > 1<<20 {
		t.Errorf("an open library takes %d bytes", made)
	}
	if first := get(t, l, "cy", "greeting"); first != get(t, l, "cy", "greeting") {
		t.Error("a prompt is made twice")
	}
}

func checkVoice(t *testing.T, name, words string, pcm []int16) {
	t.Helper()
	length := float64(len(pcm)) / SampleRate
	if letters := float64(len(words)); length < 0.15+0.02*letters || length > 0.6+0.12*letters {
		t.Errorf("%s (%s) lasts %.2f s", name, words, length)
	}
	peak := 0.0
	for _, s := range pcm {
		peak = max(peak, math.Abs(float64(s)/32768))
	}
	if level := soundtest.Level(pcm); math.Abs(level+20) > 2.5 || peak > 0.999 {
		t.Errorf("%s: level %.1f dB, peak %.2f", name, level, peak)
	}
	for _, s := range append(slices.Clone(pcm[:8]), pcm[len(pcm)-8:]...) {
		if s > 400 || s < -400 {
			t.Errorf("%s is not faded: %d", name, s)
			break
		}
	}
}

// TestVoicesAreMade: the script still says what is here. espeak-ng of another version
// speaks a little differently, which a correlation of loudness forgives.
func TestVoicesAreMade(t *testing.T) {
	for _, program := range []string{"espeak-ng", "sox"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed", program)
		}
	}
	l, dir := open(t, ""), t.TempDir()
	likeness := func(a, b string) float64 {
		one, err := Load(filepath.Join(dir, a+".alaw"))
		if err != nil {
			t.Fatal(err)
		}
		language, name, _ := strings.Cut(b, "/")
		return soundtest.Correlation(soundtest.Loudness(one.PCM), soundtest.Loudness(get(t, l, language, name).PCM))
	}
	names := []string{"en/number-17", "cy/number-2000", "cy/position-end"}
	for _, name := range names {
		if out, err := exec.Command("voices/make.sh", dir, name).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if like := likeness(name, name); like < 0.95 {
			t.Errorf("%s is only like what is made to %.2f", name, like)
		}
	}
	if like := likeness(names[0], "en/day-31"); like > 0.9 {
		t.Errorf("other words are alike to %.2f", like)
	}
}

func TestFolderWins(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, data []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"old.wav", "cy", "de", "Notes"} {
		if err := os.Mkdir(filepath.Join(folder, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write("closed.WAV", wav(formatULaw, 1, 8, 8000, []byte{0x80, 0x80}))
	write("menu.alaw", []byte{codec.ALaw.Silence()})
	write("notes.txt", []byte("not sound"))
	write("cy/greeting.ulaw", make([]byte, 3))
	write("cy/closed.ulaw", make([]byte, 4))
	write("de/menu.ulaw", make([]byte, 5))
	write("Notes/menu.ulaw", make([]byte, 6))
	l := open(t, folder)
	for name, samples := range map[string]int{
		"en/closed": 2, "cy/closed": 4, "de/closed": 2, "en/menu": 1, "cy/menu": 1, "de/menu": 5, "cy/greeting": 3, "fr/menu": 1,
	} {
		language, name, _ := strings.Cut(name, "/")
		if p := get(t, l, language, name); len(p.PCM) != samples || p.Name != name {
			t.Errorf("%s/%s: %d samples, named %s", language, name, len(p.PCM), p.Name)
		}
	}
	if english, welsh := get(t, l, "en", "greeting"), get(t, l, "cy", "greeting"); english == welsh {
		t.Error("the English greeting is gone")
	}
	if german := get(t, l, "de", "greeting"); german != get(t, l, "en", "greeting") {
		t.Error("what German lacks is not said in English")
	}
	if diff := cmp.Diff([]string{"cy", "de", "en"}, l.Languages()); diff != "" {
		t.Error(diff)
	}
	if names := l.Names("de"); !slices.Contains(names, "menu") || !slices.Contains(names, "digit-7") || slices.Contains(names, "and-3") {
		t.Errorf("names %v", names)
	}
}

// TestBadFiles: each file that cannot be used is told with its path and the reason, and
// the others can be played.
func TestBadFiles(t *testing.T) {
	folder := t.TempDir()
	if err := os.Mkdir(filepath.Join(folder, "cy"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"queue.wav": wav(formatPCM, 1, 16, 8000, []byte{1, 0}), "queue.ulaw": {1, 2}, "bad.wav": wav(2, 1, 4, 8000, nil),
		"empty.ulaw": nil, "good.alaw": {1, 2, 3}, "closed.alaw": wav(formatPCM, 1, 16, 8000, []byte{1, 0}), "cy/song.wav": []byte("ID3 and more than that"),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := Open(folder)
	if l == nil || err == nil {
		t.Fatal(err)
	}
	for path, reason := range map[string]string{
		"queue.wav": "has the name of queue.ulaw", "bad.wav": "encoding 2", "empty.ulaw": "it is empty",
		"closed.alaw": "it is a WAV file: name it .wav", "cy/song.wav": "it is not WAV",
	} {
		found := false
		for line := range strings.Lines(err.Error()) {
			found = found || strings.HasPrefix(line, filepath.Join(folder, path)) && strings.Contains(line, reason)
		}
		if !found {
			t.Errorf("%s, %s: is not told in\n%v", path, reason, err)
		}
	}
	if p := get(t, l, "en", "good"); len(p.PCM) != 3 {
		t.Error("the good file is not there")
	}
	if p := get(t, l, "en", "closed"); len(p.PCM) < 8000 {
		t.Error("the built-in prompt does not stand in for the bad file")
	}
}

func TestLoadErrors(t *testing.T) {
	if _, err := Open(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if _, err := Load("voices/make.sh"); !errors.Is(err, ErrFormat) {
		t.Errorf("a script: %v", err)
	}
	if _, err := Load("nowhere.wav"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
	large := filepath.Join(t.TempDir(), "large.ulaw")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, MaxFile+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(large); !errors.Is(err, ErrLimit) {
		t.Errorf("a large file: %v", err)
	}
	if _, err := open(t, "").Get("en", "nothing"); !errors.Is(err, ErrUnknown) {
		t.Errorf("Get: %v", err)
	}
}
