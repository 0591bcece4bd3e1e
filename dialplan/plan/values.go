package plan

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/source"
)

// say remembers what a key says, for the plan's meaning.
func (r *stepReader) say(key, value string) {
	if value != "" {
		r.says = append(r.says, key+" "+value)
	}
}

// expr reads an expression; nil if it is not written or faulty.
func (r *stepReader) expr(key string, want expr.Type) *expr.Expr {
	return r.exprIn(r.b, key, want)
}

func (r *stepReader) exprIn(b *source.Body, key string, want expr.Type) *expr.Expr {
	n := b.Expr(key)
	if n == nil {
		return nil
	}
	e := r.compileExpr(b, n, r.scope, want)
	if e != nil {
		r.say(key, e.Source)
	}
	return e
}

// text reads a text, or says what to write if it must be there.
func (r *stepReader) text(key, example string) *expr.Expr {
	if example != "" && !r.b.Has(key) {
		r.b.Fault(r.b.At, "%s needs %s; write: %s = %s", r.where(), key, key, example)
	}
	return r.expr(key, expr.Text)
}

// plain reads a text without any expression.
func (r *stepReader) plain(key, fallback string) string {
	text := r.b.String(key, fallback)
	if r.b.Has(key) {
		r.say(key, text)
	}
	return text
}

func (r *stepReader) span(key string, fallback, low, high time.Duration) time.Duration {
	d := r.b.Duration(key, fallback, low, high)
	r.say(key, d.String())
	return d
}

func (r *stepReader) int(key string, fallback, low, high int) int {
	n := r.b.Int(key, fallback, low, high)
	r.say(key, strconv.Itoa(n))
	return n
}

// ref reads a reference such as queue.claims, "" if it is faulty.
func (r *stepReader) ref(kind string) string {
	n := r.b.Expr(kind)
	if n == nil {
		if !r.b.Has(kind) {
			r.b.Fault(r.b.At, "%s needs %s; write: %s = %s.NAME", r.where(), kind, kind, kind)
		}
		return ""
	}
	name := r.named(n, kind)
	r.say(kind, name)
	return name
}

// named is what a reference refers to.
func (r *stepReader) named(n *source.Node, kind string) string {
	name, ok := strings.CutPrefix(n.Text, kind+".")
	if n.Op != source.OpName || !ok {
		r.b.Fault(n.At, "%s is written without quotes: %s = %s.NAME", kind, kind, kind)
		return ""
	}
	if !slices.Contains(r.compiler.scope.objects[kind], name) {
		r.b.Fault(n.At, "there is no %s %q; %s", kind, name, source.Suggest(name, r.compiler.scope.objects[kind]))
		return ""
	}
	return name
}

// list reads a list of what elements gives; a single value is a list of one.
func (r *stepReader) list(key string, most int, element func(n *source.Node) []*expr.Expr) []*expr.Expr {
	n := r.b.Expr(key)
	if n == nil {
		return nil
	}
	nodes := []*source.Node{n}
	if n.Op == source.OpList {
		nodes = n.Args
	}
	var out []*expr.Expr
	for _, one := range nodes {
		out = append(out, element(one)...)
	}
	if len(nodes) == 0 || len(out) > most {
		r.b.Fault(n.At, "%s has %d; it takes 1 to %d", key, len(out), most)
	}
	says := make([]string, len(out))
	for i, e := range out {
		says[i] = e.Source
	}
	r.say(key, strings.Join(says, " "))
	return out
}

// seats reads seats, groups of seats and texts that give a seat.
func (r *stepReader) seats(key string) []*expr.Expr {
	return r.list(key, maxSeats, func(n *source.Node) []*expr.Expr {
		switch name, isGroup := strings.CutPrefix(n.Text, "group."); {
		case n.Op == source.OpName && isGroup:
			g, ok := r.plan.groups[name]
			if !ok {
				r.b.Fault(n.At, "there is no group %q; %s", name, source.Suggest(name, r.compiler.scope.objects["group"]))
				return nil
			}
			return constants(g)
		case n.Op == source.OpText && !digits(n.Text):
			r.b.Fault(n.At, "%q is no seat; a seat is 2 to 15 digits", n.Text)
			return nil
		case n.Op == source.OpText:
			r.uses("seat", n.Text, r.where(), n.At)
		}
		return r.element(n)
	})
}

// prompts reads prompts: names in quotes or as prompt.NAME, values such as "time:now",
// and texts that give one of them.
func (r *stepReader) prompts(required bool) []*expr.Expr {
	element := func(n *source.Node) []*expr.Expr {
		if name, ok := strings.CutPrefix(n.Text, "prompt."); ok && n.Op == source.OpName {
			r.uses("prompt", name, r.where(), n.At)
			return constants([]string{name})
		}
		if n.Op == source.OpText {
			r.uses("prompt", n.Text, r.where(), n.At)
		}
		return r.element(n)
	}
	out := append(r.list("prompt", 1, element), r.list("prompts", maxPrompts, element)...)
	if required && !r.b.Has("prompt") && !r.b.Has("prompts") {
		r.b.Fault(r.b.At, "%s needs a prompt; write: prompt = prompt.NAME, or prompts = [\"time-is\", \"time:now\"]", r.where())
	}
	return out
}

// language is the language in which a step speaks: its own, or that of the attribute of
// this name.
func (r *stepReader) language() *expr.Expr {
	if e := r.expr("language", expr.Text); e != nil {
		return e
	}
	if r.compiler.scope.attributes["language"] {
		e, _ := expr.Compile(&source.Node{Op: source.OpName, Text: "language", At: r.b.At}, r.scope, expr.Text)
		return e
	}
	return nil
}

// trunks reads trunks: trunk.NAME, or names in quotes.
func (r *stepReader) trunks(key string) []string {
	var out []string
	r.list(key, maxTrunks, func(n *source.Node) []*expr.Expr {
		name, ok := strings.CutPrefix(n.Text, "trunk.")
		if n.Op == source.OpText {
			name, ok = n.Text, true
		}
		if !ok || n.Op != source.OpText && n.Op != source.OpName {
			r.b.Fault(n.At, "%s takes trunks: %s = [trunk.NAME]", key, key)
			return nil
		}
		r.uses("trunk", name, r.where(), n.At)
		out = append(out, name)
		return constants([]string{name})
	})
	if !r.b.Has(key) {
		r.b.Fault(r.b.At, "%s needs %s; write: %s = [trunk.NAME]", r.where(), key, key)
	}
	return out
}

func (r *stepReader) element(n *source.Node) []*expr.Expr {
	if e := r.compileExpr(r.b, n, r.scope, expr.Text); e != nil {
		return []*expr.Expr{e}
	}
	return nil
}

func constants(texts []string) []*expr.Expr {
	out := make([]*expr.Expr, len(texts))
	for i, text := range texts {
		out[i] = expr.Of(expr.TextOf(text))
	}
	return out
}

// object reads values by name.
func (r *stepReader) object(b *source.Body, key string, want func(name string, at source.Pos) (expr.Type, bool)) []flow.Assign {
	n := b.Expr(key)
	if n == nil {
		return nil
	}
	if n.Op != source.OpObject {
		b.Fault(n.At, "%s is written %s = { NAME = VALUE }", key, key)
		return nil
	}
	var out []flow.Assign
	for i, name := range n.Keys {
		typ, ok := want(name, n.Args[i].At)
		if !ok {
			continue
		}
		if e := r.compileExpr(b, n.Args[i], r.scope, typ); e != nil {
			out = append(out, flow.Assign{Name: name, Value: e})
			r.say(key+" "+name, e.Source)
		}
	}
	return out
}

// assigns reads attributes and their new values. A literal must be one of the values
// that the attribute has.
func (r *stepReader) assigns(b *source.Body, key string) []flow.Assign {
	names := r.compiler.scope.objects["attribute"]
	out := r.object(b, key, func(name string, at source.Pos) (expr.Type, bool) {
		if !r.compiler.scope.attributes[name] {
			b.Fault(at, "there is no attribute %q; %s", name, source.Suggest(name, names))
			return 0, false
		}
		return expr.Text, true
	})
	for _, a := range out {
		v, ok := a.Value.Constant()
		if values := r.plan.values[a.Name]; ok && len(values) > 0 && !slices.Contains(values, v.String()) {
			b.Fault(b.Pos(key), "attribute %q is never %q; %s", a.Name, v, source.Suggest(v.String(), values))
		}
	}
	return out
}
