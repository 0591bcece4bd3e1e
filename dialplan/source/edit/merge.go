package edit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// ConflictError is a block or key that two people changed, each in his way.
type ConflictError struct{ what string }

// Error names it.
func (c *ConflictError) Error() string {
	return c.what + " was changed by both"
}

func head(kind string, names []string) string {
	var b strings.Builder
	b.WriteString(kind)
	for _, n := range names {
		b.WriteString(" " + strconv.Quote(n))
	}
	return b.String()
}

// Merge makes in theirs the changes that lead from base to mine, by outermost block and
// key. The error is a ConflictError if both changed the same one in different ways.
// Comments that belong to none are as in theirs.
func Merge(base, mine, theirs *Text) (string, error) {
	was, now, there := base.parts(), mine.parts(), theirs.parts()
	var cuts []cut
	var added strings.Builder
	for _, name := range distinct(now.order, was.order) {
		b, m, h := was.parts[name], now.parts[name], there.parts[name]
		switch {
		case m.text == b.text || m.text == h.text:
		case h.text != b.text:
			return "", &ConflictError{name}
		case m.text == "" && h.block != nil:
			cuts = append(cuts, theirs.without(h.block))
		case b.text == "":
			added.WriteString(m.text + "\n")
		default:
			cuts = append(cuts, cut{h.start, h.end, m.text})
		}
	}
	if added.Len() > 0 {
		cuts = append(cuts, theirs.insert(len(theirs.src), added.String()))
	}
	return theirs.make(cuts...)
}

// distinct is one list of two, without repetition.
func distinct(a, b []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, name := range slices.Concat(a, b) {
		if !seen[name] {
			seen[name] = true
			out = append(out, name)
		}
	}
	return out
}

// part is an outermost block or key.
type part struct {
	start, end int
	text       string           // with its comments
	block      *hclsyntax.Block // nil if it is a key
}

// parts are those of a text by kind and names.
type parts struct {
	order []string
	parts map[string]part
}

func (t *Text) parts() parts {
	out := parts{parts: map[string]part{}}
	put := func(name string, r hcl.Range, b *hclsyntax.Block) {
		for again := 2; out.parts[name].text != ""; again++ {
			name = fmt.Sprintf("%s (%d)", name, again)
		}
		start, end := t.span(r)
		out.order = append(out.order, name)
		out.parts[name] = part{start, end, strings.TrimRight(t.src[start:end], "\n") + "\n", b}
	}
	for _, key := range slices.Sorted(maps.Keys(t.body.Attributes)) {
		put(key, t.body.Attributes[key].Range(), nil)
	}
	for _, b := range t.body.Blocks {
		put(head(b.Type, b.Labels), b.Range(), b)
	}
	return out
}
