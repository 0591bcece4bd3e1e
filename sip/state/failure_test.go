package state

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.etcd.io/bbolt"
	"go.uber.org/goleak"
)

// crashEnv makes the test program a writer to the folder it names; see TestCrash.
const crashEnv = "STROWGER_STATE_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashEnv); dir != "" {
		writeUntilKilled(dir)
	}
	// Tests wait for servers more than they work: more of them at once than there
	// are processors.
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// crashRecords is how many records each Apply of the writer sets to one number.
const crashRecords = 20

// writeUntilKilled writes group after group, each third one durable, and says
// which numbers are known to be on disk.
func writeUntilKilled(dir string) {
	s, err := OpenEmbedded(dir, Options{})
	if err != nil {
		fmt.Fprintln(os.Stdout, err)
		os.Exit(1)
	}
	for n := 1; ; n++ {
		changes := make([]Change, crashRecords)
		for i := range changes {
			changes[i] = Change{ID: strconv.Itoa(i), Value: []byte(strconv.Itoa(n)), Expect: Any}
		}
		changes[0].Durable = n%3 == 0
		if err := s.Apply(context.Background(), grouped, "crash", changes); err != nil {
			fmt.Fprintln(os.Stdout, err)
			os.Exit(1)
		}
		if changes[0].Durable {
			fmt.Fprintln(os.Stdout, n)
		}
	}
}

// TestCrash kills a writing process without warning. What it called durable must
// be there, and no group may be there in part.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	for round := range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		durable := 0
		lines := bufio.NewScanner(out)
		for i := 0; lines.Scan(); i++ {
			if _, err := fmt.Sscan(lines.Text(), &durable); err != nil {
				t.Fatalf("the writer says %s", lines.Text())
			}
			if i == 10+7*round {
				_ = cmd.Process.Kill()
			}
		}
		_ = cmd.Wait()

		s := openTest(t, dir)
		found := make(map[string]int)
		err = s.List(t.Context(), grouped, "crash", func(_ string, r Record) bool {
			found[string(r.Value)]++
			return true
		})
		if err != nil || len(found) != 1 {
			t.Fatalf("round %d: groups were written in part: %v, %v", round, found, err)
		}
		for value, n := range found {
			var got int
			if _, err := fmt.Sscan(value, &got); err != nil || got < durable || n != crashRecords {
				t.Errorf("round %d: %d records of group %s, but group %d was durable", round, n, value, durable)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFolderInUse(t *testing.T) {
	dir := t.TempDir()
	openTest(t, dir)
	_, err := OpenEmbedded(dir, Options{})
	want := fmt.Sprintf("data folder %s is in use by pid %d", dir, os.Getpid())
	if err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s...", err, want)
	}
}

func TestFolderFaults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenEmbedded(file, Options{}); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("a file as folder: %v", err)
	}
	garbage := t.TempDir()
	if err := os.WriteFile(filepath.Join(garbage, fileName), []byte(strings.Repeat("garbage ", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenEmbedded(garbage, Options{}); err == nil || !strings.Contains(err.Error(), garbage) {
		t.Errorf("garbage as file: %v", err)
	}
	dir := t.TempDir()
	s := openTest(t, dir)
	err := s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(metaBucket).Put(schemaKey, []byte("2")) })
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenEmbedded(dir, Options{}); err == nil || !strings.Contains(err.Error(), "schema 2, this program has schema 1") {
		t.Errorf("other schema: %v", err)
	}
}

// limitFile sets the most that the file may grow to, 0 for no limit.
func limitFile(t *testing.T, db *bbolt.DB, size int) {
	t.Helper()
	tx, err := db.Begin(true) // keeps the committer out
	if err != nil {
		t.Fatal(err)
	}
	db.MaxSize = size
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
}

// TestFullDisk: reads go on, writes fail, and what was taken reaches the disk when
// there is room again.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openTest(t, dir)
		ctx := t.Context()
		mustPut(t, s, grouped, "full", Change{ID: "a", Value: []byte("1"), Expect: Any, Durable: true})
		limitFile(t, s.db, 1) // no growth from here
		big := Change{ID: "big", Value: make([]byte, MaxValue), Expect: Any, Durable: true}
		if _, err := s.Put(ctx, grouped, "full", big); !errors.Is(err, ErrUnavailable) {
			t.Fatalf("durable write on a full disk: %v, want ErrUnavailable", err)
		}
		for _, err := range []error{
			s.Ping(ctx),
			s.Apply(ctx, grouped, "full", []Change{{ID: "b", Value: []byte("1"), Expect: Any}}),
		} {
			if !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), fileName) {
				t.Errorf("%v, want ErrUnavailable that names the file", err)
			}
		}
		if r, err := s.Get(ctx, grouped, "full", "a"); err != nil || string(r.Value) != "1" {
			t.Errorf("reading while the disk is full: %+v, %v", r, err)
		}
		if n := s.Counters().CommitFails.Load(); n == 0 {
			t.Error("the failure was not counted")
		}
		limitFile(t, s.db, 0)
		<-time.After(2 * retryDelay) // fake time
		synctest.Wait()
		mustPut(t, s, grouped, "full", Change{ID: "b", Value: []byte("2"), Expect: Any, Durable: true})
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s := openTest(t, dir)
	for _, id := range []string{"a", "b", "big"} {
		if _, err := s.Get(t.Context(), grouped, "full", id); err != nil {
			t.Errorf("%s after reopening: %v", id, err)
		}
	}
}

// TestLate: what may be late waits a second for company, and comes with it.
func TestLate(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openTest(t, dir)
		commits := func(after time.Duration) uint64 {
			<-time.After(after) // fake time
			synctest.Wait()
			return s.Counters().Commits.Load()
		}
		late := Change{ID: "a", Value: []byte("x"), Expect: Any, Late: true}
		mustPut(t, s, spread, "g", late)
		if early, due := commits(900*time.Millisecond), commits(100*time.Millisecond); early != 0 || due != 1 {
			t.Errorf("%d commits after 0.9 s, %d after 1 s; want 0 and 1", early, due)
		}
		mustPut(t, s, spread, "g", late)
		mustPut(t, s, spread, "g", Change{ID: "b", Value: []byte("x"), Expect: Any})
		if n := commits(commitDelay); n != 2 {
			t.Errorf("%d commits with what may not be late; want 2", n)
		}
		mustPut(t, s, spread, "g", late)
		mustPut(t, s, spread, "g", Change{ID: "b", Value: []byte("x"), Expect: Any, Durable: true})
		if n := commits(0); n != 3 {
			t.Errorf("%d commits with what is waited for; want 3", n)
		}
	})
}

// TestGroups: a write is on disk within 50 ms, many writes are one commit, and
// what changes often is written once.
func TestGroups(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := openTest(t, dir)
		for i := range 1000 {
			mustPut(t, s, spread, "g", Change{ID: strconv.Itoa(i % 100), Value: []byte("x"), Expect: Any})
		}
		<-time.After(commitDelay) // fake time
		synctest.Wait()
		if n := s.Counters().Commits.Load(); n != 1 {
			t.Errorf("%d commits, want 1", n)
		}
		onDisk := 0
		err := s.db.View(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(spread.Name)).ForEach(func([]byte, []byte) error { onDisk++; return nil })
		})
		if onDisk != 100 || err != nil {
			t.Errorf("%d records on disk, %v; want 100", onDisk, err)
		}
		begin := time.Now()
		mustPut(t, s, spread, "g", Change{ID: "a", Value: []byte("x"), Expect: Any, Durable: true})
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("a durable write waited %v for others", waited)
		}
	})
}

// TestExpiryIsExact: in fake time, to the millisecond, and swept from disk.
func TestExpiryIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openTest(t, t.TempDir())
		mustPut(t, s, spread, "x", Change{ID: "a", Value: []byte("1"), Expect: Any, Expires: time.Now().Add(time.Minute)})
		<-time.After(time.Minute - time.Millisecond) // fake time
		if _, err := s.Get(t.Context(), spread, "x", "a"); err != nil {
			t.Errorf("a millisecond early: %v", err)
		}
		<-time.After(time.Millisecond)
		if _, err := s.Get(t.Context(), spread, "x", "a"); !errors.Is(err, ErrNotFound) {
			t.Errorf("in time: %v, want ErrNotFound", err)
		}
		<-time.After(sweepInterval + commitDelay)
		synctest.Wait()
		if n := s.Counters().Expired.Load(); n != 1 || len(s.tables[spread.Name]) != 0 {
			t.Errorf("%d swept, %v left", n, s.tables[spread.Name])
		}
		err := s.db.View(func(tx *bbolt.Tx) error {
			if k, _ := tx.Bucket([]byte(spread.Name)).Cursor().First(); k != nil {
				t.Errorf("%q is still on disk", k)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

// TestMemoryPerRecord holds the budget: a binding of 350 bytes takes at most
// 1.2 KiB, also while the records are written anew.
func TestMemoryPerRecord(t *testing.T) {
	const records, budget = 10_000, 1.2 * 1024
	s := openTest(t, t.TempDir())
	heap := func() uint64 {
		runtime.GC()
		runtime.GC() // pools give up what they hold at the second
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	value := make([]byte, 350)
	for range 2 {
		for i := range records {
			mustPut(t, s, spread, "demo", Change{ID: strconv.Itoa(100_000 + i), Value: value, Expect: Any, Expires: time.Now().Add(time.Hour)})
		}
	}
	mustPut(t, s, spread, "demo", Change{ID: "last", Value: value, Expect: Any, Durable: true})
	each := float64(heap()-before) / records
	t.Logf("%.0f bytes of heap a record", each)
	if each > budget {
		t.Errorf("%.0f bytes of heap a record, at most %.0f", each, budget)
	}
}
