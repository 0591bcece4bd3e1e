package expr

import (
	"hash/fnv"
	"regexp"
	"strings"

	"strowger/dialplan/source"
)

// maxPattern bounds a regular expression, in bytes.
const maxPattern = 256

// figure is what the world says of an object.
type figure struct {
	kind string
	key  string // behind the object's name
	typ  Type
}

// figures are those that functions ask for, by the function.
var figures = map[string]figure{
	"waiting":       {"queue", "waiting", Number},
	"expected_wait": {"queue", "expected_wait", Span},
	"agents_ready":  {"queue", "agents_ready", Number},
	"reachable":     {"group", "reachable", Number},
	"up":            {"trunk", "up", Truth},
}

func (c *compiler) call(n *source.Node) compiled {
	if f, ok := figures[n.Text]; ok {
		name, ok := c.object(n, 1, f.kind)
		if !ok {
			return compiled{}
		}
		return c.figure(n.Text, f, name)
	}
	switch n.Text {
	case "open":
		return c.open(n)
	case "listed":
		return c.listed(n)
	case "starts":
		return c.starts(n)
	case "matches":
		return c.matches(n)
	case "share":
		return c.share(n)
	}
	names := []string{"open", "listed", "starts", "matches", "share"}
	for name := range figures {
		names = append(names, name)
	}
	return c.fault(n, "there is no function %q; %s", n.Text, source.Suggest(n.Text, names))
}

// figure asks for a figure of an object.
func (c *compiler) figure(word string, f figure, name string) compiled {
	object := f.kind + "." + name
	return compiled{node: input{key: object + "." + f.key, typ: f.typ}, typ: f.typ, text: word + "(" + object + ")"}
}

// object is the name of the object that a call of so many arguments has first.
func (c *compiler) object(n *source.Node, args int, kind string) (string, bool) {
	example := n.Text + "(" + kind + ".NAME)"
	if args == 2 {
		example = n.Text + "(" + kind + ".NAME, caller)"
	}
	if len(n.Args) != args || n.Args[0].Op != source.OpName {
		c.fault(n, "write: %s", example)
		return "", false
	}
	name, ok := strings.CutPrefix(n.Args[0].Text, kind+".")
	if !ok {
		c.fault(n.Args[0], "%s asks about a %s; write: %s", n.Text, kind, example)
		return "", false
	}
	if kind == "trunk" {
		c.trunks = append(c.trunks, name)
		return name, true
	}
	return name, c.has(n.Args[0], kind, name)
}

func (c *compiler) open(n *source.Node) compiled {
	name, ok := c.object(n, 1, "hours")
	if !ok {
		return compiled{}
	}
	calendar := c.scope.Hours(name)
	if calendar == nil { // its block is faulty
		return value(TruthOf(false))
	}
	return compiled{node: hours{"hours." + name, calendar}, typ: Truth, text: "open(hours." + name + ")"}
}

func (c *compiler) listed(n *source.Node) compiled {
	name, ok := c.object(n, 2, "table")
	if !ok {
		return compiled{}
	}
	key, list := c.typed(n.Args[1], Text), c.scope.Table(name)
	if key.node == nil || list == nil {
		return value(TruthOf(false))
	}
	return compiled{node: listed{name, list, key.node}, typ: Truth, text: "listed(table." + name + ", " + key.text + ")"}
}

// two are the arguments of a function of a text and a literal.
func (c *compiler) two(n *source.Node, example string) (text compiled, literal string, ok bool) {
	if len(n.Args) != 2 || n.Args[1].Op != source.OpText {
		c.fault(n, "write: %s", example)
		return compiled{}, "", false
	}
	text = c.typed(n.Args[0], Text)
	return text, n.Args[1].Text, text.node != nil
}

func (c *compiler) starts(n *source.Node) compiled {
	text, prefix, ok := c.two(n, `starts(caller, "+4416")`)
	if !ok {
		return compiled{}
	}
	return fold(compiled{node: starts{text.node, prefix}, typ: Truth, text: "starts(" + text.text + ", " + TextOf(prefix).literal() + ")"})
}

func (c *compiler) matches(n *source.Node) compiled {
	text, pattern, ok := c.two(n, `matches(caller, "^\\+447")`)
	if !ok {
		return compiled{}
	}
	if len(pattern) > maxPattern {
		return c.fault(n, "the pattern has %d bytes; at most %d", len(pattern), maxPattern)
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return c.fault(n.Args[1], "%q is no regular expression: %v", pattern, err)
	}
	return fold(compiled{node: matches{text.node, re}, typ: Truth, text: "matches(" + text.text + ", " + TextOf(pattern).literal() + ")"})
}

func (c *compiler) share(n *source.Node) compiled {
	if len(n.Args) != 1 || n.Args[0].Op != source.OpNumber {
		return c.fault(n, "write: share(20), for 20 of 100 callers")
	}
	percent := Read(Number, n.Args[0].Text)
	if percent.n < 0 || percent.n > 100 {
		return c.fault(n, "share is from 0 to 100, not %d", percent.n)
	}
	return compiled{node: share{percent.n}, typ: Truth, text: "share(" + percent.String() + ")"}
}

// portion is where a caller stands among 100, always the same.
func portion(caller string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(caller))
	return int64(h.Sum32() % 100)
}
