package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAgain(t *testing.T) {
	const fails = `{"Action":"run","Package":"strowger/p","Test":"TestA"}
{"Action":"run","Package":"strowger/p","Test":"TestA/one"}
{"Action":"run","Package":"strowger/p","Test":"TestA/two"}
{"Action":"fail","Package":"strowger/p","Test":"TestA/one"}
{"Action":"fail","Package":"strowger/p","Test":"TestA/two"}
{"Action":"fail","Package":"strowger/p","Test":"TestA"}
{"Action":"fail","Package":"strowger/p"}
`
	var many strings.Builder
	for _, test := range []string{"TestB", "TestC", "TestD", "TestE"} {
		many.WriteString(strings.ReplaceAll(fails, "TestA", test))
	}
	tests := []struct {
		name, events string
		packages     []string
		want         []id
	}{
		{"of a package that has a second try", fails, []string{"p"}, []id{{"strowger/p", "TestA"}}},
		{"of another package", fails, []string{"q", ""}, nil},
		{"too many", fails + many.String(), []string{"p"}, nil},
		{"a process that ended", `{"Action":"fail","Package":"strowger/p"}` + "\n" + fails, []string{"p"}, nil},
		{"nothing failed", `{"Action":"pass","Package":"strowger/p"}` + "\n", []string{"p"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tl := newTally(new(strings.Builder))
			if err := tl.read(strings.NewReader(tt.events)); err != nil {
				t.Fatal(err)
			}
			if got := tl.again(tt.packages); !slices.Equal(got, tt.want) {
				t.Fatalf("%v are tried again, want %v", got, tt.want)
			}
			for _, key := range tt.want {
				tl.forgive(key)
				want := "failed, and passed at a second try: p TestA\nunit: 0 passed, 0 failed, 0 skipped in 3 s\n"
				if got := tl.summary("unit", 3*time.Second); got != want {
					t.Errorf("the summary is %q, want %q", got, want)
				}
			}
		})
	}
}

func TestAlone(t *testing.T) {
	got := alone([]string{"-race", "-timeout", "10m", "./..."}, id{"strowger/p", "TestA"})
	want := []string{"-race", "-timeout", "10m", "-count", "1", "-run", "^TestA$", "strowger/p"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
