package edit_test

import (
	"os"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"strowger/dialplan/source/edit"
)

// seeds are texts of which the fuzzers make others.
func seeds(f *testing.F) []string {
	f.Helper()
	demo, err := os.ReadFile("../../../configs/demo.plan.hcl")
	if err != nil {
		f.Fatal(err)
	}
	return []string{string(demo), flow, "a = [ # one\n1,\n\n\n2]\n", "a{b=!c?-1:\"${d}\"}", "/* a */ b { } # c\n// d\n\r\n"}
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
	for _, s := range seeds(f) {
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
