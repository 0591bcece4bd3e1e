package segment_test

import (
	"errors"
	"os"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"strowger/sip/segment"
)

func open(t *testing.T, dir string) (*segment.Log, []string) {
	t.Helper()
	var got []string
	l, err := segment.Open(dir, func(f []byte, snapshot bool) error {
		if snapshot {
			got = append(got, "snapshot:"+string(f))
		} else {
			got = append(got, string(f))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, got
}

func TestWhatWasAppendedIsReplayed(t *testing.T) {
	dir := t.TempDir()
	l, got := open(t, dir)
	if got != nil {
		t.Fatalf("a new log replays %q", got)
	}
	for _, f := range []string{"a", "", "ccc"} {
		if err := l.Append([]byte(f)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l, got = open(t, dir)
	defer func() { _ = l.Close() }()
	if want := []string{"snapshot:", "a", "", "ccc"}; !slices.Equal(got, want) {
		t.Fatalf("replayed %q, want %q", got, want)
	}
}

func TestRotateBeginsWithTheSnapshot(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	_ = l.Append([]byte("old"))
	if err := l.Rotate([]byte("state")); err != nil {
		t.Fatal(err)
	}
	_ = l.Append([]byte("new"))
	_ = l.Close()
	l, got := open(t, dir)
	defer func() { _ = l.Close() }()
	if want := []string{"snapshot:state", "new"}; !slices.Equal(got, want) {
		t.Fatalf("replayed %q, want %q", got, want)
	}
	files, err := segment.Files(dir)
	if err != nil || len(files) != 2 {
		t.Fatalf("files %q, %v", files, err)
	}
}

// Cut anywhere, a log replays a prefix of what was appended and takes more.
func TestATornEndIsCutOff(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		dir := t.TempDir()
		frames := rapid.SliceOfN(rapid.StringN(0, 20, -1), 1, 8).Draw(rt, "frames")
		l, _ := open(t, dir)
		for _, f := range frames {
			_ = l.Append([]byte(f))
		}
		size := l.Size()
		_ = l.Close()
		files, _ := segment.Files(dir)
		cut := rapid.Int64Range(8, size).Draw(rt, "cut") // the snapshot was synced before the rename
		if err := os.Truncate(files[0], cut); err != nil {
			rt.Fatal(err)
		}
		l, got := open(t, dir)
		if len(got) == 0 || !slices.Equal(got[1:], frames[:len(got)-1]) {
			rt.Fatalf("replayed %q of %q", got, frames)
		}
		_ = l.Append([]byte("more"))
		_ = l.Close()
		l, again := open(t, dir)
		_ = l.Close()
		if !slices.Equal(again, append(got, "more")) {
			rt.Fatalf("after the cut: %q, then %q", got, again)
		}
	})
}

func TestDamageInTheMiddleIsAnError(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir)
	_ = l.Append([]byte("first"))
	_ = l.Append([]byte("second"))
	_ = l.Close()
	files, _ := segment.Files(dir)
	b, _ := os.ReadFile(files[0])
	b[8+8] ^= 1 // a byte of "first"
	if err := os.WriteFile(files[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := segment.Open(dir, nil); !errors.Is(err, segment.ErrDamaged) {
		t.Fatalf("Open = %v, want ErrDamaged", err)
	}
}

func TestFrameLimit(t *testing.T) {
	l, _ := open(t, t.TempDir())
	defer func() { _ = l.Close() }()
	if err := l.Append(make([]byte, segment.MaxFrame+1)); !errors.Is(err, segment.ErrTooLarge) {
		t.Fatalf("Append = %v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{5, 0, 0, 0, 1, 2, 3, 4, 'h', 'e', 'l', 'l', 'o'})
	f.Add([]byte{255, 255, 255, 255, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		name := t.TempDir() + "/00000001.log"
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
		_ = segment.Read(name, func([]byte, bool) error { return nil })
	})
}
