package ledger_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"strowger/sip/ledger"
)

var start = time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)

func open(t *testing.T, dir string, now time.Time) (*ledger.Ledger, int) {
	t.Helper()
	l, lost, err := ledger.Open(dir, "n1", now, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, lost
}

func flush(t *testing.T, l *ledger.Ledger) {
	t.Helper()
	if err := l.Flush(); err != nil {
		t.Fatal(err)
	}
}

// answered is a call of two legs; the last event is left to the test.
func answered(call string) []ledger.Event {
	at := func(s float64) time.Time { return start.Add(time.Duration(s * float64(time.Second))) }
	return []ledger.Event{
		{Kind: ledger.Arrived, At: at(1), Call: call, Tenant: "demo", Leg: 1, Party: "trunk:carrier", From: "+441632960123", To: "+448081570002", Network: "+441632960000", Presentation: "+441632960123", Withheld: true},
		{Kind: ledger.Decided, At: at(1.01), Call: call, Tenant: "demo", Version: "c0ffee", Detail: `number "+448081570002"; rings 1002`},
		{Kind: ledger.Rang, At: at(1.02), Call: call, Tenant: "demo", Leg: 2, Party: "seat:1002"},
		{Kind: ledger.Answered, At: at(4), Call: call, Tenant: "demo", Leg: 2},
		{Kind: ledger.LegEnded, At: at(10), Call: call, Tenant: "demo", Leg: 1, Q850: 16, Media: &ledger.Media{Received: 300, MOS: 4.4, JitterMs: 2.5, Converted: 3, ConvertedFrom: "PCMA", ConvertedTo: "G722", PTimeMs: 20}},
		{Kind: ledger.LegEnded, At: at(10), Call: call, Tenant: "demo", Leg: 2, Q850: 16, Media: &ledger.Media{Received: 298, Lost: 2, Duplicate: 1, MOS: 4.256}},
		{Kind: ledger.Ended, At: at(10), Call: call, Tenant: "demo", Status: 200, Q850: 16, By: "caller"},
	}
}

func lines[T any](t *testing.T, name string) []T {
	t.Helper()
	f, err := os.Open(name)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var rows []T
	for s := bufio.NewScanner(f); s.Scan(); {
		var r T
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatalf("%s: %q: %v", name, s.Text(), err)
		}
		rows = append(rows, r)
	}
	return rows
}

func cdrs(t *testing.T, dir string) []ledger.CDR {
	t.Helper()
	return lines[ledger.CDR](t, filepath.Join(dir, "cdr-2026-11-23.jsonl"))
}

func TestACallHasOneRecord(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir, start)
	for _, e := range answered("c1") {
		l.Record(e)
	}
	flush(t, l)
	got := cdrs(t, dir)
	if len(got) != 1 {
		t.Fatalf("%d records", len(got))
	}
	want := ledger.CDR{
		Call: "c1", Node: "n1", Tenant: "demo", From: "+441632960123", To: "+448081570002",
		Caller: "trunk:carrier", Answerer: "seat:1002", Entry: `number "+448081570002"`,
		Start: "2026-11-23T10:00:01.000Z", Answer: "2026-11-23T10:00:04.000Z", End: "2026-11-23T10:00:10.000Z",
		Duration: 9, Billable: 6, Disposition: "answered", Status: 200, Q850: 16, By: "caller",
		Network: "+441632960000", Presentation: "+441632960123", Withheld: true,
		CallerJitter: 2.5, CallerMOS: 4.4, AnswererLoss: 1, AnswererMOS: 4.26, Version: "c0ffee",
	}
	if got[0] != want {
		t.Fatalf("record\n%+v, want\n%+v", got[0], want)
	}
	rows := lines[ledger.LegRecord](t, filepath.Join(dir, "legs-2026-11-23.jsonl"))
	if len(rows) != 2 || rows[0].Party != "trunk:carrier" || rows[0].Received != 300 || !rows[0].Answered || rows[1].Party != "seat:1002" {
		t.Fatalf("legs %+v", rows)
	}
}

func TestDispositions(t *testing.T) {
	for want, end := range map[string]ledger.Event{
		"cancelled":   {Status: 487, By: "caller"},
		"busy":        {Status: 486, By: "callee"},
		"no answer":   {Status: 480, By: "switch"},
		"failed":      {Status: 404, By: "switch"},
		"unreachable": {Status: 480, Q850: 20, By: "switch"},
	} {
		dir := t.TempDir()
		l, _ := open(t, dir, start)
		events := answered("c")
		l.Record(events[0])
		end.Kind, end.At, end.Call = ledger.Ended, start.Add(5*time.Second), "c"
		l.Record(end)
		flush(t, l)
		if got := cdrs(t, dir); len(got) != 1 || got[0].Disposition != want || got[0].Billable != 0 {
			t.Errorf("%s: %+v", want, got)
		}
	}
}

// What kill -9 leaves is what was written: the process is not told to close.
func TestCallsLeftOpenAreClosedOnce(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir, start)
	for _, e := range answered("done") {
		l.Record(e)
	}
	for _, e := range answered("lost")[:4] {
		l.Record(e)
	}
	flush(t, l)
	again, lost := open(t, dir, start.Add(time.Minute))
	if lost != 1 {
		t.Fatalf("%d calls closed, want 1", lost)
	}
	got := cdrs(t, dir)
	if len(got) != 2 || got[1].Call != "lost" || got[1].Disposition != "node lost" || got[1].Answerer != "seat:1002" {
		t.Fatalf("records %+v", got)
	}
	_ = again.Close()
	if _, lost := open(t, dir, start.Add(2*time.Minute)); lost != 0 {
		t.Fatalf("closed again: %d", lost)
	}
	if got := cdrs(t, dir); len(got) != 2 {
		t.Fatalf("%d records after the third start", len(got))
	}
}

func TestAMissingRecordIsWrittenAtStart(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir, start)
	for _, e := range answered("c1") {
		l.Record(e)
	}
	flush(t, l)
	name := filepath.Join(dir, "cdr-2026-11-23.jsonl")
	if err := os.Truncate(name, 10); err != nil { // killed while it wrote
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("{\"call\":\"c0\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, dir, start.Add(time.Minute))
	if got := cdrs(t, dir); len(got) != 2 || got[1].Call != "c1" {
		t.Fatalf("records %+v", got)
	}
}

func TestCSVIsNoFormula(t *testing.T) {
	dir := t.TempDir()
	l, _ := open(t, dir, start)
	events := answered("c1")
	events[0].From = "=cmd|' /C calc'!A0"
	for _, e := range events {
		l.Record(e)
	}
	flush(t, l)
	f, err := os.Open(filepath.Join(dir, "cdr-2026-11-23.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, c := range rows[1] {
		if c != "" && (c[0] == '=' || c[0] == '+' || c[0] == '-' || c[0] == '@') {
			t.Errorf("column %s: %q", rows[0][i], c)
		}
	}
	if rows[0][3] != "from" || rows[1][3] != "'=cmd|' /C calc'!A0" {
		t.Errorf("from is %q: %q", rows[0][3], rows[1][3])
	}
}

// A full disk: calls go on, events wait in memory and are written in order when
// there is room again.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Skipf("needs root to mount a small file system: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	l, _ := open(t, dir, start)
	const calls = 400
	for i := range calls {
		for _, e := range answered(fmt.Sprintf("c%04d", i)) {
			l.Record(e)
		}
	}
	waiting := l.Counters().Waiting.Load()
	if waiting == 0 || l.Counters().Lost.Load() != 0 {
		t.Fatalf("%d waiting, %d lost", waiting, l.Counters().Lost.Load())
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT, "size=16m"); err != nil {
		t.Fatal(err)
	}
	for _, e := range answered("last") {
		l.Record(e)
	}
	flush(t, l)
	if w := l.Counters().Waiting.Load(); w != 0 {
		t.Fatalf("%d events still wait", w)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir, start.Add(time.Minute)) // writes the records that had no room
	seen := map[string]int{}
	for _, r := range cdrs(t, dir) {
		seen[r.Call]++
	}
	if len(seen) != calls+1 {
		t.Fatalf("%d calls have a record, want %d", len(seen), calls+1)
	}
	for c, n := range seen {
		if n != 1 {
			t.Errorf("call %s has %d records", c, n)
		}
	}
}

func BenchmarkRecordCall(b *testing.B) {
	l, _, err := ledger.Open(b.TempDir(), "n1", start, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	events := answered("c1")
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range events {
			l.Record(e)
		}
	}
}
