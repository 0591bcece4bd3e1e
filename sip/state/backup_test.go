package state

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var bothTables = []Table{grouped, spread}

func fill(t *testing.T, s Store) {
	t.Helper()
	for _, tenant := range []string{"a", "b"} {
		mustPut(t, s, grouped, tenant, Change{ID: "1", Value: []byte("g\x00\n" + tenant), Expect: Any})
		mustPut(t, s, grouped, tenant, Change{ID: "2", Value: []byte{}, Expect: Any})
		mustPut(t, s, spread, tenant, Change{ID: "1", Value: []byte("s" + tenant), Expect: Any, Expires: time.Now().Add(time.Hour)})
		mustPut(t, s, spread, tenant, Change{ID: "gone", Value: []byte("x"), Expect: Any, Expires: time.Now().Add(-time.Second)})
	}
}

func backup(t *testing.T, s Store) string {
	t.Helper()
	var b bytes.Buffer
	if err := Backup(t.Context(), s, &b, bothTables); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBackupMovesBetweenStores(t *testing.T) {
	eachStore(t, func(t *testing.T, to Store) {
		t.Helper()
		ctx, from := t.Context(), openTest(t, t.TempDir())
		fill(t, from)
		saved := backup(t, from)
		if err := Restore(ctx, to, strings.NewReader(saved), bothTables, RestoreOptions{}); err != nil {
			t.Fatal(err)
		}
		check := func() {
			t.Helper()
			for _, table := range bothTables {
				if diff := cmp.Diff(dump(t, from, table, ""), dump(t, to, table, "")); diff != "" {
					t.Errorf("%s:\n%s", table.Name, diff)
				}
			}
			if r, err := to.Get(ctx, spread, "a", "1"); err != nil || r.Expires.IsZero() {
				t.Errorf("%+v, %v: the expiry is lost", r, err)
			}
		}
		check()
		mustPut(t, to, grouped, "c", Change{ID: "new", Value: []byte("x"), Expect: Any})
		mustPut(t, to, spread, "c", Change{ID: "new", Value: []byte("x"), Expect: Any})
		mustPut(t, to, grouped, "a", Change{ID: "1", Value: []byte("changed"), Expect: Any})
		if err := Restore(ctx, to, strings.NewReader(saved), bothTables, RestoreOptions{}); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("restore into a store with records: %v, want ErrNotEmpty", err)
		}
		if err := Restore(ctx, to, strings.NewReader(saved), bothTables, RestoreOptions{Replace: true}); err != nil {
			t.Fatal(err)
		}
		check()
	})
}

func TestRestoreRefuses(t *testing.T) {
	from := openTest(t, t.TempDir())
	fill(t, from)
	good := backup(t, from)
	lines := strings.SplitAfter(good, "\n")
	tests := []struct{ name, text, want string }{
		{"nothing", "", "not a header"},
		{"something else", "hello\n", "not a header"},
		{"other schema", strings.Replace(good, `"schema":1`, `"schema":2`, 1), "has schema 2, this program has schema 1"},
		{"other table", strings.Replace(good, `"things"`, `"stars"`, 1), `table "stars"`},
		{"other table in a record", strings.Replace(good, `"table":"sparks"`, `"table":"stars"`, 1), `unknown table "stars"`},
		{"cut at a line", strings.Join(lines[:3], ""), "cut off"},
		{"cut within a line", good[:len(good)/2], "damaged"},
		{"a line is missing", strings.Join(append(lines[:2:2], lines[3:]...), ""), "damaged"},
		{"bad key", strings.Replace(good, `"tenant":"a"`, `"tenant":"a:a"`, 1), "tenant"},
		{"long line", lines[0] + `{"id":"` + strings.Repeat("x", maxBackupLine) + `"}`, "too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			to := openTest(t, t.TempDir())
			err := Restore(t.Context(), to, strings.NewReader(tt.text), bothTables, RestoreOptions{})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
			if got := append(dump(t, to, grouped, ""), dump(t, to, spread, "")...); len(got) != 0 {
				t.Errorf("a refused backup left %v", got)
			}
		})
	}
}

func TestBackupReportsTheWriter(t *testing.T) {
	s := openTest(t, t.TempDir())
	for i := range 100 {
		mustPut(t, s, grouped, "a", Change{ID: strconv.Itoa(i), Value: make([]byte, 1000), Expect: Any})
	}
	full := errors.New("disk full")
	if err := Backup(context.Background(), s, failingWriter{full}, bothTables); !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
}

type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

func FuzzRestore(f *testing.F) {
	f.Add(`{"backup":{"schema":1,"at":"2026-01-01T00:00:00Z","tables":["things"]}}
{"table":"things","tenant":"a","id":"1","value":"Zw=="}
{"end":1}
`)
	f.Add(`{"backup":{"schema":1,"tables":["sparks"]}}
{"table":"sparks","tenant":"a","id":"1","expires":"2126-01-01T00:00:00Z"}
{"end":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := readBackup(strings.NewReader(text), bothTables)
		if err != nil {
			return
		}
		for _, table := range bothTables {
			for tenant, changes := range plan[table.Name] {
				for _, c := range changes {
					if err := checkChange(table, tenant, c); err != nil {
						t.Fatalf("%+v was taken: %v", c, err)
					}
				}
			}
		}
	})
}
