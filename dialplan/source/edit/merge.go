package edit

import (
	"fmt"
	"strconv"
	"strings"
)

// ConflictError is a block that two people changed, each in his way.
type ConflictError struct {
	Kind  string
	Names []string
}

// Error names the block.
func (c *ConflictError) Error() string {
	return head(c.Kind, c.Names) + " was changed by both"
}

func head(kind string, names []string) string {
	var b strings.Builder
	b.WriteString(kind)
	for _, n := range names {
		b.WriteString(" " + strconv.Quote(n))
	}
	return b.String()
}

// Merge makes in theirs the changes that lead from base to mine, by outermost block.
// The error is a ConflictError if both changed the same block in different ways.
// Comments that belong to no block are as in theirs.
func Merge(base, mine, theirs *Text) (string, error) {
	was, now, there := base.named(), mine.named(), theirs.named()
	var cuts []cut
	var added strings.Builder
	for _, name := range append(now.order, was.order...) {
		b, m, h := was.blocks[name], now.blocks[name], there.blocks[name]
		switch {
		case m.Text == b.Text || m.Text == h.Text:
			continue
		case h.Text != b.Text:
			one := m
			if one.Text == "" {
				one = b
			}
			return "", &ConflictError{one.Kind, one.Names}
		case m.Text == "":
			cuts = append(cuts, theirs.without(theirs.body.Blocks[there.index[name]]))
		case b.Text == "":
			added.WriteString(m.Text + "\n")
		default:
			start, end := theirs.span(theirs.body.Blocks[there.index[name]].Range())
			cuts = append(cuts, cut{start, end, m.Text})
		}
		was.blocks[name] = m // it is named twice
	}
	if added.Len() > 0 {
		cuts = append(cuts, theirs.insert(len(theirs.src), added.String()))
	}
	return theirs.make(cuts...)
}

// named are the blocks of a text by kind and names.
type named struct {
	order  []string
	blocks map[string]Block
	index  map[string]int // in the text
}

func (t *Text) named() named {
	n := named{blocks: map[string]Block{}, index: map[string]int{}}
	for i, b := range t.Blocks() {
		name := head(b.Kind, b.Names)
		for again := 2; n.blocks[name].Text != ""; again++ {
			name = fmt.Sprintf("%s %d", head(b.Kind, b.Names), again)
		}
		n.order, n.blocks[name], n.index[name] = append(n.order, name), b, i
	}
	return n
}
