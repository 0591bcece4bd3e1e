package edit_test

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/diff"
	"golang.org/x/tools/txtar"

	"strowger/dialplan/source/edit"
)

func parse(tb testing.TB, src string) *edit.Text {
	tb.Helper()
	text, err := edit.Parse("x.hcl", src)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

var update = flag.Bool("update", false, "rewrite what is expected in testdata")

// TestEdits makes the changes of testdata/edits.txtar.
func TestEdits(t *testing.T) {
	const file = "testdata/edits.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]string{}
	for _, f := range archive.Files {
		have[f.Name] = string(f.Data)
	}
	out := &txtar.Archive{Comment: archive.Comment, Files: archive.Files[:1:1]}
	for _, f := range archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".do")
		if !ok {
			continue
		}
		do, src, _ := strings.Cut(string(f.Data), "\n")
		if src == "" {
			src = have["plan.hcl"]
		}
		got, err := change(parse(t, src), do)
		if err != nil {
			got = err.Error() + "\n"
		} else {
			got = string(diff.Diff("before", []byte(src), "after", []byte(got)))
		}
		if d := cmp.Diff(have[name+".diff"], got); d != "" && !*update {
			t.Errorf("%s: %s (-want +got)\n%s", name, do, d)
		}
		out.Files = append(out.Files, f, txtar.File{Name: name + ".diff", Data: []byte(got)})
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// change does what a line says: set PATH VALUE, rm PATH, add TEXT, replace KIND NAME TEXT, fmt.
func change(text *edit.Text, line string) (string, error) {
	line = strings.ReplaceAll(line, `\n`, "\n")
	verb, rest, _ := strings.Cut(line, " ")
	switch verb {
	case "fmt":
		return text.Format()
	case "add":
		return text.Add(rest)
	case "replace":
		kind, rest, _ := strings.Cut(rest, " ")
		name, rest, _ := strings.Cut(rest, " ")
		return text.Replace(kind, name, rest)
	}
	word, value, _ := strings.Cut(rest, " ")
	path, err := edit.ParsePath(word)
	if err != nil {
		return "", err
	}
	if verb == "rm" {
		return text.Remove(path)
	}
	return text.Set(path, value)
}

// TestFormatDemo: the plan that is shipped is in the layout.
func TestFormatDemo(t *testing.T) {
	demo, err := os.ReadFile("../../../configs/demo.plan.hcl")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parse(t, string(demo)).Format()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(demo), got); d != "" {
		t.Error(d)
	}
}

func TestBlocks(t *testing.T) {
	text := parse(t, "# A.\n\n# B.\nnumber \"+1\" \"+2\" { # C\n  ring {\n    seats = [\"1\"] # D\n  }\n} # E\ndial \"9.\" {}")
	want := []edit.Block{
		{"number", []string{"+1", "+2"}, 4, "# B.\nnumber \"+1\" \"+2\" { # C\n  ring {\n    seats = [\"1\"] # D\n  }\n} # E\n", `ring { seats = ["1"] }`},
		{"dial", []string{"9."}, 9, "dial \"9.\" {}\n", ""},
	}
	if d := cmp.Diff(want, text.Blocks()); d != "" {
		t.Error(d)
	}
	if b, err := text.Find("number", "+2"); err != nil || b.Line != 4 {
		t.Errorf("number +2 is %v, %v", b, err)
	}
}

// TestRefused: what the parser must not see is refused by its size and tokens.
func TestRefused(t *testing.T) {
	for want, src := range map[string]string{
		"nested deeper than 64":              "a = " + strings.Repeat("[", 65) + strings.Repeat("]", 65),
		"more than 64 operators":             "a = " + strings.Repeat("!", 1<<20) + "b",
		"with more than 64 operators":        "a = " + strings.Repeat("(", 1<<20),
		"at most 2097152 are read":           strings.Repeat("#\n", 1<<20) + "#",
		"has no meaning here":                "a = <<X\nb\nX\n",
		"closes nothing":                     "a = b)\n",
		"x.hcl:2: Invalid expression:":       "\na =\n",
		"x.hcl:2: Attribute redefined: The":  "a = 1\na = 2\n",
		"x.hcl:1: Invalid block definition:": "a \"b\" c\n",
	} {
		if _, err := edit.Parse("x.hcl", src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
	if _, err := edit.Parse("x.hcl", strings.Repeat("a { # c\nb = !c && d\n}\n", 10)+strings.Repeat("a {\nb = !c && d # c\n}\n", 100)); err != nil {
		t.Errorf("many small expressions: %v", err)
	}
}

func TestMerge(t *testing.T) {
	block := func(name, in string) string { return "# " + name + "\na \"" + name + "\" {\n  b = " + in + "\n}\n\n" }
	base := block("1", "1") + block("2", "1") + block("3", "1")
	for _, tt := range []struct{ name, mine, theirs, want, conflict string }{
		{"nobody", base, base, base, ""},
		{"mine", block("1", "2") + block("2", "1") + block("3", "1"), base, block("1", "2") + block("2", "1") + block("3", "1"), ""},
		{"theirs", base, block("2", "1"), block("2", "1"), ""},
		{"different blocks", block("1", "2") + block("2", "1") + block("3", "1"), block("1", "1") + block("3", "3"), block("1", "2") + block("3", "3"), ""},
		{"the same in the same way", block("1", "2"), block("1", "2") + block("3", "1"), block("1", "2"), ""},
		{"the same block", block("1", "2"), block("1", "3"), "", `a "1" was changed by both`},
		{"one removes what the other changes", block("2", "1") + block("3", "1"), block("1", "3") + block("2", "1"), "", `a "1" was changed by both`},
		{"both add", base + block("4", "1"), base + block("5", "1"), base + block("5", "1") + block("4", "1"), ""},
		{"both add one name", base + block("4", "1"), base + block("4", "2"), "", `a "4" was changed by both`},
		{"a key", "zone = 2\n" + base, "zone = 1\n" + block("1", "2"), "zone = 1\n" + block("1", "2"), "zone was changed by both"},
		{"neighbours go", block("1", "1"), base, block("1", "1"), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := edit.Merge(parse(t, base), parse(t, tt.mine), parse(t, tt.theirs))
			if tt.conflict != "" {
				var c *edit.ConflictError
				if !errors.As(err, &c) || c.Error() != tt.conflict {
					t.Errorf("got %q, %v, want %s", got, err, tt.conflict)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(strings.TrimRight(tt.want, "\n"), strings.TrimRight(got, "\n")); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
