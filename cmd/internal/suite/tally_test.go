package main

import (
	"strings"
	"testing"
	"time"
)

func TestTally(t *testing.T) {
	tests := []struct {
		name   string
		events string
		want   []string // in this order
		not    string
	}{
		{
			name: "subtests are counted in their parent's stead",
			events: `
{"Action":"run","Package":"strowger/p","Test":"TestA"}
{"Action":"run","Package":"strowger/p","Test":"TestA/one"}
{"Action":"run","Package":"strowger/p","Test":"TestA/two"}
{"Action":"pass","Package":"strowger/p","Test":"TestA/one"}
{"Action":"pass","Package":"strowger/p","Test":"TestA/two"}
{"Action":"pass","Package":"strowger/p","Test":"TestA"}
{"Action":"pass","Package":"strowger/p"}`,
			want: []string{"unit: 2 passed, 0 failed, 0 skipped in 3 s\n"},
		},
		{
			name: "a failure below is not counted again above",
			events: `
{"Action":"run","Package":"strowger/p","Test":"TestA"}
{"Action":"run","Package":"strowger/p","Test":"TestA/one"}
{"Action":"output","Package":"strowger/p","Test":"TestA/one","Output":"    a_test.go:3: it broke\n"}
{"Action":"fail","Package":"strowger/p","Test":"TestA/one","Elapsed":0.25}
{"Action":"fail","Package":"strowger/p","Test":"TestA"}
{"Action":"fail","Package":"strowger/p"}`,
			want: []string{"--- FAILED p TestA/one (0.2 s)\n    a_test.go:3: it broke\n", "unit: 0 passed, 1 failed, 0 skipped"},
		},
		{
			name: "a parent that fails by itself counts",
			events: `
{"Action":"run","Package":"strowger/p","Test":"TestA"}
{"Action":"run","Package":"strowger/p","Test":"TestA/one"}
{"Action":"pass","Package":"strowger/p","Test":"TestA/one"}
{"Action":"fail","Package":"strowger/p","Test":"TestA"}
{"Action":"fail","Package":"strowger/p"}`,
			want: []string{"--- FAILED p TestA", "unit: 1 passed, 1 failed, 0 skipped"},
		},
		{
			name: "skips are named with their reasons",
			events: `
{"Action":"run","Package":"strowger/p","Test":"TestB"}
{"Action":"output","Package":"strowger/p","Test":"TestB","Output":"=== RUN   TestB\n"}
{"Action":"output","Package":"strowger/p","Test":"TestB","Output":"    b_test.go:9: sipp is not installed\n"}
{"Action":"output","Package":"strowger/p","Test":"TestB","Output":"--- SKIP: TestB (0.00s)\n"}
{"Action":"skip","Package":"strowger/p","Test":"TestB"}
{"Action":"skip","Package":"strowger/empty"}`,
			want: []string{"skipped p TestB: sipp is not installed\n", "unit: 0 passed, 0 failed, 1 skipped"},
		},
		{
			name: "a package that does not build is a failure",
			events: `
{"Action":"build-output","ImportPath":"strowger/p","Output":"p.go:1: undefined: x\n"}
{"Action":"build-fail","ImportPath":"strowger/p"}
{"Action":"fail","Package":"strowger/p","FailedBuild":"strowger/p"}`,
			want: []string{"p.go:1: undefined: x\n", "--- FAILED p", "does not build", "unit: 0 passed, 1 failed, 0 skipped"},
		},
		{
			name: "a process that ends early shows what it was at",
			events: `
{"Action":"run","Package":"strowger/p","Test":"TestC"}
{"Action":"output","Package":"strowger/p","Test":"TestC","Output":"panic: boom\n"}
{"Action":"fail","Package":"strowger/p"}`,
			want: []string{"--- FAILED p", "--- it was running TestC\npanic: boom\n", "1 failed"},
		},
		{
			name: "what passes is quiet",
			events: `
{"Action":"run","Package":"strowger/p","Test":"TestD"}
{"Action":"output","Package":"strowger/p","Test":"TestD","Output":"chatter\n"}
{"Action":"pass","Package":"strowger/p","Test":"TestD"}
{"Action":"pass","Package":"strowger/p"}`,
			want: []string{"unit: 1 passed"},
			not:  "chatter",
		},
		{name: "a line that is no event is passed through", events: "\ngo: oops\n", want: []string{"go: oops\n", "0 passed"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			tl := newTally(&out)
			if err := tl.read(strings.NewReader(strings.TrimPrefix(tt.events, "\n"))); err != nil {
				t.Fatal(err)
			}
			got := out.String() + tl.summary("unit", 3*time.Second)
			rest := got
			for _, want := range tt.want {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("no %q in its place in:\n%s", want, got)
				}
				rest = after
			}
			if tt.not != "" && strings.Contains(got, tt.not) {
				t.Errorf("%q in:\n%s", tt.not, got)
			}
		})
	}
}
