package expr

import (
	"strings"

	"strowger/dialplan/source"
)

// around is a part beside an operator.
func around(e compiled) string {
	if e.bare {
		return "(" + e.text + ")"
	}
	return e.text
}

func (c *compiler) unary(n *source.Node) compiled {
	want := Truth
	if n.Text == "-" {
		want = Number
	}
	e := c.typed(n.Args[0], want)
	if e.node == nil {
		return e
	}
	return fold(compiled{node: unary{n.Text, e.node}, typ: want, text: n.Text + around(e)})
}

func (c *compiler) binary(n *source.Node) compiled {
	left, right, ok := c.sides(n)
	if !ok {
		return compiled{}
	}
	typ := Truth
	var takes bool
	switch n.Text {
	case "&&", "||":
		takes = left.typ == Truth && right.typ == Truth
	case "==", "!=":
		takes = left.typ == right.typ
	case "<", "<=", ">", ">=":
		takes = left.typ == right.typ && (left.typ == Number || left.typ == Span)
	case "*":
		typ = left.typ
		takes = right.typ == Number && (left.typ == Number || left.typ == Span)
	case "/", "%":
		typ = left.typ
		takes = right.typ == Number && (left.typ == Number || left.typ == Span && n.Text == "/")
	default: // + -
		typ = left.typ
		takes = left.typ == right.typ && (left.typ == Number || left.typ == Span)
	}
	if !takes {
		return c.fault(n, "%s %s %s does not go: the left is a %s, the right a %s", left.text, n.Text, right.text, left.typ, right.typ)
	}
	text := around(left) + " " + n.Text + " " + around(right)
	return fold(compiled{node: binary{n.Text, left.node, right.node}, typ: typ, text: text, bare: true})
}

// sides compiles both sides of an operator. A text literal beside a time is one.
func (c *compiler) sides(n *source.Node) (left, right compiled, ok bool) {
	l, r := n.Args[0], n.Args[1]
	switch {
	case l.Op == source.OpText && r.Op != source.OpText:
		right = c.node(r)
		left = c.typed(l, spanBeside(right))
	default:
		left = c.node(l)
		right = c.typed(r, spanBeside(left, r))
	}
	return left, right, left.node != nil && right.node != nil
}

// spanBeside is Span if a literal beside the part is to be a time, else any type.
func spanBeside(e compiled, literal ...*source.Node) Type {
	if e.typ == Span && (len(literal) == 0 || literal[0].Op == source.OpText) {
		return Span
	}
	return 0
}

func (c *compiler) choice(n *source.Node) compiled {
	when, one, other := c.typed(n.Args[0], Truth), c.node(n.Args[1]), c.node(n.Args[2])
	if when.node == nil || one.node == nil || other.node == nil {
		return compiled{}
	}
	if one.typ != other.typ {
		return c.fault(n, "both sides of : are of one type; %s is a %s, %s a %s", one.text, one.typ, other.text, other.typ)
	}
	text := around(when) + " ? " + around(one) + " : " + around(other)
	return fold(compiled{node: choice{when.node, one.node, other.node}, typ: one.typ, text: text, bare: true})
}

// join is a text with others in it.
func (c *compiler) join(n *source.Node) compiled {
	var j join
	text := make([]string, 0, len(n.Args))
	for _, arg := range n.Args {
		e := c.node(arg)
		if e.node == nil {
			return e
		}
		if e.typ == Truth {
			return c.fault(arg, "%s is a truth; a text has texts, numbers and times in it", e.text)
		}
		j.args = append(j.args, e.node)
		if v, ok := e.node.(constant); ok {
			text = append(text, within(v.v.String()))
		} else {
			text = append(text, "${"+e.text+"}")
		}
	}
	return fold(compiled{node: j, typ: Text, text: `"` + strings.Join(text, "") + `"`})
}
