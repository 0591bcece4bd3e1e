package segment

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestWritesSilentAndAnnouncedAreTheSame(t *testing.T) {
	name := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var w writer
	for _, announce := range []time.Time{{}, time.Now().Add(time.Hour), {}} {
		w.announce = announce
		if n, err := w.write(f, []byte("ab")); n != 2 || err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
	}
	if got, err := os.ReadFile(name); string(got) != "ababab" || err != nil {
		t.Errorf("the file has %q, %v", got, err)
	}
}

func TestASilentWriteTellsItsError(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var w writer
	if n, err := w.write(f, []byte("ab")); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%d bytes, %v", n, err)
	}
}

// A file that takes a part reports what it has and why not the rest.
func TestAWriteThatIsCutShort(t *testing.T) {
	r, p, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if err := p.SetWriteDeadline(time.Now().Add(-time.Second)); err != nil {
		t.Fatal(err)
	}
	var w writer
	// A pipe holds 64 KiB: the silent write puts in what fits.
	n, err := w.write(p, make([]byte, 1<<20))
	if n == 0 || n == 1<<20 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes, %v", n, err)
	}
}
