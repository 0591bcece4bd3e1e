package edit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// cut replaces the bytes from start to end.
type cut struct {
	start, end int
	text       string
}

// make applies cuts; of two that overlap what both take is gone once. What comes out is in the layout of Format if
// the text was.
func (t *Text) make(cuts ...cut) (string, error) {
	slices.SortStableFunc(cuts, func(a, b cut) int { return a.start - b.start })
	var out strings.Builder
	end := 0
	for _, c := range cuts {
		out.WriteString(t.src[end:max(end, c.start)])
		out.WriteString(c.text)
		end = max(end, c.end)
	}
	out.WriteString(t.src[end:])
	made, err := Parse(t.name, out.String())
	if err != nil {
		return "", errors.Join(errors.New("the text would be wrong after this change"), err)
	}
	if t.canonical() {
		return made.Format()
	}
	return made.src, nil
}

// Replace puts text, with its comments, where the block of a kind and name stands. It
// may be several blocks, or none.
func (t *Text) Replace(kind, name, text string) (string, error) {
	b, err := t.find(kind, name)
	if err != nil {
		return "", err
	}
	if _, err := Parse(t.name, text); err != nil {
		return "", err
	}
	if strings.TrimSpace(text) == "" {
		return t.make(t.without(b))
	}
	start, end := t.span(b.Range())
	return t.make(cut{start, end, lines(text)})
}

// lines is a text without empty lines around it, with a newline at its end.
func lines(text string) string { return strings.Trim(text, "\r\n") + "\n" }

// Add puts blocks behind the last one of their kind, or at the end. It is an error if
// one is there already.
func (t *Text) Add(text string) (string, error) {
	added, err := Parse(t.name, text)
	if err != nil {
		return "", err
	}
	if len(added.body.Blocks) == 0 {
		return "", errors.New("there is no block to add")
	}
	for _, b := range added.body.Blocks {
		for _, label := range b.Labels {
			if had, err := t.find(b.Type, label); err == nil {
				return "", fmt.Errorf("%s %s is there already, in line %d", b.Type, strconv.Quote(label), had.TypeRange.Start.Line)
			}
		}
	}
	end := len(t.src)
	for _, b := range t.body.Blocks {
		if b.Type == added.body.Blocks[0].Type {
			_, end = t.span(b.Range())
		}
	}
	return t.make(t.insert(end, text))
}

// insert puts blocks between others at the start of a line.
func (t *Text) insert(at int, text string) cut {
	text = lines(text)
	switch before := t.src[:at]; {
	case strings.TrimSpace(before) == "":
	case !strings.HasSuffix(before, "\n"):
		text = "\n\n" + text
	case !strings.HasSuffix(before, "\n\n") && !strings.HasSuffix(before, "\n\r\n"):
		text = "\n" + text
	}
	if after := t.src[at:]; after != "" && after[0] != '\n' && after[0] != '\r' {
		text += "\n"
	}
	return cut{at, at, text}
}

// Remove takes away what a path leads to: a block, inside of others or not, one of the
// names of a block, or a key.
func (t *Text) Remove(path Path) (string, error) {
	p, err := t.resolve(path)
	if err != nil {
		return "", err
	}
	switch {
	case p.item != nil:
		return "", fmt.Errorf("%s is one of several in a value; set the value without it", path)
	case p.key != nil && (p.block == nil || t.opensLine(t.at(p.key.NameRange.Start.Byte))):
		start, end := t.span(p.key.Range())
		return t.make(cut{start, end, ""})
	case p.key != nil: // of a block in one line
		return t.make(cut{p.block.OpenBraceRange.End.Byte, p.block.CloseBraceRange.Start.Byte, ""})
	case len(path) == 2 && len(p.block.Labels) > 1:
		return t.make(t.unlabel(p.block, path[1]))
	}
	return t.make(t.without(p.block))
}

// unlabel takes one of several names from a block.
func (t *Text) unlabel(b *hclsyntax.Block, label string) cut {
	r := b.LabelRanges[slices.Index(b.Labels, label)]
	head := strings.TrimRight(t.src[:r.Start.Byte], " \t")
	return cut{len(head), r.End.Byte, ""}
}

// without takes a block away, and the empty line that would be one too many.
func (t *Text) without(b *hclsyntax.Block) cut {
	start, end := t.span(b.Range())
	before, after := t.src[:start], t.src[end:]
	rest := strings.TrimLeft(after, " \t\r")
	switch {
	case strings.HasPrefix(rest, "\n") && (strings.TrimSpace(before) == "" || strings.HasSuffix(before, "\n\n") || strings.HasSuffix(before, "{\n")):
		end = len(t.src) - len(rest) + 1
	case rest == "" && strings.HasSuffix(before, "\n\n"):
		start--
	}
	return cut{start, end, ""}
}
