package configs_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"strowger/configs"
)

var update = flag.Bool("update", false, "rewrite the expected messages in testdata")

// parts make a whole configuration of a case that is about one block. A case's
// first line, "# without X Y", leaves parts out.
var parts = map[string]string{
	"network": "network \"lan\" {\n listener \"udp\" { bind = \"127.0.0.1:5060\" }\n rtp { bind = \"127.0.0.1\" }\n}\n",
	"tenant":  "tenant \"demo\" {\n emergency { trunks = [\"carrier\"] }\n}\n",
	"trunk":   "trunk \"carrier\" {\n sources = [\"127.0.0.2\"]\n targets = [\"127.0.0.2\"]\n}\n",
}

func whole(text string) []byte {
	first, _, _ := strings.Cut(text, "\n")
	sections := []string{text}
	for _, part := range []string{"network", "tenant", "trunk"} {
		if !strings.HasPrefix(first, "# without") || !strings.Contains(first, part) {
			sections = append(sections, parts[part])
		}
	}
	return []byte(strings.Join(sections, ""))
}

func env(name string) (string, bool) { return "5060", name == "SIP_PORT" }

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
		var got string
		if _, err := configs.Parse(f.Name, whole(string(f.Data)), configs.Overrides{Env: env}); err != nil {
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
