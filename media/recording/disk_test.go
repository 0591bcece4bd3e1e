package recording

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"strowger/media/prompt"
)

// slowFile is on a disk that takes nothing until it is let go.
type slowFile struct {
	*os.File
	gate <-chan struct{}
}

func (f slowFile) WriteAt(b []byte, at int64) (int, error) {
	<-f.gate
	return f.File.WriteAt(b, at)
}

// A disk that hangs for an hour costs sound beyond what is kept in memory, and no time.
func TestASlowDiskIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Writers: 1})
		gate := make(chan struct{})
		r.create = func(name string) (soundFile, error) {
			f, err := os.Create(name)
			return slowFile{f, gate}, err
		}
		rec := begin(t, r, "one")
		start := time.Now()
		const hangs = time.Hour
		clock(rec, hangs, caller, agent)
		if took := time.Since(start); took != hangs {
			t.Errorf("%v of sound took %v", hangs, took)
		}
		if n := r.Counters().Waiting.Load(); n != MaxWaiting {
			t.Errorf("%d chunks wait, the limit is %d", n, MaxWaiting)
		}
		close(gate)
		synctest.Wait()
		clock(rec, 2*time.Second, caller, agent)
		rec.End()
		closeIt(t, r)
		i, pcm := heard(t, r, "one")
		dropped := time.Duration(r.Counters().Dropped.Load()/2) * frameTime
		kept := time.Duration(MaxWaiting) * chunkFrames * frameTime
		if slip := hangs - kept - dropped; slip < -time.Second || slip > time.Second {
			t.Errorf("%v of sound were dropped, want all but %v", dropped, kept)
		}
		if i.Lost == 0 || i.Seconds != 3602 {
			t.Errorf("the info says %v lost of %v seconds", i.Lost, i.Seconds)
		}
		before, _ := share(pcm[Left], caller, 0, kept-time.Second)
		after, _ := share(pcm[Right], agent, hangs, hangs+2*time.Second)
		if before < 0.99 || after < 0.99 || !silent(pcm[Left][SampleRate*1800:SampleRate*1801]) {
			t.Errorf("share %.2f before, %.2f after the disk hung", before, after)
		}
	})
}

// TestMain is a process that records until it is killed, if it is asked to be one.
func TestMain(m *testing.M) {
	if dir := os.Getenv("STROWGER_TEST_RECORD"); dir != "" {
		recordUntilKilled(dir)
	}
	os.Exit(m.Run())
}

func recordUntilKilled(dir string) {
	r, _, err := Open(Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	rec, err := r.Begin(Info{ID: "killed", Call: "call-killed", Tenant: "demo"})
	if err != nil {
		panic(err)
	}
	rec.Mark(MarkLeft, "trunk:carrier")
	time.AfterFunc(2500*time.Millisecond, func() { _ = unix.Kill(os.Getpid(), unix.SIGKILL) })
	clock(rec, time.Minute, caller, agent)
}

func TestKilledInTheMiddle(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes 3 seconds")
	}
	dir := t.TempDir()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "STROWGER_TEST_RECORD="+dir)
	if err := c.Run(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the process ended by %v", err)
	}
	if parts, _ := filepath.Glob(filepath.Join(dir, "*", "*"+partExt)); len(parts) != 1 {
		t.Fatalf("the parts are %v", parts)
	}
	r, repaired, err := Open(Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil || len(repaired) != 1 {
		t.Fatalf("repaired %v, %v", repaired, err)
	}
	i, pcm := heard(t, r, "killed")
	if !i.Repaired || i.Ended.IsZero() || i.Seconds < 1 || i.Seconds > 2.6 || len(i.Marks) != 1 {
		t.Errorf("the info is %+v", i)
	}
	pure := 0
	for _, share := range prompt.ToneShare(pcm[Left], caller) {
		if share > 0.99 {
			pure++
		}
	}
	if pure < 5 {
		t.Errorf("%d windows of the caller's tone in %v seconds", pure, i.Seconds)
	}
	closeIt(t, r)
	r, repaired, err = Open(Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil || len(repaired) != 0 {
		t.Errorf("once more: %v, %v", repaired, err)
	}
	closeIt(t, r)
}

// A part of which there is nothing but its name is no reason not to start.
func TestRepairOfLittle(t *testing.T) {
	dir := t.TempDir()
	day := filepath.Join(dir, "2026-11-30")
	if err := os.MkdirAll(day, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"empty.wav.part": "", "mono.wav.part": string(header(1, unknown)) + strings.Repeat("x", 2*Frame+1), "odd.wav.part": "", "odd.json": "{"} {
		if err := os.WriteFile(filepath.Join(day, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, repaired, err := Open(Config{Dir: dir, Log: slog.New(slog.DiscardHandler)})
	if err != nil || len(repaired) != 2 {
		t.Fatalf("repaired %+v, %v", repaired, err)
	}
	if i := repaired[1]; i.ID != "mono" || !i.Mixed || i.Seconds != 0.02 {
		t.Errorf("mono is %+v", i)
	}
	closeIt(t, r)
}

func TestAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=256k"); err != nil {
		t.Skipf("a small tmpfs needs root: %v", err)
	}
	defer func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }()
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Dir: dir})
		ballast := filepath.Join(dir, "ballast")
		if err := os.WriteFile(ballast, make([]byte, 32<<10), 0o600); err != nil {
			t.Fatal(err)
		}
		rec := begin(t, r, "one")
		synctest.Wait()
		clock(rec, time.Minute, caller, agent) // 1.9 MB
		if n := r.Counters().WriteErrors.Load(); n < 50 {
			t.Errorf("%d errors of a full disk", n)
		}
		rec.End()
		synctest.Wait()
		if n := r.Counters().Unfinished.Load(); n != 1 {
			t.Errorf("%d ends are not written, want that of the one", n)
		}
		if err := errors.Join(os.Remove(ballast), r.Sweep(time.Time{})); err != nil {
			t.Fatal(err)
		}
		closeIt(t, r)
		i, pcm := heard(t, r, "one")
		if i.Seconds < 59 || i.Seconds > 60 {
			t.Errorf("%v seconds", i.Seconds)
		}
		if least, _ := share(pcm[Left], caller, 0, 5*time.Second); least < 0.99 {
			t.Errorf("share %.2f of the caller's tone before the disk was full", least)
		}
		if !silent(pcm[Left][30*SampleRate:]) {
			t.Error("there is sound in what the disk did not take")
		}
	})
}

func TestCloseDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, Config{Writers: 1})
		gate := make(chan struct{})
		r.create = func(name string) (soundFile, error) {
			f, err := os.Create(name)
			return slowFile{f, gate}, err
		}
		begin(t, r, "one")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Close(ctx); err == nil {
			t.Error("a disk that hangs was waited for")
		}
		close(gate)
	})
}
