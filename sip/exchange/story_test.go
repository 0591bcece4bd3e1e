// Story tests: a whole exchange in fake time. A file in testdata says what the
// program of the call is, who sends what at which second, and the transcript that
// must come of it. Only the network, admission, sound and the ledger are fakes.
//
// A file has three sections. The program is one line a stage or option (admission_test.go),
// the story one line an action (script_test.go). Lines with one time are on the wire
// together, in their order; what the switch does at that time by its own timers
// comes before them. Parties behave as phones do (party_test.go) unless a line
// tells them otherwise.
package exchange_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the transcripts of the stories anew")

func TestStory(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { tell(t, file) })
	}
}

func tell(t *testing.T, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	section := map[string]string{}
	for _, f := range archive.Files {
		section[f.Name] = string(f.Data)
	}
	var got string
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, section["program"])
		w.run(parseScript(t, section["story"]))
		got = w.transcript()
	})
	if *update {
		rewrite(t, file, archive, got)
		return
	}
	if diff := cmp.Diff(section["transcript"], got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

func rewrite(t *testing.T, file string, archive *txtar.Archive, transcript string) {
	t.Helper()
	keep := archive.Files[:0]
	for _, f := range archive.Files {
		if f.Name != "transcript" {
			keep = append(keep, f)
		}
	}
	archive.Files = append(keep, txtar.File{Name: "transcript", Data: []byte(transcript)})
	if err := os.WriteFile(file, txtar.Format(archive), 0o600); err != nil {
		t.Fatal(err)
	}
}
