package plan_test

import (
	"slices"
	"strings"
	"testing"

	"strowger/dialplan/plan"
)

func parse(tb testing.TB, src string) *plan.Plan {
	tb.Helper()
	p, faults := plan.Parse("test", []byte(src))
	if err := faults.Err(); err != nil {
		tb.Fatal(err)
	}
	return p
}

const before = `
number "+448081570001" "+448081570002" {
  ring { seats = ["1001"] }
}
dial "*43" {
  echo {}
}
`

// TestSameMeaning: order, layout, comments and written defaults mean nothing.
func TestSameMeaning(t *testing.T) {
	a, b := parse(t, before), parse(t, `
# Another hand wrote this.
dial "*43" {
  echo {
  }
}
number "+448081570002" {
  ring {
    timeout = "30s"
    seats   = ["1001"]
  }
}
number "+448081570001" {
  ring { seats = ["1001"] }
}
`)
	if a.Hash() != b.Hash() {
		t.Error("the hash differs")
	}
	if d := plan.Diff(a, b); d != nil {
		t.Errorf("they differ by %v", d)
	}
}

func TestDiff(t *testing.T) {
	a, b := parse(t, before), parse(t, `
number "+448081570001" {
  ring {
    seats    = ["1001", "1002"]
    timeout  = "20s"
    forwards = "follow"
  }
}
number "+448081570003" {
  reject {
    status = 486
    reason = "Busy here"
  }
}
dial "*43" {
  play { prompt = "welcome" }
}
dial "9." {
  trunk { trunks = ["a", "b"] }
}
`)
	var got []string
	for _, c := range plan.Diff(a, b) {
		got = append(got, c.String())
	}
	want := []string{
		`~ dial "*43": echo -> play welcome`,
		`+ dial "9.": trunk a b for 3m0s`,
		`~ number "+448081570001": ring 1001 for 30s -> ring 1001 1002 for 20s, wherever they forward their calls to`,
		`- number "+448081570002": ring 1001 for 30s`,
		`+ number "+448081570003": reject 486 Busy here`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if a.Hash() == b.Hash() {
		t.Error("the hash is the same")
	}
}

func TestEntries(t *testing.T) {
	p := parse(t, before)
	var got []string
	for _, e := range slices.Concat(p.Numbers(), p.Dials()) {
		got = append(got, e.Pos.String()+" "+e.Name()+" "+e.Describe())
	}
	want := []string{
		`test:2 number "+448081570001" ring 1001 for 30s`,
		`test:2 number "+448081570002" ring 1001 for 30s`,
		`test:5 dial "*43" echo`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
