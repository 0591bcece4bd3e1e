package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// below lists, for each plane, the planes that it may import besides itself.
var below = map[string][]string{
	"cmd":      {"configs", "sip", "media", "dialplan"},
	"configs":  {"sip", "media", "dialplan"},
	"sip":      {"media", "dialplan"},
	"media":    {},
	"dialplan": {},
}

// checkPlanes holds the direction of imports, in tests too. What several packages'
// tests share, under the top testdata, is theirs alone.
func checkPlanes(tr *tree) (breaches []string) {
	for _, f := range tr.files {
		from := plane(f.path)
		for imported := range f.imports {
			own, ok := strings.CutPrefix(imported, module+"/")
			if !ok {
				continue
			}
			to := plane(own)
			if to == from || slices.Contains(below[from], to) || to == "testdata" && f.test {
				continue
			}
			breaches = append(breaches, fmt.Sprintf("%s: %s may not import %s: move what is shared below both, or pass it in", f.path, from, imported))
		}
	}
	return breaches
}

// checkVocabulary keeps the root packages of the islands free of their children.
func checkVocabulary(tr *tree) (breaches []string) {
	for _, f := range tr.files {
		if f.dir() != "media" && f.dir() != "dialplan" {
			continue
		}
		for imported := range f.imports {
			if strings.HasPrefix(imported, module+"/"+f.dir()+"/") {
				breaches = append(breaches, fmt.Sprintf("%s: the root package is vocabulary; it may not import its child %s", f.path, imported))
			}
		}
	}
	return breaches
}

// checkSipgo keeps the SIP library behind the signalling plane, and of it takes
// only the messages.
func checkSipgo(tr *tree) (breaches []string) {
	const sipgo = "github.com/emiago/sipgo"
	for _, f := range tr.files {
		for imported := range f.imports {
			if imported != sipgo && !strings.HasPrefix(imported, sipgo+"/") {
				continue
			}
			switch {
			case plane(f.path) != "sip":
				breaches = append(breaches, fmt.Sprintf("%s: only packages under sip/ import %s", f.path, imported))
			case imported != sipgo+"/sip" && !f.test:
				breaches = append(breaches, fmt.Sprintf("%s: transport, transactions and dialogs are ours: of sipgo only %s/sip is used", f.path, sipgo))
			}
		}
	}
	return breaches
}

// checkSipRoot keeps the bare word sip free for the library's package.
func checkSipRoot(tr *tree) (breaches []string) {
	for _, f := range tr.files {
		if f.dir() == "sip" && f.path != "sip/doc.go" {
			breaches = append(breaches, f.path+": sip/ holds only doc.go; the code belongs in a package below")
		}
	}
	return breaches
}

// topLevel is everything that may stand at the top, with what builds and runs
// leave there.
var topLevel = []string{
	"cmd", "sip", "media", "dialplan", "configs", "testdata", "go.mod", "go.sum",
	"Dockerfile", "README.md", "LICENSE", "Makefile", "CHANGELOG.md",
	"bin", "data", // never committed
}

func checkTopLevel(tr *tree) (breaches []string) {
	for _, name := range tr.top {
		if name[0] != '.' && !slices.Contains(topLevel, name) {
			breaches = append(breaches, name+": the top level has only its listed entries")
		}
	}
	return breaches
}
