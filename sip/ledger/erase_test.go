package ledger_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/ledger"
	"strowger/sip/privacy"
)

const person = "+441632960001"

// calling is a whole call from a number.
func calling(l *ledger.Ledger, id, tenant, from string) {
	now := time.Now()
	l.Record(
		ledger.Event{Kind: ledger.Arrived, At: now, Call: id, Tenant: tenant, Leg: 1, From: from, Network: from, To: "1001", Party: "trunk:carrier"},
		ledger.Event{Kind: ledger.Decided, At: now, Call: id, Tenant: tenant, Detail: "inbound; 0" + strings.TrimPrefix(from, "+44") + " calls 1001"},
		ledger.Event{Kind: ledger.Ended, At: now, Call: id, Tenant: tenant, Status: 200},
	)
}

// has counts the files of a folder that have a text.
func has(t *testing.T, dir, text string) (files int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	more, err2 := filepath.Glob(filepath.Join(dir, "events", "*"))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, name := range append(names, more...) {
		if b, err := os.ReadFile(name); err == nil && bytes.Contains(b, []byte(text)) {
			files++
		}
	}
	return files
}

// TestErase: the number is in no file of the tenant's any more, everything else is, and
// the ledger goes on and opens again.
func TestErase(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		l, _, err := ledger.Open(dir, "n1", time.Now(), nil)
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := privacy.New(person, "44")
		p := ledger.Person{Tenant: "demo", Subject: subject}
		calling(l, "old", "demo", person)
		if err := l.Sweep(time.Now(), ledger.Kept{Events: 100}); err != nil { // another segment
			t.Fatal(err)
		}
		calling(l, "two", "demo", person)
		calling(l, "not", "demo", "+441632960002")
		calling(l, "foreign", "other", "+441632960003")
		l.Record(ledger.Event{Kind: ledger.Arrived, At: time.Now(), Call: "open", Tenant: "demo", Leg: 1, From: person})
		found, err := l.Find(t.Context(), p, nil)
		if want := (ledger.Mentions{Events: 5, CDRs: 2, Open: 1}); err != nil || found != want {
			t.Errorf("found %+v, %v, want %+v", found, err, want)
		}
		if other, err := l.Find(t.Context(), ledger.Person{Tenant: "other", Subject: subject}, nil); err != nil || other != (ledger.Mentions{}) {
			t.Errorf("another tenant's: %+v, %v", other, err)
		}
		erased, err := l.Erase(t.Context(), p, "erased-1")
		if err != nil || erased != found {
			t.Errorf("erased %+v, %v, found %+v", erased, err, found)
		}
		calling(l, "after", "demo", "+441632960002")
		l.Record(ledger.Event{Kind: ledger.Ended, At: time.Now(), Call: "open", Tenant: "demo", Status: 200})
		if left, err := l.Find(t.Context(), p, nil); err != nil || left != (ledger.Mentions{CDRs: 1}) {
			t.Errorf("left are %+v, %v: want the call that was open", left, err)
		}
		if _, err := l.Erase(t.Context(), p, "erased-2"); err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	for text, want := range map[string]int{
		person: 0, "01632960001": 0, "erased-1": 5, "+441632960002": 5, "+441632960003": 3, `"call":"foreign"`: 2, ".new": 0,
	} {
		if n := has(t, dir, text); n != want && (want == 0 || n == 0) {
			t.Errorf("%s is in %d files, want %d", text, n, want)
		}
	}
	l, lost, err := ledger.Open(dir, "n1", time.Now(), nil)
	if err != nil || lost != 0 {
		t.Fatalf("opened again: %d lost, %v", lost, err)
	}
	defer func() { _ = l.Close() }()
	for _, id := range []string{"old", "two", "not", "after"} {
		if events, err := l.Call(t.Context(), id); err != nil || len(events) != 3 {
			t.Errorf("call %s has %d events, %v", id, len(events), err)
		}
	}
}

// TestEraseWhileCallsEnd: no record is lost or torn by the files being replaced.
func TestEraseWhileCallsEnd(t *testing.T) {
	dir := t.TempDir()
	l, _, err := ledger.Open(dir, "n1", time.Now(), nil)
	if err != nil {
		t.Fatal(err)
	}
	const calls = 2000
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range calls {
			calling(l, "c"+time.Duration(i).String(), "demo", person)
			if i%100 == 0 {
				_ = l.Flush()
			}
		}
	}()
	subject, _ := privacy.New(person, "44")
	p := ledger.Person{Tenant: "demo", Subject: subject}
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if _, err := l.Erase(t.Context(), p, "erased-1"); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	names, _ := filepath.Glob(filepath.Join(dir, "cdr-*.jsonl"))
	rows := 0
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		rows += bytes.Count(b, []byte(`"from":"erased-1"`))
	}
	if rows != calls {
		t.Errorf("%d records, want %d", rows, calls)
	}
}
