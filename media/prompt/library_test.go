package prompt

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

func open(t *testing.T, folder string) *Library {
	t.Helper()
	l, err := Open(folder)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func get(t *testing.T, l *Library, name string) *media.Prompt {
	t.Helper()
	p, err := l.Get(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBuiltInVoice checks that each prompt is there, of plausible length and loud
// enough without clipping: the peak is at -3 dB.
func TestBuiltInVoice(t *testing.T) {
	l := open(t, "")
	lengths := map[string]time.Duration{"announcement": 4 * time.Second, "confirm": 4 * time.Second, "greeting": 3 * time.Second, "done": 700 * time.Millisecond, "recorded": time.Second}
	for _, c := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "plus", "star", "hash"} {
		lengths["digit-"+c] = 300 * time.Millisecond
	}
	if len(l.Names()) != len(lengths) {
		t.Errorf("prompts %v", l.Names())
	}
	bytes := 0
	for name, least := range lengths {
		pcm := get(t, l, name).PCM
		bytes += len(pcm)
		length := time.Duration(len(pcm)) * time.Second / SampleRate
		if length < least || length > 2*least {
			t.Errorf("%s lasts %v", name, length)
		}
		var power, peak float64
		for _, s := range pcm {
			x := float64(s) / 32768
			power, peak = power+x*x, max(peak, math.Abs(x))
		}
		if rms := math.Sqrt(power / float64(len(pcm))); peak < 0.5 || peak > 0.75 || rms < 0.03 {
			t.Errorf("%s: peak %.2f, RMS %.3f", name, peak, rms)
		}
	}
	if bytes > 300_000 {
		t.Errorf("the voice takes %d bytes", bytes)
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
	write("greeting.WAV", wav(formatULaw, 1, 8, 8000, []byte{0x80, 0x80}))
	write("menu.alaw", []byte{codec.ALaw.Silence()})
	write("queue.ulaw", []byte{0xFF, 0xFF, 0xFF})
	write("notes.txt", []byte("not sound"))
	if err := os.Mkdir(filepath.Join(folder, "old.wav"), 0o700); err != nil {
		t.Fatal(err)
	}
	l := open(t, folder)
	for name, samples := range map[string]int{"greeting": 2, "menu": 1, "queue": 3} {
		if p := get(t, l, name); len(p.PCM) != samples || p.Name != name {
			t.Errorf("%s: %d samples, named %s", name, len(p.PCM), p.Name)
		}
	}
	if get(t, l, "announcement") == nil {
		t.Error("the built-in announcement is gone")
	}
	one, err := Load(filepath.Join(folder, "queue.ulaw"))
	if err != nil || one.Name != "queue" || len(one.PCM) != 3 {
		t.Errorf("Load: %+v, %v", one, err)
	}

	write("queue.wav", wav(formatPCM, 1, 16, 8000, []byte{1, 0}))
	write("bad.wav", wav(formatPCM, 2, 16, 44100, nil))
	write("empty.ulaw", nil)
	_, err = Open(folder)
	for _, says := range []string{"queue.ulaw and queue.wav", "bad.wav", "empty.ulaw", "sox"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("no %q in %v", says, err)
		}
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
	if _, err := open(t, "").Get("nothing"); !errors.Is(err, ErrUnknown) || !strings.Contains(err.Error(), "greeting") {
		t.Errorf("Get: %v", err)
	}
}
