package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxOutput bounds what is kept of one test's output; its end is what matters.
const maxOutput = 64 << 10

// event is a line of go test -json (cmd/test2json).
type event struct {
	Action      string
	Package     string
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
	ImportPath  string // of build-output
}

// id names a test; a package's own events have no Test.
type id struct{ pkg, test string }

// outcome is what one test, or one package, has said and done so far.
type outcome struct {
	output []byte
	parent bool // it has subtests, which are counted in its stead
	failed bool // it or one of its subtests failed and was shown
}

// tally adds up the events of one go test and shows its failures as they come.
type tally struct {
	out                     io.Writer
	running                 map[id]*outcome
	passed, failed, skipped int
	skips                   map[string]int // "package Test: reason" -> times

	failedTests []id       // those of the first level, in the order in which they ended
	failures    map[id]int // how many failures each of them was counted as
	broken      bool       // a package failed by itself: it does not build, or its process ended
	forgiven    []string   // failed, and passed at the second try
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, running: make(map[id]*outcome), skips: make(map[string]int), failures: make(map[id]int)}
}

// read takes every event. A line that is none is passed through.
func (t *tally) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadString('\n')
		if line != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil {
				t.take(e)
			} else {
				fmt.Fprint(t.out, line)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (t *tally) take(e event) {
	key := id{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		fmt.Fprint(t.out, e.Output)
	case "run":
		if i := strings.LastIndexByte(e.Test, '/'); i >= 0 {
			t.get(id{e.Package, e.Test[:i]}).parent = true
		}
	case "output":
		o := t.get(key)
		o.output = append(o.output, e.Output...)
		if n := len(o.output) - maxOutput; n > 0 {
			o.output = o.output[n:]
		}
	case "pass", "fail", "skip":
		t.end(key, e)
		delete(t.running, key)
	}
}

func (t *tally) get(key id) *outcome {
	o := t.running[key]
	if o == nil {
		o = new(outcome)
		t.running[key] = o
	}
	return o
}

func (t *tally) end(key id, e event) {
	o := t.get(key)
	switch {
	case e.Action == "fail" && !o.failed:
		t.failed++
		t.failures[first(key)]++
		t.broken = t.broken || key.test == ""
		t.show(key, e, o)
	case key.test == "" || o.parent:
	case e.Action == "pass":
		t.passed++
	case e.Action == "skip":
		t.skipped++
		t.skips[short(key.pkg)+" "+key.test+": "+reason(o.output)]++
	}
	if e.Action == "fail" {
		t.blame(key)
		if key.test != "" && key == first(key) {
			t.failedTests = append(t.failedTests, key)
		}
	}
}

// first is the test of the first level that a test belongs to.
func first(key id) id {
	key.test, _, _ = strings.Cut(key.test, "/")
	return key
}

// show prints a failure with its output. A package that fails with no failing
// test did not build, or its process ended early.
func (t *tally) show(key id, e event, o *outcome) {
	name := short(key.pkg)
	if key.test != "" {
		name += " " + key.test
	}
	fmt.Fprintf(t.out, "--- FAILED %s (%.1f s)\n%s", name, e.Elapsed, o.output)
	if e.FailedBuild != "" {
		fmt.Fprintln(t.out, "    does not build")
	}
	if key.test != "" {
		return
	}
	for k, other := range t.running {
		if k.pkg == key.pkg && k.test != "" && len(other.output) > 0 {
			fmt.Fprintf(t.out, "--- it was running %s\n%s", k.test, other.output)
		}
	}
}

// blame marks the parents of a failed test: their own failure is the same one.
func (t *tally) blame(key id) {
	for key.test != "" {
		i := max(strings.LastIndexByte(key.test, '/'), 0)
		key.test = key.test[:i]
		t.get(key).failed = true
	}
}

// summary lists the skips and ends with the plain line that is compared between runs.
func (t *tally) summary(name string, took time.Duration) string {
	var b strings.Builder
	for _, skip := range slices.Sorted(maps.Keys(t.skips)) {
		fmt.Fprintf(&b, "skipped %s", skip)
		if n := t.skips[skip]; n > 1 {
			fmt.Fprintf(&b, " (%d times)", n)
		}
		b.WriteByte('\n')
	}
	for _, test := range t.forgiven {
		fmt.Fprintf(&b, "failed, and passed at a second try: %s\n", test)
	}
	fmt.Fprintf(&b, "%s: %d passed, %d failed, %d skipped in %.0f s\n", name, t.passed, t.failed, t.skipped, took.Seconds())
	return b.String()
}

// reason is what the test gave to Skip: the last line that go test did not frame.
func reason(output []byte) string {
	last := "no reason given"
	for line := range strings.Lines(string(output)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		if _, after, ok := strings.Cut(line, ".go:"); ok {
			_, line, _ = strings.Cut(after, ": ")
		}
		last = line
	}
	return last
}

// short drops the module's name, which every package shares.
func short(pkg string) string { return strings.TrimPrefix(pkg, "strowger/") }
