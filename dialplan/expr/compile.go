package expr

import (
	"slices"
	"strings"
	"time"

	"strowger/dialplan/source"
)

// Compile gives a node its meaning. Where it is to have a type, want says which; 0 takes
// any. A fault says what to write instead.
func Compile(n *source.Node, s Scope, want Type) (*Expr, source.Diagnostics) {
	c := &compiler{scope: s}
	e := c.typed(n, want)
	if c.faults != nil {
		return nil, c.faults
	}
	return &Expr{Type: e.typ, Source: e.text, Trunks: c.trunks, node: e.node}, nil
}

// compiled is a part of an expression. Its node is nil if it is faulty.
type compiled struct {
	node node
	typ  Type
	text string
	bare bool // text needs brackets beside an operator
}

type compiler struct {
	scope  Scope
	trunks []string
	faults source.Diagnostics
}

func (c *compiler) fault(n *source.Node, format string, args ...any) compiled {
	c.faults.Add(n.At, format, args...)
	return compiled{}
}

// typed compiles a node that is to have a type; 0 is any.
func (c *compiler) typed(n *source.Node, want Type) compiled {
	if want == Span && n.Op == source.OpText {
		return c.span(n)
	}
	e := c.node(n)
	switch {
	case e.node == nil || want == 0 || e.typ == want:
		return e
	case want == Text && e.typ == Number: // a number is written as its digits
		return fold(compiled{node: join{[]node{e.node}}, typ: Text, text: e.text})
	}
	return c.fault(n, "%s is a %s; a %s is needed here", e.text, e.typ, want)
}

// span is a text that is a time.
func (c *compiler) span(n *source.Node) compiled {
	d, err := time.ParseDuration(n.Text)
	if err != nil || d < 0 {
		return c.fault(n, "%q is no time; write such as \"5m\" or \"30s\"", n.Text)
	}
	return value(SpanOf(d))
}

func value(v Value) compiled { return compiled{node: constant{v}, typ: v.Type, text: v.literal()} }

// node compiles a node as it stands.
func (c *compiler) node(n *source.Node) compiled {
	switch n.Op {
	case source.OpText:
		return value(TextOf(n.Text))
	case source.OpNumber:
		return value(Read(Number, n.Text))
	case source.OpTruth:
		return value(TruthOf(n.Text == "true"))
	case source.OpName:
		return c.name(n)
	case source.OpCall:
		return c.call(n)
	case source.OpUnary:
		return c.unary(n)
	case source.OpBinary:
		return c.binary(n)
	case source.OpChoice:
		return c.choice(n)
	case source.OpJoin:
		return c.join(n)
	case source.OpList, source.OpObject:
	}
	return c.fault(n, "a list has no place in an expression")
}

// name is a name of the scope, a switch, or a figure of the step's queue.
func (c *compiler) name(n *source.Node) compiled {
	if name, ok := strings.CutPrefix(n.Text, "switch."); ok {
		if !c.has(n, "switch", name) {
			return compiled{}
		}
		return compiled{node: input{key: n.Text, typ: Truth}, typ: Truth, text: n.Text}
	}
	if kind, _, ok := strings.Cut(n.Text, "."); ok {
		if how := asked[kind]; how != "" {
			return c.fault(n, "%s is no value; ask about it: %s(%s)", n.Text, how, n.Text)
		}
		return c.fault(n, "%s is nothing that an expression knows; switch.NAME, hours.NAME, queue.NAME, group.NAME, trunk.NAME and table.NAME are", n.Text)
	}
	if figure, ok := figures[n.Text]; ok && figure.kind == "queue" && c.scope.Queue() != "" {
		return c.figure(n.Text, figure, c.scope.Queue())
	}
	if typ, ok := c.scope.Name(n.Text); ok {
		return compiled{node: named{n.Text}, typ: typ, text: n.Text}
	}
	return c.fault(n, "%s is not known here; %s", n.Text, source.Suggest(n.Text, c.scope.Names()))
}

// asked are the functions by which people ask about an object of a kind.
var asked = map[string]string{
	"hours": "open", "queue": "waiting", "group": "reachable", "trunk": "up", "table": "listed",
}

// has tells whether the scope has an object, and faults it if not.
func (c *compiler) has(n *source.Node, kind, name string) bool {
	if slices.Contains(c.scope.Objects(kind), name) {
		return true
	}
	c.fault(n, "there is no %s %q; %s", kind, name, source.Suggest(name, c.scope.Objects(kind)))
	return false
}

// fold makes a constant of what asks for nothing.
func fold(e compiled) compiled {
	for _, part := range e.node.parts() {
		if _, ok := part.(constant); !ok {
			return e
		}
	}
	v, err := e.node.eval(nil)
	if err != nil {
		return e
	}
	return value(v)
}
