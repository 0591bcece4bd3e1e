package plan

import (
	"slices"
	"strings"
	"time"

	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/source"
)

// kindsOfObjects are what a plan declares besides numbers, dials, flows and tests.
var kindsOfObjects = []string{"hours", "attribute", "switch", "group", "queue", "table", "service"}

// Limits of a plan.
const (
	maxObjects = 10_000 // of each kind
	maxFlows   = 10_000
	maxSteps   = 200 // of a flow
	maxParams  = 16  // of a flow
)

// compiler makes a Plan of its text.
type compiler struct {
	plan   *Plan
	blocks map[string][]*source.Body // by kind
	scope  *scope                    // of the plan as a whole
	flows  map[string]*flowScope
	zone   string // of the plan
}

// usualZone is where a plan is that does not say where.
const usualZone = "Europe/London"

// use is something that the plan names and the tenant must have.
type use struct {
	kind, name string // "seat", "trunk" or "prompt"
	where      string // flow "benefits", step "wait"
	at         source.Pos
}

func newCompiler() *compiler {
	p := &Plan{
		tree: &flow.Tree{Flows: map[string]*flow.Flow{}, Defaults: map[string]string{}},
		ways: map[*flow.Step]way{}, values: map[string][]string{}, groups: map[string][]string{},
		queues: map[string][]string{}, means: map[string]string{},
	}
	return &compiler{plan: p, blocks: map[string][]*source.Body{}, flows: map[string]*flowScope{}, scope: newScope()}
}

// compile reads a whole text.
func (c *compiler) compile(file *source.Body) {
	c.zone = file.String("timezone", usualZone)
	zone, err := time.LoadLocation(c.zone)
	if c.plan.zone = zone; err != nil {
		file.Fault(file.Pos("timezone"), "%q is no time zone; write such as %q", c.zone, usualZone)
	}
	if file.Has("timezone") {
		c.plan.means["timezone"] = c.zone
	}
	for _, kind := range kindsOfObjects {
		c.declare(file, kind, maxObjects)
	}
	c.declare(file, "flow", maxFlows)
	c.objects()
	for _, b := range c.blocks["flow"] {
		c.head(b)
	}
	c.plan.numbers = c.entries(file, "number")
	c.plan.dials = c.entries(file, "dial")
	for _, b := range c.blocks["flow"] {
		c.flow(b)
	}
	c.tests(file)
	c.plan.objects, c.plan.hours = c.scope.objects, c.scope.hours
	file.Done()
}

// declare takes the names of a kind, each of which may be written once.
func (c *compiler) declare(file *source.Body, kind string, most int) {
	lines := map[string]int{}
	for _, b := range file.Blocks(kind, 1, 1) {
		name := b.Labels[0]
		switch first, again := lines[name]; {
		case again:
			b.Fault(b.At, "%s is written twice; the first is in line %d", b.Name(), first)
			continue
		case !isName(name):
			b.Fault(b.At, "%s: a name has small letters, digits and _, and begins with a letter", b.Name())
			continue
		case len(lines) == most:
			b.Fault(b.At, "more than %d blocks %s", most, kind)
			return
		}
		lines[name] = b.At.Line
		c.blocks[kind] = append(c.blocks[kind], b)
		c.scope.objects[kind] = append(c.scope.objects[kind], name)
	}
}

const maxName = 40

// isName tells whether s can be referred to without quotes.
func isName(s string) bool {
	if s == "" || len(s) > maxName || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
}

// scope is what names mean in the plan as a whole, outside of any flow.
type scope struct {
	objects    map[string][]string // kind -> names
	attributes map[string]bool
	hours      map[string]expr.Calendar
	tables     map[string]expr.List
}

func newScope() *scope {
	return &scope{
		objects: map[string][]string{}, attributes: map[string]bool{},
		hours: map[string]expr.Calendar{}, tables: map[string]expr.List{},
	}
}

// isFact tells whether every call has a fact of that name.
func (s *scope) isFact(name string) bool { return slices.Contains(flow.Names(), name) }

// Name knows the call's facts and attributes, all of them texts.
func (s *scope) Name(name string) (expr.Type, bool) {
	if s.attributes[name] || s.isFact(name) {
		return expr.Text, true
	}
	return 0, false
}

func (s *scope) Names() []string {
	out := flow.Names()
	for name := range s.attributes {
		out = append(out, name)
	}
	return out
}

func (s *scope) Objects(kind string) []string    { return s.objects[kind] }
func (s *scope) Hours(name string) expr.Calendar { return s.hours[name] }
func (s *scope) Table(name string) expr.List     { return s.tables[name] }
func (s *scope) Queue() string                   { return "" }

// flowScope is what names mean in a flow.
type flowScope struct {
	*scope
	params []flow.Param
}

func (s *flowScope) Name(name string) (expr.Type, bool) {
	for _, p := range s.params {
		if p.Name == name {
			return p.Type, true
		}
	}
	return s.scope.Name(name)
}

func (s *flowScope) Names() []string {
	out := s.scope.Names()
	for _, p := range s.params {
		out = append(out, p.Name)
	}
	return out
}

// queueScope is what names mean in a step of a queue.
type queueScope struct {
	expr.Scope
	queue string
}

func (s queueScope) Queue() string { return s.queue }
