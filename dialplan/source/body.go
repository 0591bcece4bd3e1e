package source

import (
	"fmt"
	"strconv"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

type text struct {
	name   string
	env    func(string) (string, bool)
	faults *Diagnostics
}

// Body is a block, or the whole file, while it is read.
type Body struct {
	Type   string   // "" for the file
	Labels []string // as written
	At     Pos

	text  *text
	body  *hclsyntax.Body
	keys  []string // attributes asked for
	types []string // blocks asked for
}

// Value is a piece of text and its place.
type Value struct {
	Text string
	Bare bool // a bare word, not a string
	At   Pos
}

func newBody(t *text, b *hclsyntax.Body, at Pos) *Body { return &Body{text: t, body: b, At: at} }

// Fault reports a fault of this text.
func (b *Body) Fault(at Pos, format string, args ...any) { b.text.faults.Add(at, format, args...) }

// Name is how people call the block: tenant "demo". Of several labels it has the first.
func (b *Body) Name() string {
	if len(b.Labels) == 0 {
		return b.Type
	}
	return b.Type + " " + strconv.Quote(b.Labels[0])
}

// where is the block in a fault.
func (b *Body) where() string {
	if b.Type == "" {
		return "here"
	}
	return "in " + b.Name()
}

// Pos is where a key is written, or the block if it is not.
func (b *Body) Pos(key string) Pos {
	if a, ok := b.body.Attributes[key]; ok {
		return b.pos(a.Expr.StartRange())
	}
	return b.At
}

// Has tells whether the key is written.
func (b *Body) Has(key string) bool {
	_, ok := b.body.Attributes[key]
	return ok
}

// Literal tells whether the key's value stands in the text, nothing of it in the environment.
func (b *Body) Literal(key string) bool {
	a, ok := b.body.Attributes[key]
	if !ok {
		return false
	}
	t, ok := a.Expr.(*hclsyntax.TemplateExpr)
	return ok && t.IsStringLiteral()
}

// Blocks returns the blocks of a type in their order, those with less than
// minimum or more than maximum labels reported and left out.
func (b *Body) Blocks(typ string, minimum, maximum int) []*Body {
	b.types = append(b.types, typ)
	var out []*Body
	for _, block := range b.body.Blocks {
		if block.Type != typ {
			continue
		}
		at := b.pos(block.DefRange())
		if n := len(block.Labels); n < minimum || n > maximum {
			b.Fault(at, "%s", labelFault(typ, minimum))
			continue
		}
		child := newBody(b.text, block.Body, at)
		child.Type, child.Labels = typ, block.Labels
		out = append(out, child)
	}
	return out
}

func labelFault(typ string, minimum int) string {
	if minimum == 0 {
		return fmt.Sprintf("%s has no name; write: %s {", typ, typ)
	}
	return fmt.Sprintf("%s needs a name in quotes; write: %s \"NAME\" {", typ, typ)
}

// Block returns the one block of a type without labels, or nil. A second one is a fault.
func (b *Body) Block(typ string) *Body {
	all := b.Blocks(typ, 0, 0)
	if len(all) == 0 {
		return nil
	}
	for _, again := range all[1:] {
		b.Fault(again.At, "%s is written twice; the first is in line %d", typ, all[0].At.Line)
	}
	return all[0]
}

// String returns the text of a key, or fallback.
func (b *Body) String(key, fallback string) string {
	b.keys = append(b.keys, key)
	a, ok := b.body.Attributes[key]
	if !ok {
		return fallback
	}
	v, ok := b.value(key, a.Expr, false)
	if !ok {
		return fallback
	}
	return v.Text
}

// List returns the texts of a key, nil if it is not written or faulty. With bare
// set it takes bare words too. Numbers it refuses: 0100 would lose its zero.
func (b *Body) List(key string, bare bool) []Value {
	b.keys = append(b.keys, key)
	a, ok := b.body.Attributes[key]
	if !ok {
		return nil
	}
	tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		b.Fault(b.Pos(key), "%s is a list; write: %s = [\"...\"]", key, key)
		return nil
	}
	out := make([]Value, 0, len(tuple.Exprs))
	for _, e := range tuple.Exprs {
		if _, unquoted := e.(*hclsyntax.LiteralValueExpr); unquoted {
			b.Fault(b.pos(e.StartRange()), "%s takes text; write each in quotes: %s = [\"...\"]", key, key)
			return nil
		}
		v, ok := b.value(key, e, bare)
		if !ok {
			return nil
		}
		out = append(out, v)
	}
	return out
}

// Int returns a whole number between low and high, or fallback.
func (b *Body) Int(key string, fallback, low, high int) int {
	text := b.String(key, "")
	if text == "" {
		return fallback
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		b.Fault(b.Pos(key), "%s is a whole number from %d to %d, not %q", key, low, high, text)
		return fallback
	}
	return n
}

// Duration returns a time between low and high, or fallback.
func (b *Body) Duration(key string, fallback, low, high time.Duration) time.Duration {
	text := b.String(key, "")
	if text == "" {
		return fallback
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		b.Fault(b.Pos(key), "%s is a time with its unit, such as \"30s\" or \"2h\", not %q", key, text)
		return fallback
	}
	if d < low || d > high {
		b.Fault(b.Pos(key), "%s is from %v to %v, not %v", key, low, high, d)
		return fallback
	}
	return d
}

// Done reports what is written and was not asked for.
func (b *Body) Done() {
	for name, a := range b.body.Attributes {
		if contains(b.keys, name) {
			continue
		}
		at := b.pos(a.NameRange)
		if contains(b.types, name) {
			b.Fault(at, "%s is a block; write: %s { ... }", name, name)
			continue
		}
		b.Fault(at, "unknown key %q %s; %s", name, b.where(), Suggest(name, append(b.keys, b.types...)))
	}
	for _, block := range b.body.Blocks {
		if contains(b.types, block.Type) {
			continue
		}
		at := b.pos(block.DefRange())
		if contains(b.keys, block.Type) {
			b.Fault(at, "%s is a value; write: %s = ...", block.Type, block.Type)
			continue
		}
		b.Fault(at, "unknown block %q %s; %s", block.Type, b.where(), Suggest(block.Type, append(b.types, b.keys...)))
	}
}

// BlockTypes returns the types of the blocks inside, in their order.
func (b *Body) BlockTypes() []string {
	out := make([]string, len(b.body.Blocks))
	for i, block := range b.body.Blocks {
		out[i] = block.Type
	}
	return out
}

func (b *Body) pos(r hcl.Range) Pos { return Pos{b.text.name, r.Start.Line} }
