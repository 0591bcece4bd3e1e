package edit_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"strowger/dialplan/source/edit"
)

// seeds are texts of which the fuzzers make others.
var seeds = []string{
	flow,
	"number \"+448081570001\" \"+448081570007\" {\n  ring { seats = [\"1001\"] } # all\n}\ndial \"9.\" {}",
	"a = [ # one\n1,\n\n\n2]\n",
	"a{b=!c?-1:\"${d}\"}",
	"/* a */ b { } # c\n// d\n\r\n",
}

const flow = `
flow "benefits" { # the line
  play "closed" {
    when   = !open(hours.benefits)
    prompt = prompt.closed # what they hear
  }
  menu "language" {
    key "1" { set = { language = "en" } }
    on "no_key" { next = step.wait }
  }
  queue "wait" {
    needs    = { benefits = 1, welsh = language == "cy" ? 2 : 0 }
    max_wait = "10m"
    callback {}
  }
}
`

// FuzzFormat: the layout of a layout is itself, and has the same tokens.
func FuzzFormat(f *testing.F) {
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		text, err := edit.Parse("x", src)
		if err != nil {
			return
		}
		once, err := text.Format()
		if err != nil {
			return
		}
		again, err := edit.Parse("x", once)
		if err != nil {
			t.Fatalf("%q: %v", once, err)
		}
		if twice, err := again.Format(); err != nil || twice != once {
			t.Fatalf("%q becomes %q, %v", once, twice, err)
		}
		if a, b := tokens(src), tokens(once); a != b {
			t.Fatalf("the tokens of %q are %q", once, b)
		}
	})
}

// FuzzSet: what is set can be set again and nothing changes, and no other block does.
func FuzzSet(f *testing.F) {
	for _, s := range seeds {
		f.Add(s, "number.+448081570001.ring.timeout", "20s")
		f.Add(s, "flow.benefits.wait.needs.benefits", "(1 + 2)")
		f.Add(s, "flow.benefits.wait.on.x", "[\n1]")
		f.Add(s, "b.c", "\"${d}\"")
	}
	f.Fuzz(func(t *testing.T, src, where, value string) {
		path, err := edit.ParsePath(where)
		if err != nil {
			return
		}
		if again, err := edit.ParsePath(path.String()); err != nil || !slices.Equal(again, path) {
			t.Fatalf("path %q is read again as %q, %v", path, again, err)
		}
		text, err := edit.Parse("x", src)
		if err != nil {
			return
		}
		once, err := text.Set(path, value)
		if err != nil {
			return
		}
		set, err := edit.Parse("x", once)
		if err != nil {
			t.Fatalf("%q: %v", once, err)
		}
		if twice, err := set.Set(path, value); err != nil || twice != once {
			t.Fatalf("%q becomes %q, %v", once, twice, err)
		}
		words := func(b edit.Block) string { return strings.Join(strings.Fields(b.Text), " ") }
		kept := map[string]bool{}
		for _, b := range set.Blocks() {
			kept[words(b)] = true
		}
		for _, b := range text.Blocks() {
			touched := b.Kind == path[0] && (len(b.Names) == 0 || slices.Contains(b.Names, path[1]))
			if !touched && !kept[words(b)] {
				t.Fatalf("%q lost or changed %q", once, b.Text)
			}
		}
		if _, err := set.Remove(path); err != nil && !strings.Contains(err.Error(), "one of several") {
			t.Fatalf("%q: %v", once, err)
		}
	})
}

// tokens are those that mean something.
func tokens(src string) string {
	lexed, _ := hclsyntax.LexConfig([]byte(src), "", hcl.InitialPos)
	var out []byte
	for _, t := range lexed {
		if t.Type != hclsyntax.TokenNewline && t.Type != hclsyntax.TokenComment {
			out = append(append(out, byte(t.Type)), t.Bytes...)
		}
	}
	return string(out)
}
