package source

import (
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Expr returns the expression of a key, nil if it is not written or faulty.
func (b *Body) Expr(key string) *Node {
	b.keys = append(b.keys, key)
	a, ok := b.body.Attributes[key]
	if !ok {
		return nil
	}
	return b.node(key, a.Expr)
}

// operators are how HCL's operations are written.
var operators = map[*hclsyntax.Operation]string{
	hclsyntax.OpLogicalAnd: "&&", hclsyntax.OpLogicalOr: "||", hclsyntax.OpLogicalNot: "!",
	hclsyntax.OpEqual: "==", hclsyntax.OpNotEqual: "!=",
	hclsyntax.OpLessThan: "<", hclsyntax.OpLessThanOrEqual: "<=",
	hclsyntax.OpGreaterThan: ">", hclsyntax.OpGreaterThanOrEqual: ">=",
	hclsyntax.OpAdd: "+", hclsyntax.OpSubtract: "-", hclsyntax.OpMultiply: "*",
	hclsyntax.OpDivide: "/", hclsyntax.OpModulo: "%", hclsyntax.OpNegate: "-",
}

// node turns an expression of HCL into one of ours; nil, with a fault, if a plan has no
// such expressions.
func (b *Body) node(key string, e hclsyntax.Expression) *Node {
	n := &Node{At: b.pos(e.StartRange())}
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return b.literalNode(key, e, n)
	case *hclsyntax.TemplateExpr:
		return b.templateNode(key, e, n)
	case *hclsyntax.TemplateWrapExpr:
		n.Op = OpJoin
		return b.with(key, n, e.Wrapped)
	case *hclsyntax.ParenthesesExpr:
		return b.node(key, e.Expression)
	case *hclsyntax.ScopeTraversalExpr:
		n.Op, n.Text = OpName, dotted(e.Traversal)
		if n.Text != "" {
			return n
		}
	case *hclsyntax.UnaryOpExpr:
		n.Op, n.Text = OpUnary, operators[e.Op]
		return b.with(key, n, e.Val)
	case *hclsyntax.BinaryOpExpr:
		n.Op, n.Text = OpBinary, operators[e.Op]
		return b.with(key, n, e.LHS, e.RHS)
	case *hclsyntax.ConditionalExpr:
		n.Op = OpChoice
		return b.with(key, n, e.Condition, e.TrueResult, e.FalseResult)
	case *hclsyntax.FunctionCallExpr:
		n.Op, n.Text = OpCall, e.Name
		if !e.ExpandFinal {
			return b.with(key, n, e.Args...)
		}
	case *hclsyntax.TupleConsExpr:
		n.Op = OpList
		return b.with(key, n, e.Exprs...)
	case *hclsyntax.ObjectConsExpr:
		return b.objectNode(key, e, n)
	}
	b.Fault(n.At, "%s has an expression that a plan does not know; write names, texts, numbers, operators, c ? a : b and functions", key)
	return nil
}

// with gives a node its arguments.
func (b *Body) with(key string, n *Node, args ...hclsyntax.Expression) *Node {
	for _, e := range args {
		arg := b.node(key, e)
		if arg == nil {
			return nil
		}
		n.Args = append(n.Args, arg)
	}
	return n
}

func (b *Body) literalNode(key string, e *hclsyntax.LiteralValueExpr, n *Node) *Node {
	text, ok := literal(e)
	if !ok {
		b.Fault(n.At, "%s takes whole numbers, true, false or text in quotes", key)
		return nil
	}
	n.Text = text
	switch e.Val.Type().FriendlyName() {
	case "string":
		n.Op = OpText
	case "bool":
		n.Op = OpTruth
	default:
		n.Op = OpNumber
		if _, err := strconv.ParseInt(text, 10, 64); err != nil {
			b.Fault(n.At, "%s is too large a number for %s", text, key)
			return nil
		}
	}
	return n
}

func (b *Body) templateNode(key string, e *hclsyntax.TemplateExpr, n *Node) *Node {
	if e.IsStringLiteral() {
		v, _ := e.Value(nil)
		n.Op, n.Text = OpText, v.AsString()
		return n
	}
	if len(e.Parts) == 0 {
		n.Op = OpText
		return n
	}
	n.Op = OpJoin
	return b.with(key, n, e.Parts...)
}

func (b *Body) objectNode(key string, e *hclsyntax.ObjectConsExpr, n *Node) *Node {
	n.Op = OpObject
	for _, item := range e.Items {
		name := hcl.ExprAsKeyword(item.KeyExpr)
		if wrapped, ok := item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr); ok && name == "" {
			if t, ok := wrapped.Wrapped.(*hclsyntax.TemplateExpr); ok && t.IsStringLiteral() {
				v, _ := t.Value(nil)
				name = v.AsString()
			}
		}
		value := b.node(key, item.ValueExpr)
		switch {
		case value == nil:
			return nil
		case name == "":
			b.Fault(b.pos(item.KeyExpr.StartRange()), "%s has names on the left; write: %s = { NAME = VALUE }", key, key)
			return nil
		}
		if slices.Contains(n.Keys, name) {
			b.Fault(value.At, "%s is written twice in %s", name, key)
			return nil
		}
		n.Keys, n.Args = append(n.Keys, name), append(n.Args, value)
	}
	return n
}

// dotted is a name with dots, "" if it has anything else.
func dotted(t hcl.Traversal) string {
	if len(t) > maxDots || t.IsRelative() {
		return ""
	}
	words := []string{t.RootName()}
	for _, step := range t[1:] {
		attr, ok := step.(hcl.TraverseAttr)
		if !ok {
			return ""
		}
		words = append(words, attr.Name)
	}
	return strings.Join(words, ".")
}

// maxDots bounds the words of a name.
const maxDots = 4

// Sequence returns all blocks inside in their order, whatever their types, with at most
// one label; the fault of more is reported.
func (b *Body) Sequence() []*Body {
	var out []*Body
	for _, block := range b.body.Blocks {
		if contains(b.types, block.Type) {
			continue
		}
		at := b.pos(block.DefRange())
		if len(block.Labels) > 1 {
			b.Fault(at, "%s has one name, not %d", block.Type, len(block.Labels))
			continue
		}
		child := newBody(b.text, block.Body, at)
		child.Type, child.Labels = block.Type, block.Labels
		out = append(out, child)
	}
	for _, child := range out {
		b.types = append(b.types, child.Type)
	}
	return out
}
