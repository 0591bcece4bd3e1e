// Package sourcetest holds the readers of our files to the exact message of every
// fault that they report.
package sourcetest

import (
	"flag"
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected messages in testdata")

// Bad reads every NAME.hcl of an archive in testdata, bad.txtar, which must be refused with
// what NAME.err has, or with -update writes that anew.
func Bad(t *testing.T, archived string, read func(name string, text []byte) error) {
	t.Helper()
	file := "testdata/" + archived
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
		got := ""
		if err := read(f.Name, f.Data); err != nil {
			got = err.Error() + "\n"
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
