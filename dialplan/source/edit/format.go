package edit

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"strowger/dialplan/source"
)

// maxPasses bounds how often a text is laid out until it stays as it is: what a pass
// moves may move what is aligned with it.
const maxPasses = 4

// Format returns the text in the one layout: two spaces for each depth, the equals
// signs and the comments of neighbouring lines aligned, at most one empty line
// together, none beside a brace and none at either end, a newline at the end. Nothing
// but space differs.
func (t *Text) Format() (string, error) {
	text := t.src
	for range maxPasses {
		next := layout(text)
		if next == text {
			return text, t.same(text)
		}
		text = next
	}
	return "", fmt.Errorf("%s: its layout does not settle; put each key on a line of its own", t.name)
}

// canonical tells whether the text is in the layout of Format.
func (t *Text) canonical() bool { return layout(t.src) == t.src }

// layout is one pass.
func layout(src string) string {
	text := hclwrite.Format([]byte(strings.ReplaceAll(src, "\r\n", "\n")))
	tokens, _ := hclsyntax.LexConfig(text, "", hcl.InitialPos)
	var out bytes.Buffer
	end := 0                      // of the token before
	fresh, empty := true, false   // at the start of a line; after an empty one
	last := hclsyntax.TokenOBrace // but for newlines, and comments behind a brace; as if one led the text
	for _, tok := range tokens {
		space := text[end:tok.Range.Start.Byte]
		end = tok.Range.End.Byte
		if tok.Type == hclsyntax.TokenNewline {
			empty = fresh
			if !fresh {
				out.WriteByte('\n')
			}
			fresh = true
			continue
		}
		if tok.Type == hclsyntax.TokenEOF {
			break
		}
		if empty && last != hclsyntax.TokenOBrace && tok.Type != hclsyntax.TokenCBrace {
			out.WriteByte('\n')
		}
		out.Write(space)
		out.Write(trimmed(tok))
		if tok.Type != hclsyntax.TokenComment || fresh {
			last = tok.Type
		}
		fresh, empty = source.EndsLine(tok), false
	}
	if !fresh {
		out.WriteByte('\n')
	}
	return out.String()
}

// trimmed is a token without the space at the end of a comment of one line.
func trimmed(t hclsyntax.Token) []byte {
	if t.Type == hclsyntax.TokenComment && source.EndsLine(t) {
		return append(bytes.TrimRight(t.Bytes, " \t\r\n"), '\n')
	}
	return t.Bytes
}

// same is an error if another text has not the same tokens, space and newlines left out.
func (t *Text) same(text string) error {
	other, err := Parse(t.name, text)
	if err != nil {
		return errors.Join(fmt.Errorf("%s cannot be laid out without a change of its meaning", t.name), err)
	}
	a, b := meaning(t.tokens), meaning(other.tokens)
	for i := range a {
		if i >= len(b) || a[i].Type != b[i].Type || !bytes.Equal(trimmed(a[i]), trimmed(b[i])) {
			return fmt.Errorf("%s:%d: cannot be laid out without a change of its meaning; write it in plainer words", t.name, a[i].Range.Start.Line)
		}
	}
	return nil
}

// meaning is the tokens without newlines.
func meaning(tokens hclsyntax.Tokens) hclsyntax.Tokens {
	out := make(hclsyntax.Tokens, 0, len(tokens))
	for _, t := range tokens {
		if t.Type != hclsyntax.TokenNewline {
			out = append(out, t)
		}
	}
	return out
}
