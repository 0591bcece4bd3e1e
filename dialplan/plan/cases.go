package plan

import (
	"slices"
	"time"

	"strowger/dialplan/expr"
	"strowger/dialplan/source"
)

// Case is a test of the plan, written in it: what is given, a call, and the steps that it
// must take.
type Case struct {
	Name     string
	Pos      source.Pos
	To, From string
	Seat     string // that calls; "" is a caller from a trunk
	Trunk    string
	At       string            // "2026-11-23 10:00", in the tenant's zone
	Keys     []string          // what the caller presses, an element for each time it is asked
	Given    map[string]string // inputs by their keys: switch.NAME, queue.NAME.waiting
	Outcomes map[string]string // what becomes of a step, by its name: busy, timeout
	Expect   []string          // the steps, "KIND NAME", in order; others may lie between
}

// Limits of tests.
const (
	maxCases  = 10_000
	maxExpect = 100
	maxGiven  = 100
)

// tests reads the tests of the plan.
func (c *compiler) tests(file *source.Body) {
	lines := map[string]int{}
	for _, b := range file.Blocks("test", 1, 1) {
		name := b.Labels[0]
		if first, again := lines[name]; again {
			b.Fault(b.At, "%s is written twice; the first is in line %d", b.Name(), first)
			continue
		}
		if len(lines) == maxCases {
			b.Fault(b.At, "more than %d tests", maxCases)
			return
		}
		lines[name] = b.At.Line
		c.plan.cases = append(c.plan.cases, c.test(b))
	}
}

func (c *compiler) test(b *source.Body) Case {
	t := Case{Name: b.Labels[0], Pos: b.At, Given: map[string]string{}, Outcomes: map[string]string{}}
	call := textsOf(b, "call")
	for key, into := range map[string]*string{"to": &t.To, "from": &t.From, "from_seat": &t.Seat, "trunk": &t.Trunk, "at": &t.At} {
		*into = call[key]
		delete(call, key)
	}
	for key := range call {
		b.Fault(b.Pos("call"), "call has no %q; %s", key, source.Suggest(key, []string{"to", "from", "from_seat", "trunk", "at"}))
	}
	if t.To == "" || t.At == "" {
		b.Fault(b.At, "%s needs its call; write: call = { to = \"08081570001\", from = \"01632960123\", at = \"2026-11-23 10:00\" }", b.Name())
	} else if _, err := time.Parse(TimeLayout, t.At); err != nil {
		b.Fault(b.Pos("call"), "%q is no time; write such as %q", t.At, TimeLayout)
	}
	t.Keys, t.Expect = texts(b, "keys"), texts(b, "expect")
	if len(t.Expect) == 0 || len(t.Expect) > maxExpect {
		b.Fault(b.At, "%s expects 1 to %d steps; write: expect = [\"play closed\", \"hangup\"]", b.Name(), maxExpect)
	}
	if given := b.Block("given"); given != nil {
		c.given(given, &t)
		given.Done()
	}
	t.Outcomes = textsOf(b, "outcomes")
	b.Done()
	return t
}

// TimeLayout is how a plan writes the time of a call.
const TimeLayout = "2006-01-02 15:04"

func texts(b *source.Body, key string) []string {
	list := b.List(key, false)
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, v.Text)
	}
	return out
}

// textsOf are the texts of an object.
func textsOf(b *source.Body, key string) map[string]string {
	out := map[string]string{}
	n := b.Expr(key)
	if n == nil {
		return out
	}
	if n.Op != source.OpObject {
		b.Fault(n.At, "%s is written %s = { NAME = \"...\" }", key, key)
		return out
	}
	for i, name := range n.Keys {
		switch v := n.Args[i]; v.Op {
		case source.OpText, source.OpNumber, source.OpTruth:
			out[name] = v.Text
		default:
			b.Fault(v.At, "%s of %s is a plain text", name, key)
		}
	}
	return out
}

// figures are the inputs that a test may give, by kind of object, with the keys that they
// are written with.
var figures = map[string]map[string]expr.Type{
	"switch": {"on": expr.Truth},
	"hours":  {"forced": expr.Text},
	"queue":  {"waiting": expr.Number, "expected_wait": expr.Span, "agents_ready": expr.Number},
	"group":  {"reachable": expr.Number},
	"trunk":  {"up": expr.Truth},
}

// InputKey is the key of an input that is written KIND, name and figure; false if there is
// none such.
func InputKey(kind, name, figure string) (key string, t expr.Type, ok bool) {
	t, ok = figures[kind][figure]
	key = kind + "." + name
	if kind != "switch" && kind != "hours" {
		key += "." + figure
	}
	return key, t, ok
}

// given reads the blocks of what is given.
func (c *compiler) given(b *source.Body, t *Case) {
	for kind := range figures {
		for _, one := range b.Blocks(kind, 1, 1) {
			if kind != "trunk" {
				c.knows(one, kind, one.Labels[0])
			}
			c.figures(one, t)
			one.Done()
		}
	}
}

// figures reads what is given of one object.
func (c *compiler) figures(b *source.Body, t *Case) {
	for figure, typ := range figures[b.Type] {
		text := b.String(figure, "")
		if !b.Has(figure) {
			continue
		}
		if len(t.Given) == maxGiven {
			b.Fault(b.At, "more than %d figures are given", maxGiven)
			return
		}
		if !expr.Reads(typ, text) {
			b.Fault(b.Pos(figure), "%s of %s is a %s, not %q", figure, b.Name(), typ, text)
		}
		key, _, _ := InputKey(b.Type, b.Labels[0], figure)
		t.Given[key] = text
	}
}

func (c *compiler) knows(b *source.Body, kind, name string) {
	names := c.scope.objects[kind]
	if slices.Contains(names, name) {
		return
	}
	b.Fault(b.At, "there is no %s %q; %s", kind, name, source.Suggest(name, names))
}
