// Package edit lays out and changes the HCL text that people write, and keeps what it
// does not change: comments, order and layout, byte for byte.
//
// It knows the syntax alone: blocks with names, keys with values. Whether the changed
// text means anything is for who checks plans.
//
// # Decisions
//
//   - Changes are cuts in the bytes of the text, at the places that the parser tells.
//     Only the blocks that are touched can differ.
//   - A text that was in the layout of Format stays in it: what is added has others
//     aligned with it.
//   - A block owns the comment lines directly above it and the comment behind its
//     brace. They are shown, replaced and removed with it.
//   - Each name of a block that has several is a thing of its own: who changes or
//     removes one does not touch the others.
//   - Whatever comes out parses again, or it is an error.
package edit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"strowger/dialplan/source"
)

// Text is a text whose syntax is right. It is never changed: the methods that change
// something return the new text.
type Text struct {
	name   string
	src    string
	body   *hclsyntax.Body
	tokens hclsyntax.Tokens
}

// Parse takes a text. name is the file's, for faults; the error is source.Diagnostics.
func Parse(name, src string) (*Text, error) {
	var faults source.Diagnostics
	body, tokens := source.Syntax(name, []byte(src), &faults)
	if body == nil {
		return nil, faults.Sorted()
	}
	return &Text{name, src, body, tokens}, nil
}

// Block is one of the outermost blocks of a text.
type Block struct {
	Kind  string   `json:"kind"`
	Names []string `json:"names"` // as labelled, often one
	Line  int      `json:"line"`  // of its head, from 1
	Text  string   `json:"text"`  // with its comments; ends with a newline
	Gist  string   `json:"gist"`  // what is between its braces, in one line, without comments
}

// Blocks returns the outermost blocks in their order.
func (t *Text) Blocks() []Block {
	out := make([]Block, len(t.body.Blocks))
	for i, b := range t.body.Blocks {
		out[i] = t.block(b)
	}
	return out
}

// Find returns the block of a kind and name.
func (t *Text) Find(kind, name string) (Block, error) {
	b, err := t.find(kind, name)
	if err != nil {
		return Block{}, err
	}
	return t.block(b), nil
}

func (t *Text) block(b *hclsyntax.Block) Block {
	start, end := t.span(b.Range())
	text := t.src[start:end]
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return Block{b.Type, slices.Clone(b.Labels), b.TypeRange.Start.Line, text, t.gist(b)}
}

// gist is the inside of a block in one line.
func (t *Text) gist(b *hclsyntax.Block) string {
	var line strings.Builder
	end := b.OpenBraceRange.End.Byte
	for _, tok := range t.tokens[t.at(end):t.at(b.CloseBraceRange.Start.Byte)] {
		if tok.Type == hclsyntax.TokenComment || tok.Type == hclsyntax.TokenNewline {
			continue
		}
		if tok.Range.Start.Byte > end && line.Len() > 0 {
			line.WriteByte(' ')
		}
		line.Write(tok.Bytes)
		end = tok.Range.End.Byte
	}
	return line.String()
}

// at is the index of the first token that starts at an offset or behind it.
func (t *Text) at(offset int) int {
	i, _ := slices.BinarySearchFunc(t.tokens, offset, func(tok hclsyntax.Token, offset int) int {
		return tok.Range.Start.Byte - offset
	})
	return i
}

// span is the lines of a block or key that stands on lines of its own, with its
// comments, from the start of the first line to the start of the next.
func (t *Text) span(r hcl.Range) (start, end int) {
	first := t.at(r.Start.Byte)
	for first > 0 && t.tokens[first-1].Type == hclsyntax.TokenComment && t.opensLine(first-1) {
		first--
	}
	start = t.tokens[first].Range.Start.Byte
	start -= len(t.src[:start]) - len(strings.TrimRight(t.src[:start], " \t"))
	return start, t.lineEnd(r.End.Byte)
}

// opensLine tells whether a token is the first of its line.
func (t *Text) opensLine(i int) bool { return i == 0 || source.EndsLine(t.tokens[i-1]) }

// lineEnd is where the line after the one of an offset starts.
func (t *Text) lineEnd(offset int) int {
	for _, tok := range t.tokens[t.at(offset):] {
		if source.EndsLine(tok) {
			return tok.Range.End.Byte
		}
	}
	return len(t.src)
}

// find returns the block of a kind and name.
func (t *Text) find(kind, name string) (*hclsyntax.Block, error) {
	var kinds, names []string
	for _, b := range t.body.Blocks {
		kinds = append(kinds, b.Type)
		if b.Type != kind {
			continue
		}
		if slices.Contains(b.Labels, name) {
			return b, nil
		}
		names = append(names, b.Labels...)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("there is no %s here; %s", kind, source.Suggest(kind, kinds))
	}
	return nil, fmt.Errorf("there is no %s %s; %s", kind, strconv.Quote(name), source.Suggest(name, names))
}
