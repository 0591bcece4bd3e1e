package source_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"strowger/dialplan/source"
)

func body(tb testing.TB, src string) (*source.Body, *source.Diagnostics) {
	tb.Helper()
	faults := &source.Diagnostics{}
	env := func(name string) (string, bool) { return "value of " + name, name != "UNSET" }
	b := source.Parse("f", []byte(src), env, faults)
	if b == nil {
		tb.Fatal(faults)
	}
	return b, faults
}

func TestValues(t *testing.T) {
	b, faults := body(t, `
text  = "a\tb ${env.X}"
env   = env.Y
whole = "${env.Z}"
int   = -12
quoted = "12"
yes   = true
time  = "1h30m"
list  = ["a", word, "${env.X}"]
empty = []
`)
	check := func(what string, got, want any) {
		if got != want {
			t.Errorf("%s is %v, want %v", what, got, want)
		}
	}
	check("text", b.String("text", ""), "a\tb value of X")
	check("env", b.String("env", ""), "value of Y")
	check("whole", b.String("whole", ""), "value of Z")
	check("int", b.Int("int", 0, -20, 20), -12)
	check("quoted", b.Int("quoted", 0, -20, 20), 12)
	check("yes", b.String("yes", ""), "true")
	check("time", b.Duration("time", 0, 0, 2*time.Hour), 90*time.Minute)
	check("absent", b.String("absent", "fallback"), "fallback")
	check("absent number", b.Int("absent", 7, 8, 9), 7)
	check("absent time", b.Duration("absent", 7, 8, 9), time.Duration(7))
	var list []string
	for _, v := range b.List("list", true) {
		list = append(list, v.Text)
	}
	if want := []string{"a", "word", "value of X"}; !slices.Equal(list, want) {
		t.Errorf("list is %q, want %q", list, want)
	}
	if got := b.List("empty", false); got == nil || len(got) != 0 {
		t.Errorf("empty is %v", got)
	}
	b.Done()
	if len(*faults) > 0 {
		t.Errorf("faults: %v", faults)
	}
}

// TestBounds: both ends of a range belong to it.
func TestBounds(t *testing.T) {
	for text, want := range map[string]int{"1": -1, "2": 2, "5": 5, "6": -1} {
		b, faults := body(t, "int = "+text+"\ntime = \""+text+"s\"")
		n, d := b.Int("int", -1, 2, 5), b.Duration("time", -time.Second, 2*time.Second, 5*time.Second)
		if n != want || d != time.Duration(want)*time.Second || (len(*faults) == 2) != (want < 0) {
			t.Errorf("%s: %d and %v, faults %v", text, n, d, faults)
		}
	}
}

func TestLargestText(t *testing.T) {
	var faults source.Diagnostics
	largest := "#" + strings.Repeat("x", source.MaxBytes-1)
	if source.Parse("f", []byte(largest), nil, &faults); len(faults) > 0 {
		t.Errorf("the largest text: %v", faults)
	}
	if source.Parse("f", []byte(largest+"x"), nil, &faults); len(faults) != 1 {
		t.Errorf("one byte more: %v", faults)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	b, faults := body(t, strings.Repeat("unknown {\n}\n", 1000))
	b.Done()
	if n := len(*faults); n != 100 {
		t.Errorf("%d faults are kept", n)
	}
}

func TestNoEnvironment(t *testing.T) {
	faults := &source.Diagnostics{}
	b := source.Parse("f", []byte("a = env.X"), nil, faults)
	if got := b.String("a", ""); got != "" || len(*faults) != 1 {
		t.Errorf("got %q, faults %v", got, faults)
	}
}

func TestSorted(t *testing.T) {
	var ds source.Diagnostics
	ds.Add(source.Pos{File: "b", Line: 1}, "4")
	ds.Add(source.Pos{File: "a", Line: 2}, "3")
	ds.Add(source.Pos{File: "a", Line: 1}, "2")
	ds.Add(source.Pos{File: "a"}, "1")
	const want = "a: 1\na:1: 2\na:2: 3\nb:1: 4"
	if got := ds.Sorted().Error(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if err := (source.Diagnostics{}).Err(); err != nil {
		t.Errorf("no faults are the error %v", err)
	}
}

func TestSuggest(t *testing.T) {
	words := []string{"bind", "advertise", "ports", "bind"}
	for word, want := range map[string]string{
		"bnd":                     `did you mean "bind"?`,
		"bindd":                   `did you mean "bind"?`,
		"advertize":               `did you mean "advertise"?`,
		"xbind":                   `did you mean "bind"?`,
		"address":                 "known are advertise, bind, ports",
		strings.Repeat("a", 1000): "known are advertise, bind, ports",
	} {
		if got := source.Suggest(word, words); got != want {
			t.Errorf("Suggest(%.20q) = %s, want %s", word, got, want)
		}
	}
	many := make([]string, 33)
	for i := range many {
		many[i] = strings.Repeat("w", 10) + string(rune('A'+i))
	}
	if got := source.Suggest("x", many); !strings.HasSuffix(got, " and 3 more") {
		t.Errorf("of many words: %s", got)
	}
	if got := source.Suggest("x", nil); got != "there are none" {
		t.Errorf("of no words: %s", got)
	}
}
