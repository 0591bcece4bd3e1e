package sound

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"strowger/media/codec"
	"strowger/media/music"
)

func book(t *testing.T, c Config) *Book {
	t.Helper()
	b, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFind(t *testing.T) {
	b := book(t, Config{Country: "de"})
	english, welsh := b.Find([]string{"greeting"}), b.Find([]string{"cy/greeting"})
	if english == nil || welsh == nil || english == welsh || b.Find([]string{"en/greeting"}) != english || b.Find([]string{"fr/greeting"}) != english {
		t.Error("the greeting is not that of its language")
	}
	joined := b.Find([]string{"position-is", "digit-3", "position-end"})
	if want := len(b.Find([]string{"position-is"}).PCM) + len(b.Find([]string{"digit-3"}).PCM) + len(b.Find([]string{"position-end"}).PCM); len(joined.PCM) != want {
		t.Errorf("%d samples, want %d", len(joined.PCM), want)
	}
	if b.Find([]string{"position-is", "digit-3", "position-end"}) != joined {
		t.Error("it is joined anew each time")
	}
	own, british := b.Find([]string{"tone/ringing"}), b.Find([]string{"tone/uk/ringing"})
	if len(own.PCM) != 5*8000 || len(british.PCM) != 3*8000 || !own.Loop {
		t.Errorf("ringing lasts %d and %d samples", len(own.PCM), len(british.PCM))
	}
	if b.Find([]string{"tone/ringing"}) != own {
		t.Error("a tone is made anew each time")
	}
	if m := b.Find([]string{"music/anything"}); m != music.Default() {
		t.Error("a class without files is not the built-in music")
	}
	for _, names := range [][]string{{"nothing"}, {"tone/nothing"}, {"tone/de/nothing"}, {"digit-3", "nothing"}} {
		if p := b.Find(names); p != nil {
			t.Errorf("%v: %s", names, p.Name)
		}
	}
}

// TestKeptIsBounded: what was joined is forgotten when it is too much.
func TestKeptIsBounded(t *testing.T) {
	b := book(t, Config{})
	for i := range maxKept + 10 {
		names := []string{"and"}
		for _, d := range strconv.Itoa(i) {
			names = append(names, "digit-"+string(d))
		}
		if b.Find(names) == nil {
			t.Fatal(names)
		}
		if len(b.kept) > maxKept {
			t.Fatalf("%d are kept", len(b.kept))
		}
	}
}

// TestMusic: the files of a class follow each other; one that cannot be used is told and
// left out, and without any there is the built-in music.
func TestMusic(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, data ...byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	quiet := codec.ALaw.Silence()
	one, two := file("one.alaw", quiet, quiet), file("two.alaw", quiet)
	bad := file("bad.wav", []byte("MThd and so on")...)
	b, err := Open(Config{Music: map[string][]string{"sales": {one, bad, two}, "broken": {bad}}})
	if b == nil || err == nil || strings.Count(err.Error(), bad) != 2 || !strings.Contains(err.Error(), `music "sales"`) {
		t.Fatal(err)
	}
	if m := b.Find([]string{"music/sales"}); len(m.PCM) != 3 || !m.Live || m.Name != "music/sales" {
		t.Errorf("%d samples, live %t", len(m.PCM), m.Live)
	}
	if m := b.Find([]string{"music/broken"}); m != music.Default() {
		t.Error("a class without a usable file is silent")
	}
	if _, err := Open(Config{Prompts: filepath.Join(dir, "nowhere")}); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("no folder: %v", err)
	}
}
