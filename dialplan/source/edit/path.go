package edit

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"strowger/dialplan/source"
)

// maxPath bounds the words of a path. It also bounds the ways in which the words may
// be meant, which double with each.
const maxPath = 12

// Path leads to a block or key: flow.benefits.wait.max_wait. A block is named by its
// kind, its label, or both.
type Path []string

// ParsePath reads words with dots between. A word with dots of its own is in quotes:
// dial."9.".trunk.
func ParsePath(s string) (Path, error) {
	var path Path
	for rest := s; ; {
		var word string
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err == nil {
				word, err = strconv.Unquote(quoted)
			}
			if err != nil {
				return nil, fmt.Errorf("path %s: a quote is not closed", s)
			}
			rest = rest[len(quoted):]
		} else {
			i := strings.IndexAny(rest+".", ".")
			word, rest = rest[:i], rest[i:]
		}
		path = append(path, word)
		switch {
		case word == "":
			return nil, fmt.Errorf("path %s: a word is missing; write a name with dots of its own in quotes: dial.\"9.\".trunk", s)
		case len(path) > maxPath:
			return nil, fmt.Errorf("path %s: more than %d words", s, maxPath)
		case rest == "":
			return path, nil
		case rest[0] != '.':
			return nil, fmt.Errorf("path %s: write a dot between two words", s)
		}
		rest = rest[1:]
	}
}

// String is how ParsePath reads it.
func (p Path) String() string {
	words := make([]string, len(p))
	for i, w := range p {
		words[i] = w
		if w == "" || strings.ContainsAny(w, ".\"\\") {
			words[i] = strconv.Quote(w)
		}
	}
	return strings.Join(words, ".")
}

// place is what a path leads to.
type place struct {
	block *hclsyntax.Block          // or, with key, the block that it stands in
	key   *hclsyntax.Attribute      // nil if it is a block
	item  *hclsyntax.ObjectConsItem // of the key's value
}

// resolve follows a path to the one thing that it may mean.
func (t *Text) resolve(path Path) (place, error) {
	found := places(nil, t.body, path)
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return place{}, fmt.Errorf("%s may be any of %d; name kind and label of each block on the way", path, len(found))
	}
	return place{}, t.lost(path)
}

// places are all that a path may mean inside of a block, nil for the file.
func places(in *hclsyntax.Block, body *hclsyntax.Body, path Path) []place {
	var out []place
	if key, ok := body.Attributes[path[0]]; ok {
		switch object, ok := key.Expr.(*hclsyntax.ObjectConsExpr); {
		case len(path) == 1:
			out = append(out, place{block: in, key: key})
		case ok && len(path) == 2:
			for i := range object.Items {
				if itemName(&object.Items[i]) == path[1] {
					out = append(out, place{block: in, key: key, item: &object.Items[i]})
				}
			}
		}
	}
	for _, b := range body.Blocks {
		for _, rest := range behind(b, path, in == nil) {
			if len(rest) == 0 {
				out = append(out, place{block: b})
			} else {
				out = append(out, places(b, b.Body, rest)...)
			}
		}
	}
	return out
}

// behind is what remains of a path that leads into a block, by kind and label, by kind
// alone if it has none, or by label alone unless it is an outermost one.
func behind(b *hclsyntax.Block, path Path, outermost bool) []Path {
	var rests []Path
	if path[0] == b.Type && len(b.Labels) == 0 {
		rests = append(rests, path[1:])
	}
	if path[0] == b.Type && len(path) > 1 && slices.Contains(b.Labels, path[1]) {
		rests = append(rests, path[2:])
	}
	if !outermost && slices.Contains(b.Labels, path[0]) {
		rests = append(rests, path[1:])
	}
	return rests
}

// itemName is the name of an item of an object, "" if it is an expression.
func itemName(i *hclsyntax.ObjectConsItem) string {
	if word := hcl.ExprAsKeyword(i.KeyExpr); word != "" {
		return word
	}
	if key, ok := i.KeyExpr.(*hclsyntax.ObjectConsKeyExpr); ok {
		if text, ok := key.Wrapped.(*hclsyntax.TemplateExpr); ok && text.IsStringLiteral() {
			v, _ := text.Value(nil)
			return v.AsString()
		}
	}
	return ""
}

// lost says where a path that leads nowhere has its first wrong word.
func (t *Text) lost(path Path) error {
	if len(path) < 2 {
		return fmt.Errorf("there is no %s that stands alone; write KIND.NAME and what is in it, with dots between", path)
	}
	if _, err := t.find(path[0], path[1]); err != nil {
		return err
	}
	for n := len(path) - 1; n >= 2; n-- {
		found := places(nil, t.body, path[:n])
		if len(found) != 1 {
			continue
		}
		if found[0].key != nil {
			return fmt.Errorf("%s is a value without %q in it; set it as a whole", path[:n], path[n])
		}
		return fmt.Errorf("there is no %q in %s; %s", path[n], path[:n], source.Suggest(path[n], inside(found[0].block)))
	}
	return fmt.Errorf("%s leads nowhere", path)
}

// inside are the words that may follow in a path into a block.
func inside(b *hclsyntax.Block) []string {
	var words []string
	for key := range b.Body.Attributes {
		words = append(words, key)
	}
	for _, inner := range b.Body.Blocks {
		words = append(append(words, inner.Type), inner.Labels...)
	}
	return words
}

// Keys are the paths of all keys of a text, in the order of their blocks.
func (t *Text) Keys() []Path { return keys(nil, t.body) }

func keys(above Path, body *hclsyntax.Body) []Path {
	if len(above) > maxPath-3 { // a kind, a label and a key may follow
		return nil
	}
	below := func(words ...string) Path { return slices.Concat(above, words) }
	var out []Path
	for _, name := range slices.Sorted(maps.Keys(body.Attributes)) {
		out = append(out, below(name))
	}
	for _, b := range body.Blocks {
		if len(b.Labels) == 0 {
			out = append(out, keys(below(b.Type), b.Body)...)
		}
		for _, label := range b.Labels {
			way := below(b.Type, label)
			if len(above) == 2 { // a step is known by its name
				way = below(label)
			}
			out = append(out, keys(way, b.Body)...)
		}
	}
	return out
}
