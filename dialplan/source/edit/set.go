package edit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"strowger/dialplan/source"
)

// Set gives the key at the end of a path a value, and adds the key if its block has
// it not. The value is an expression; what is none is text and gets quotes. So does a
// word or number where text stood before, and where a list stood, words with commas
// between become one.
func (t *Text) Set(path Path, value string) (string, error) {
	if len(path) > 1 {
		if b, err := t.find(path[0], path[1]); err == nil && len(b.Labels) > 1 {
			return t.setAlone(b, path, value)
		}
	}
	found := places(nil, t.body, path)
	switch {
	case len(found) == 1 && found[0].key == nil:
		return "", fmt.Errorf("%s is a block; %s", path, keyIn(path, found[0].block))
	case len(found) == 1:
		return t.setAt(found[0], value)
	case len(found) > 1:
		_, err := t.resolve(path)
		return "", err
	}
	last := len(path) - 1
	if last == 0 {
		return "", t.lost(path)
	}
	p, err := t.resolve(path[:last])
	switch {
	case err != nil:
		return "", err
	case !hclsyntax.ValidIdentifier(path[last]):
		return "", fmt.Errorf("%q cannot be the name of a key", path[last])
	case p.item != nil || p.block == nil:
		return "", t.lost(path)
	}
	text, err := valueText(nil, value)
	if err != nil {
		return "", err
	}
	if p.key != nil {
		return t.addItem(p.key, path, text)
	}
	return t.addKey(p.block, path[last], text)
}

func keyIn(path Path, b *hclsyntax.Block) string {
	words := inside(b)
	if len(words) == 0 {
		return "name the key in it"
	}
	return "name a key in it, such as " + append(slices.Clip(path), words[0]).String()
}

// setAlone gives the name that is meant a block of its own before anything is set in it.
func (t *Text) setAlone(b *hclsyntax.Block, path Path, value string) (string, error) {
	start, end := b.OpenBraceRange.Start.Byte, b.CloseBraceRange.End.Byte
	own := b.Type + " " + Quote(path[1]) + " " + t.src[start:end]
	_, behind := t.span(b.Range())
	apart, err := t.make(t.unlabel(b, path[1]), t.insert(behind, own))
	if err != nil {
		return "", err
	}
	next, err := Parse(t.name, apart)
	if err != nil {
		return "", err
	}
	return next.Set(path, value)
}

// setAt replaces a value that is there.
func (t *Text) setAt(p place, value string) (string, error) {
	old := p.key.Expr
	if p.item != nil {
		old = p.item.ValueExpr
	}
	text, err := valueText(old, value)
	if err != nil {
		return "", err
	}
	r := old.Range()
	return t.make(cut{r.Start.Byte, r.End.Byte, text})
}

// addItem adds to the object that a key has as its value.
func (t *Text) addItem(key *hclsyntax.Attribute, path Path, text string) (string, error) {
	object, ok := key.Expr.(*hclsyntax.ObjectConsExpr)
	if !ok {
		return "", t.lost(path)
	}
	item := path[len(path)-1] + " = " + text
	if n := len(object.Items); n > 0 {
		end := object.Items[n-1].ValueExpr.Range().End.Byte
		return t.make(cut{end, end, ", " + item})
	}
	r := object.Range()
	return t.make(cut{r.Start.Byte, r.End.Byte, "{ " + item + " }"})
}

// addKey adds a key behind the others of a block, before the blocks inside of it.
func (t *Text) addKey(b *hclsyntax.Block, key, text string) (string, error) {
	key += " = " + text
	first, last := b.OpenBraceRange, b.CloseBraceRange
	at, indent := t.lineEnd(first.End.Byte), t.indent(b.TypeRange.Start.Byte)+"  "
	if at > last.Start.Byte { // all in one line
		inner := strings.TrimSpace(t.src[first.End.Byte:last.Start.Byte])
		if inner == "" {
			return t.make(cut{first.End.Byte, last.Start.Byte, " " + key + " "})
		}
		outer := t.indent(b.TypeRange.Start.Byte)
		return t.make(cut{first.End.Byte, last.Start.Byte, "\n" + outer + "  " + inner + "\n" + outer + "  " + key + "\n" + outer})
	}
	for _, a := range b.Body.Attributes {
		if end := t.lineEnd(a.Range().End.Byte); end >= at {
			at, indent = end, t.indent(a.NameRange.Start.Byte)
		}
	}
	return t.make(cut{at, at, indent + key + "\n"})
}

// indent is the space before an offset in its line, "" if there is more than space.
func (t *Text) indent(offset int) string {
	line := t.src[strings.LastIndexByte(t.src[:offset], '\n')+1 : offset]
	if strings.Trim(line, " \t") != "" {
		return ""
	}
	return line
}

// valueText is how a value is written where old stood, which is nil for a new key.
func valueText(old hclsyntax.Expression, value string) (string, error) {
	value = strings.TrimSpace(value)
	if value == "" {
		return "", errors.New("the value is empty; write \"\" in quotes for an empty text")
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		return "", errors.New("the value is no text in UTF-8")
	}
	e, comment := expression(value)
	if comment {
		return "", errors.New("a value has no comment in it; write it into the plan with: strowger dialplan edit")
	}
	_, isList := e.(*hclsyntax.TupleConsExpr)
	switch old.(type) {
	case *hclsyntax.TemplateExpr:
		if e == nil || plain(e) {
			return Quote(value), nil
		}
	case *hclsyntax.TupleConsExpr:
		if !isList {
			return list(value), nil
		}
	}
	if e == nil {
		return Quote(value), nil
	}
	return value, nil
}

// expression parses a value as what follows an equals sign, nil if it is no such thing.
func expression(value string) (e hclsyntax.Expression, comment bool) {
	var faults source.Diagnostics
	body, tokens := source.Syntax("value", []byte("x = "+value+"\n"), &faults)
	if body == nil || len(body.Attributes) != 1 || len(body.Blocks) > 0 {
		return nil, false
	}
	for _, t := range tokens {
		comment = comment || t.Type == hclsyntax.TokenComment
	}
	return body.Attributes["x"].Expr, comment
}

// plain tells whether an expression is a word or number, or some with signs between,
// such as Europe/London.
func plain(e hclsyntax.Expression) bool {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return true
	case *hclsyntax.UnaryOpExpr:
		return plain(e.Val)
	case *hclsyntax.BinaryOpExpr:
		return plain(e.LHS) && plain(e.RHS)
	}
	return hcl.ExprAsKeyword(e) != ""
}

// list makes one of words with commas between; those in quotes stay as they are.
func list(value string) string {
	words := strings.Split(value, ",")
	for i, w := range words {
		w = strings.TrimSpace(w)
		if _, err := strconv.Unquote(w); err != nil || w[0] != '"' {
			w = Quote(w)
		}
		words[i] = w
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// Quote is a text as HCL writes it.
func Quote(text string) string {
	return string(hclwrite.TokensForValue(cty.StringVal(text)).Bytes())
}
