package source

import (
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// value reads one plain value as text.
func (b *Body) value(key string, e hclsyntax.Expression, bare bool) (Value, bool) {
	at := b.pos(e.StartRange())
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		if text, ok := literal(e); ok {
			return Value{Text: text, At: at}, true
		}
		b.Fault(at, "%s takes a whole number or text in quotes", key)
		return Value{}, false
	case *hclsyntax.UnaryOpExpr: // the scan left nothing but a minus before a number
		if v, ok := b.value(key, e.Val, false); ok {
			return Value{Text: "-" + v.Text, At: at}, true
		}
		return Value{}, false
	case *hclsyntax.TemplateWrapExpr:
		return b.value(key, e.Wrapped, false)
	case *hclsyntax.TemplateExpr:
		return b.template(key, e, at)
	case *hclsyntax.ScopeTraversalExpr:
		if name, ok := envName(e.Traversal); ok && b.text.env != nil {
			return b.environment(name, at)
		}
		if word := hcl.ExprAsKeyword(e); bare && word != "" {
			return Value{Text: word, Bare: true, At: at}, true
		}
	}
	b.Fault(at, "%s takes a plain value; write it in quotes: %s = \"...\"", key, key)
	return Value{}, false
}

func (b *Body) template(key string, e *hclsyntax.TemplateExpr, at Pos) (Value, bool) {
	var out strings.Builder
	for _, part := range e.Parts {
		v, ok := b.value(key, part, false)
		if !ok {
			return Value{}, false
		}
		out.WriteString(v.Text)
	}
	return Value{Text: out.String(), At: at}, true
}

func (b *Body) environment(name string, at Pos) (Value, bool) {
	text, ok := b.text.env(name)
	if !ok {
		b.Fault(at, "the environment variable %s is not set", name)
		return Value{}, false
	}
	return Value{Text: text, At: at}, true
}

func envName(t hcl.Traversal) (string, bool) {
	if len(t) != 2 || t.IsRelative() || t.RootName() != "env" {
		return "", false
	}
	attr, ok := t[1].(hcl.TraverseAttr)
	return attr.Name, ok
}

// literal is the text of a string, number or truth value.
func literal(e *hclsyntax.LiteralValueExpr) (string, bool) {
	v := e.Val
	if v.IsNull() {
		return "", false
	}
	switch v.Type().FriendlyName() {
	case "string":
		return v.AsString(), true
	case "bool":
		return strconv.FormatBool(v.True()), true
	case "number":
		f := v.AsBigFloat()
		if !f.IsInt() || f.MantExp(nil) > 64 { // no value of ours is; 1e-999999999 has a billion digits
			return "", false
		}
		return f.Text('f', 0), true
	}
	return "", false
}
