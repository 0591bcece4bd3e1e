package exchange_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"golang.org/x/tools/txtar"
)

// consulted is a call on hold and another with who is asked about it.
const consulted = `0s caller INVITE 1002 sdp
3s 1002 200 sdp
4s 1002 reINVITE sdp=/sendonly
5s 1002 INVITE 1003 sdp
7s 1003 200 sdp
`

// crossings are races within one moment. Which comes first is left open: what holds of
// every story holds of each outcome.
var crossings = map[string]string{
	"caller hangs up behind the REFER":   consulted + "9s 1002 REFER 1003 talk=1 replaces=2\n9s caller BYE\n20s 1002 BYE talk=2\n20s 1003 BYE",
	"target hangs up behind the REFER":   consulted + "9s 1002 REFER 1003 talk=1 replaces=2\n9s 1003 BYE\n20s 1002 BYE talk=1\n20s caller BYE",
	"target holds behind the REFER":      consulted + "9s 1002 REFER 1003 talk=1 replaces=2\n9s 1003 reINVITE sdp=/sendonly\n20s caller BYE",
	"all hang up behind the REFER":       consulted + "9s 1002 REFER 1003 talk=1 replaces=2\n9s 1003 BYE\n9s 1002 BYE talk=2\n9s caller BYE\n9s 1002 BYE talk=1",
	"transferor hangs up behind it":      consulted + "9s 1002 REFER 1003 talk=1 replaces=2\n9s 1002 BYE talk=1\n9s 1002 BYE talk=2\n20s caller BYE",
	"both calls to each other":           consulted + "9s 1002 REFER 1003 talk=1 replaces=2\n9s 1002 REFER 1002 talk=2 replaces=1\n20s caller BYE",
	"a call to itself":                   consulted + "9s 1002 REFER 1003 talk=1 replaces=1\n20s caller BYE\n20s 1002 BYE talk=2",
	"two pick up":                        "0s caller INVITE 1002 sdp\n1s 1002 180\n3s 1004 INVITE 1002 sdp replaces=1002\n3s 1005 INVITE 1002 sdp replaces=1002\n9s caller BYE",
	"a pick-up crosses the CANCEL":       "0s caller INVITE 1002 sdp\n1s 1002 180\n3s 1004 INVITE 1002 sdp replaces=1002\n3s caller CANCEL\n9s caller BYE",
	"a pick-up crosses the answer":       "0s caller INVITE 1002 sdp\n1s 1002 180\n3s 1004 INVITE 1002 sdp replaces=1002\n3s 1002 200 sdp\n9s caller BYE",
	"the switch closes behind the REFER": consulted + "9s 1002 REFER 1003 talk=1 replaces=2\n9s switch close",
}

// TestMoves tells the stories in which legs move with the calls on several strands, so
// that some moves stay on one strand and some do not.
func TestMoves(t *testing.T) {
	stories := map[string][2]string{}
	for _, pattern := range []string{"attended", "replaces", "refer"} {
		files, err := filepath.Glob("testdata/" + pattern + "*.txtar")
		if err != nil || len(files) == 0 {
			t.Fatalf("no stories of %s: %v", pattern, err)
		}
		for _, file := range files {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			stories[filepath.Base(file)] = [2]string{string(archive.Files[0].Data), string(archive.Files[1].Data)}
		}
	}
	for name, story := range crossings {
		stories[name] = [2]string{"ring 1002\nto 1003 ring 1003\n", story}
	}
	for name, s := range stories {
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			for _, strands := range []string{"strands 1\n", "strands 2\n", "strands 5\n", "strands 5\n"} {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(t, strands+s[0])
					w.lenient = true // who asks for what has just ended may well get a 481
					w.run(parseScript(t, s[1]))
				})
			}
		})
	}
}
