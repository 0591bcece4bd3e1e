package archtest

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

// top is the module's root, seen from this package.
const top = "../../.."

// rules are all there are. Each comes with a planted breach, in a tree that is
// clean but for it, and with where the breach is to be found.
var rules = []struct {
	name   string
	check  func(*tree) []string
	plant  map[string]string
	breach string
}{
	{
		"planes", checkPlanes,
		map[string]string{"media/relay/relay.go": "// Package relay forwards.\npackage relay\n\nimport _ \"strowger/sip/leg\"\n"},
		"media/relay/relay.go: media may not import strowger/sip/leg",
	},
	{
		"planes, upwards", checkPlanes,
		map[string]string{"sip/leg/leg_test.go": "package leg\n\nimport _ \"strowger/configs\"\n"},
		"sip/leg/leg_test.go: sip may not import strowger/configs",
	},
	{
		"planes, islands", checkPlanes,
		map[string]string{"dialplan/plan/plan.go": "// Package plan parses.\npackage plan\n\nimport _ \"strowger/media\"\n"},
		"dialplan/plan/plan.go: dialplan may not import strowger/media",
	},
	{
		"planes, test data in production", checkPlanes,
		map[string]string{"sip/leg/x.go": "package leg\n\nimport _ \"strowger/testdata/torture\"\n"},
		"sip/leg/x.go: sip may not import strowger/testdata/torture",
	},
	{
		"vocabulary", checkVocabulary,
		map[string]string{"media/x.go": "package media\n\nimport _ \"strowger/media/relay\"\n"},
		"media/x.go: the root package is vocabulary",
	},
	{
		"sipgo", checkSipgo,
		map[string]string{"cmd/x/main.go": "// Command x is a breach.\npackage main\n\nimport _ \"github.com/emiago/sipgo/sip\"\n"},
		"cmd/x/main.go: only packages under sip/",
	},
	{
		"sipgo, more than messages", checkSipgo,
		map[string]string{"sip/leg/x.go": "package leg\n\nimport _ \"github.com/emiago/sipgo\"\n"},
		"sip/leg/x.go: transport, transactions and dialogs are ours",
	},
	{
		"sip root", checkSipRoot,
		map[string]string{"sip/helpers.go": "package sip\n"},
		"sip/helpers.go: sip/ holds only doc.go",
	},
	{
		"purity, import", checkPurity,
		map[string]string{"dialplan/x.go": "package dialplan\n\nimport _ \"os\"\n"},
		"dialplan/x.go: dialplan is pure and may not import os",
	},
	{
		"purity, granted to another", checkPurity,
		map[string]string{"sip/dialog/x.go": "// Package dialog is pure.\npackage dialog\n\nimport _ \"crypto/rand\"\n"},
		"sip/dialog/x.go: sip/dialog is pure and may not import crypto/rand",
	},
	{
		"purity, clock", checkPurity,
		map[string]string{"sip/dialog/x.go": "// Package dialog is pure.\npackage dialog\n\nimport clock \"time\"\n\nvar at = clock.Now()\n"},
		"sip/dialog/x.go:6: sip/dialog is pure and may not call time.Now",
	},
	{
		"purity, goroutine", checkPurity,
		map[string]string{"sip/transaction/x.go": "// Package transaction is pure.\npackage transaction\n\nfunc f() { go f() }\n"},
		"sip/transaction/x.go:4: sip/transaction is pure and may not start a goroutine",
	},
	{
		"top level", checkTopLevel,
		map[string]string{"pkg/x.txt": "x"},
		"pkg: the top level has only",
	},
	{
		"package docs", checkPackageDocs,
		map[string]string{"sip/trunk/trunk.go": "package trunk\n"},
		"sip/trunk: has no package comment",
	},
	{
		"package docs, wrong name", checkPackageDocs,
		map[string]string{"sip/trunk/trunk.go": "// Package carrier is named otherwise.\npackage trunk\n"},
		"sip/trunk/trunk.go: the package comment starts with",
	},
	{
		"package docs, twice", checkPackageDocs,
		map[string]string{"sip/leg/x.go": "// Package leg says it again.\npackage leg\n"},
		"sip/leg/x.go: has 2 package comments",
	},
	{
		"exported docs, function", checkExportedDocs,
		map[string]string{"sip/leg/x.go": "package leg\n\nfunc New() {}\n"},
		"sip/leg/x.go:3: exported New",
	},
	{
		"exported docs, method", checkExportedDocs,
		map[string]string{"sip/leg/x.go": "package leg\n\nfunc (*Leg) Ring() {}\n\nfunc (l *hidden) Ring() {}\n"},
		"sip/leg/x.go:3: exported Ring",
	},
	{
		"exported docs, value", checkExportedDocs,
		map[string]string{"sip/leg/x.go": "package leg\n\nconst (\n\tA = 1 // said\n\tB = 2\n)\n"},
		"sip/leg/x.go:5: exported B",
	},
	{
		"counters", checkCounters,
		map[string]string{"sip/leg/x.go": "package leg\n\n// Counters count.\ntype Counters struct {\n\tOne uint64 // said\n\tTwo uint64\n}\n"},
		"sip/leg/x.go:6: counter Two",
	},
	{
		"comments, work for later", checkComments,
		map[string]string{"sip/leg/x.go": "package leg\n\n// TO" + "DO: all of it\n"},
		"sip/leg/x.go:3: TO" + "DO",
	},
	{
		"comments, ASCII", checkComments,
		map[string]string{"sip/leg/x.go": "package leg\n\n// two \u2192 three\n"},
		"sip/leg/x.go:3: comments are ASCII",
	},
	{
		"size", checkSize,
		map[string]string{"sip/leg/x.go": "package leg\n" + strings.Repeat("\n", maxLines)},
		"sip/leg/x.go: 501 lines, limit 500",
	},
	{
		"size of tests", checkSize,
		map[string]string{"sip/leg/x_test.go": "package leg\n" + strings.Repeat("\n", maxTestLines)},
		"sip/leg/x_test.go: 701 lines, limit 700",
	},
	{
		"sleeps", checkSleeps,
		map[string]string{"sip/leg/x_test.go": "package leg\n\nimport \"time\"\n\nfunc f() { time.Sleep(1) }\n"},
		"sip/leg/x_test.go:5: time.Sleep",
	},
	{
		"skips", checkSkips,
		map[string]string{"sip/leg/x_test.go": "package leg\n\nimport \"testing\"\n\nfunc f(t *testing.T) { t.SkipNow() }\n"},
		"sip/leg/x_test.go:5: a skip says why",
	},
}

// clean is a small tree that keeps every rule, with what each could take amiss.
var clean = map[string]string{
	"go.mod":               "module strowger\n",
	".ci/run":              "",
	"bin/strowger":         "",
	"cmd/strowger/main.go": "// Command strowger is a switch.\npackage main\n\nimport _ \"strowger/configs\"\n",
	"configs/configs.go":   "// Package configs describes a node.\npackage configs\n\nimport _ \"strowger/sip/leg\"\n",
	"sip/doc.go":           "// Package sip talks.\npackage sip\n",
	"sip/leg/leg.go":       "// Package leg is one party.\npackage leg\n\nimport (\n\t_ \"strowger/dialplan\"\n\t_ \"strowger/media/relay\"\n\n\t_ \"github.com/emiago/sipgo/sip\"\n)\n\n// Leg is one.\ntype Leg struct{}\n",
	"sip/leg/leg_test.go":  "package leg\n\nimport (\n\t_ \"github.com/emiago/sipgo\"\n\t_ \"strowger/testdata/torture\"\n)\n",
	"media/media.go":       "// Package media is vocabulary.\npackage media\n",
	"media/relay/udp.go":   "// Package relay forwards.\npackage relay\n\nimport (\n\t_ \"net\"\n\n\t_ \"strowger/media\"\n)\n\nfunc f() { go f() }\n",
	"media/relay/bpf.go":   "// Code generated by bpf2go. DO NOT EDIT.\n\npackage relay\n\nfunc Undocumented() {}\n",
	"dialplan/dialplan.go": "// Package dialplan decides.\npackage dialplan\n\nimport (\n\t_ \"net/netip\"\n\t\"time\"\n)\n\n// Ring is how long.\nconst Ring = 30 * time.Second\n",
	"sip/testdata/x.go":    "not Go at all",
}

func TestTree(t *testing.T) {
	tr := load(t, os.DirFS(top))
	if len(tr.files) == 0 {
		t.Fatal("no Go file found: the test looks in the wrong place")
	}
	seen := make(map[string]bool)
	for _, r := range rules {
		for _, b := range r.check(tr) {
			if !seen[b] {
				t.Errorf("%s (%s)", b, r.name)
			}
			seen[b] = true
		}
	}
}

func TestPlantedBreaches(t *testing.T) {
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			if got := r.check(load(t, plant(nil))); len(got) != 0 {
				t.Errorf("in a clean tree it found %q", got)
			}
			got := r.check(load(t, plant(r.plant)))
			if len(got) != 1 || !strings.HasPrefix(got[0], r.breach) {
				t.Errorf("found %q, want one that starts with %q", got, r.breach)
			}
		})
	}
}

// plant returns the clean tree with more files in it.
func plant(more map[string]string) fs.FS {
	fsys := make(fstest.MapFS)
	for _, files := range []map[string]string{clean, more} {
		for path, text := range files {
			fsys[path] = &fstest.MapFile{Data: []byte(text)}
		}
	}
	return fsys
}
