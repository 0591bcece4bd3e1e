package security

import (
	"errors"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var at = time.Date(2026, 5, 4, 9, 10, 11, 123_000_000, time.UTC)

func TestLine(t *testing.T) {
	for want, e := range map[string]Event{
		"2026-05-04T09:10:11.123Z event=wrong-password source=192.0.2.7 port=5060 transport=udp network=lan tenant=demo user=1001 method=REGISTER": {
			Kind: WrongPassword, Source: netip.MustParseAddrPort("192.0.2.7:5060"), Transport: "udp", Network: "lan",
			Tenant: "demo", User: "1001", Method: "REGISTER",
		},
		"2026-05-04T09:10:11.123Z event=blocked source=2001:db8:: network=lan seconds=300": {
			Kind: Blocked, Source: netip.MustParseAddrPort("[2001:db8::]:0"), Network: "lan", For: 5 * time.Minute,
		},
		`2026-05-04T09:10:11.123Z event=unknown-user source=192.0.2.7 user="x\n2026 event=blocked source=192.0.2.1 \u00fc \""`: {
			Kind: UnknownUser, Source: netip.MustParseAddrPort("[::ffff:192.0.2.7]:0"), User: "x\n2026 event=blocked source=192.0.2.1 \u00fc \"",
		},
		"2026-05-04T09:10:11.123Z event=destination-disallowed target=198.51.100.9:5060 network=lan": {
			Kind: NotAllowed, Target: netip.MustParseAddrPort("198.51.100.9:5060"), Network: "lan",
		},
		"2026-05-04T09:10:11.123Z event=unknown-user user=" + strings.Repeat("x", maxValue): {Kind: UnknownUser, User: strings.Repeat("x", 2*maxValue)},
	} {
		if got := e.Line(at); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func open(t *testing.T) *Log {
	t.Helper()
	l, err := Open(t.TempDir(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLogIsWritten(t *testing.T) {
	l := open(t)
	l.Report(at, Event{Kind: UnknownUser})
	l.Report(at, Event{Kind: WrongPassword})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l.Report(at, Event{Kind: Blocked}) // too late
	want := "2026-05-04T09:10:11.123Z event=unknown-user\n2026-05-04T09:10:11.123Z event=wrong-password\n"
	if got := read(t, l.path); got != want {
		t.Errorf("the file has %q", got)
	}
	if n := l.Counters().Written.Load(); n != 2 {
		t.Errorf("%d lines are counted", n)
	}
}

// TestLogIsBounded: the file is renamed when it is full, and the oldest goes.
func TestLogIsBounded(t *testing.T) {
	l := open(t)
	l.maxFile = 110 // two lines
	for i := range 20 {
		l.Report(at, Event{Kind: UnknownUser, User: string(rune('a' + i))})
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(l.path + "*")
	if err != nil || len(files) != Kept+1 {
		t.Errorf("files %q, %v", files, err)
	}
	for _, f := range files {
		if n := len(read(t, f)); n > 110 || n == 0 {
			t.Errorf("%s has %d bytes", f, n)
		}
	}
	if !strings.Contains(read(t, l.path), "user=t") || !strings.Contains(read(t, l.path+".1"), "user=r") {
		t.Error("the last lines are not in the last files")
	}
}

// TestLogFollowsItsPath: the file may be renamed by others.
func TestLogFollowsItsPath(t *testing.T) {
	l := open(t)
	if err := os.Rename(l.path, l.path+".old"); err != nil {
		t.Fatal(err)
	}
	l.Report(at, Event{Kind: UnknownUser})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, l.path); !strings.Contains(got, "unknown-user") {
		t.Errorf("the new file has %q", got)
	}
	if _, err := os.Stat(l.path + ".old"); err != nil {
		t.Error(err)
	}
}

// TestLogIsSlowed: a flood is cut, and the log says so.
func TestLogIsSlowed(t *testing.T) {
	l := open(t)
	const flood = 10*MaxRate + 50
	for range flood {
		l.Report(at, Event{Kind: UnknownUser})
	}
	l.Report(at.Add(time.Second), Event{Kind: Blocked})
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n := l.Counters().Dropped.Load(); n < 50 || n+l.Counters().Written.Load() < flood {
		t.Errorf("%d dropped, %d written", n, l.Counters().Written.Load())
	}
	if got := read(t, l.path); !strings.Contains(got, "event=events-dropped detail=\"") {
		t.Errorf("no line tells of it: %s", got[max(0, len(got)-200):])
	}
}

func TestLogThatCannotBe(t *testing.T) {
	_, err := Open(filepath.Join(t.TempDir(), "missing"), nil)
	if err == nil || !strings.Contains(err.Error(), "security events") || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
