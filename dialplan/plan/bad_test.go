package plan_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"strowger/dialplan/plan"
)

var update = flag.Bool("update", false, "rewrite the expected messages in testdata")

// TestBad holds the exact message of every fault: testdata/bad.txtar has files
// NAME.hcl and NAME.err.
func TestBad(t *testing.T) {
	const file = "testdata/bad.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	expected := map[string]string{}
	for _, f := range archive.Files {
		expected[f.Name] = string(f.Data)
	}
	out := &txtar.Archive{Comment: archive.Comment}
	for _, f := range archive.Files {
		name, ok := strings.CutSuffix(f.Name, ".hcl")
		if !ok {
			continue
		}
		p, faults := plan.Parse(f.Name, f.Data)
		if p != nil {
			_, faults = p.Check(inventory())
		}
		got := ""
		if len(faults) > 0 {
			got = faults.Error() + "\n"
		}
		if want := expected[name+".err"]; got != want && !*update {
			t.Errorf("%s\n got %s\nwant %s", f.Name, got, want)
		}
		if got == "" {
			t.Errorf("%s is taken as good", f.Name)
		}
		out.Files = append(out.Files, f, txtar.File{Name: name + ".err", Data: []byte(got)})
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(out), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHugeAndDeep(t *testing.T) {
	for name, src := range map[string]string{
		"huge":      strings.Repeat("#", 3<<20),
		"blocks":    strings.Repeat("a {\n", 20_000),
		"lists":     "a = " + strings.Repeat("[", 20_000),
		"mixed":     strings.Repeat("a { ] ", 20_000),
		"not":       "a = " + strings.Repeat("!", 1<<17),
		"minus":     "a = " + strings.Repeat("-", 1<<17) + "1",
		"minus one": "a = " + strings.Repeat("-1", 1<<17),
		"question":  "a = " + strings.Repeat("b ? c : ", 20_000) + "d",
		"templates": "a = " + strings.Repeat("\"${", 20_000),
		"splat":     "a = b" + strings.Repeat("[*]", 20_000),
		"index":     "a = b" + strings.Repeat("[0]", 20_000),
		"dots":      "a = b" + strings.Repeat(".b", 20_000),
		"zeros":     "a = 1e-999999999",
	} {
		t.Run(name, func(t *testing.T) {
			if _, faults := plan.Parse(name, []byte(src)); len(faults) == 0 {
				t.Error("taken as good")
			}
		})
	}
}
