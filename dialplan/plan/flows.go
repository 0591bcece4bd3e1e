package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/source"
)

// types are the types of parameters, as they are written.
var types = map[string]expr.Type{"text": expr.Text, "number": expr.Number, "time": expr.Span, "truth": expr.Truth}

// head reads the parameters of a flow, before anything that runs it.
func (c *compiler) head(b *source.Body) {
	s := &flowScope{scope: c.scope}
	for _, p := range b.Blocks("parameter", 1, 1) {
		name, typ := p.Labels[0], p.String("type", "text")
		switch _, taken := s.Name(name); {
		case taken:
			p.Fault(p.At, "%s has a name that every call, an attribute or another parameter has already", p.Name())
		case !isName(name):
			p.Fault(p.At, "%s: a name has small letters, digits and _, and begins with a letter", p.Name())
		case types[typ] == 0:
			p.Fault(p.Pos("type"), "%q is no type; write text, number, time or truth", typ)
		case len(s.params) == maxParams:
			p.Fault(p.At, "more than %d parameters", maxParams)
		default:
			s.params = append(s.params, flow.Param{Name: name, Type: types[typ]})
		}
		p.Done()
	}
	c.flows[b.Labels[0]] = s
	f := &flow.Flow{Name: b.Labels[0], Params: s.params}
	c.plan.tree.Flows[f.Name] = f
	c.plan.order = append(c.plan.order, f.Name)
}

// flow reads the steps of a flow. Names of all steps are known before the first is read,
// because steps go on to later ones.
func (c *compiler) flow(b *source.Body) {
	name := b.Labels[0]
	f, scope := c.plan.tree.Flows[name], c.flows[name]
	blocks := b.Sequence()
	b.Done()
	var read []*stepReader
	lines := map[string]int{}
	for _, block := range blocks {
		r := &stepReader{compiler: c, flow: f, b: block, scope: scope, step: &flow.Step{Kind: block.Type, On: map[string]flow.Target{}, Line: block.At.String()}}
		if len(block.Labels) > 0 {
			r.step.Name = block.Labels[0]
		}
		switch first, again := lines[r.step.Name]; {
		case len(block.Labels) == 0:
			block.Fault(block.At, "the step has no name; write: %s \"NAME\" {", block.Type)
		case !isName(r.step.Name):
			block.Fault(block.At, "step %q: a name has small letters, digits and _, and begins with a letter", r.step.Name)
		case again:
			block.Fault(block.At, "step %q is written twice; the first is in line %d", r.step.Name, first)
		case len(f.Steps) == maxSteps:
			block.Fault(block.At, "flow %q has more than %d steps; run another flow", name, maxSteps)
			return
		default:
			lines[r.step.Name] = block.At.Line
			f.Steps = append(f.Steps, r.step)
			read = append(read, r)
		}
	}
	if len(blocks) == 0 {
		b.Fault(b.At, "%s has no step; write one, such as: play \"hello\" { prompt = \"welcome\" }", b.Name())
	}
	for _, r := range read {
		r.read()
	}
	c.plan.means[b.Name()] = meaning(f, scope)
}

// meaning is what a flow is apart from its steps.
func meaning(f *flow.Flow, s *flowScope) string {
	says := make([]string, 0, len(s.params)+1)
	for _, p := range s.params {
		says = append(says, p.Name+" "+p.Type.String())
	}
	steps := make([]string, 0, len(f.Steps))
	for _, step := range f.Steps {
		steps = append(steps, step.Name)
	}
	return strings.Join(append(says, "steps "+strings.Join(steps, ", ")), ", ")
}

// stepReader reads one step.
type stepReader struct {
	*compiler
	flow  *flow.Flow
	step  *flow.Step
	b     *source.Body
	scope expr.Scope
	kind  kind
	says  []string // what is written, in one form for one meaning
	// next are where it may go on, for the checks.
	next []flow.Target
}

// where is the step in a fault.
func (r *stepReader) where() string {
	return fmt.Sprintf("flow %q, step %q", r.flow.Name, r.step.Name)
}

func (r *stepReader) read() {
	kind, ok := kinds[r.b.Type]
	if !ok {
		r.b.Fault(r.b.At, "%q is no kind of step; %s", r.b.Type, source.Suggest(r.b.Type, kindNames()))
		return
	}
	r.kind, r.step.Ends = kind, kind.ends || !kind.next
	r.step.When = r.expr("when", expr.Truth)
	r.step.Do = kind.read(r)
	if kind.next {
		r.step.Next = r.target(r.b, "next")
		r.say("next", r.step.Next.String())
	}
	r.outcomes()
	r.b.Done()
	slices.Sort(r.says)
	r.plan.means[fmt.Sprintf("flow %q step %q", r.flow.Name, r.step.Name)] = strings.Join(append([]string{r.step.Kind}, r.says...), ", ")
	r.plan.steps = append(r.plan.steps, placed{r.flow, r.step, r.kind, r.next, r.b.At})
}

// outcomes reads what follows what is no success. Each outcome of the kind must be there.
func (r *stepReader) outcomes() {
	blocks := r.b.Blocks("on", 1, 1)
	for _, on := range blocks {
		outcome := on.Labels[0]
		_, again := r.step.On[outcome]
		switch {
		case again:
			on.Fault(on.At, "on %q is written twice", outcome)
		case !slices.Contains(r.kind.outcomes, outcome) && len(r.kind.outcomes) == 0:
			on.Fault(on.At, "%s has no other outcome than next", r.step.Kind)
		case !slices.Contains(r.kind.outcomes, outcome):
			on.Fault(on.At, "%s never has the outcome %q; %s", r.step.Kind, outcome, source.Suggest(outcome, r.kind.outcomes))
		case !on.Has("next"):
			on.Fault(on.At, "on %q needs next; write: next = step.NAME, or hangup", outcome)
		}
		t := r.target(on, "next")
		if t.Way == flow.Stay && r.step.Kind != "queue" {
			on.Fault(on.Pos("next"), "stay keeps a place in a queue; a %s has none", r.step.Kind)
		}
		on.Done()
		r.step.On[outcome] = t
		r.say("on "+outcome, t.String())
	}
	for _, outcome := range r.kind.outcomes {
		if _, ok := r.step.On[outcome]; !ok && !slices.Contains(r.kind.optional, outcome) {
			r.b.Fault(r.b.At, "%s does not say what follows %q; write: on %q { next = hangup }, or step.NAME", r.where(), outcome, outcome)
		}
	}
}

// target reads where it goes on; the default if it is not written.
func (r *stepReader) target(b *source.Body, key string) flow.Target {
	t := r.readTarget(b, key)
	r.next = append(r.next, t)
	return t
}

func (r *stepReader) readTarget(b *source.Body, key string) flow.Target {
	n := b.Expr(key)
	var with *source.Node
	if b.Has("with") && r.step.Kind != "run" {
		with = b.Expr("with")
	}
	if n == nil {
		return flow.Target{}
	}
	way, name, _ := strings.Cut(n.Text, ".")
	if n.Op != source.OpName {
		way = ""
	}
	switch way {
	case "step":
		for i, step := range r.flow.Steps {
			if step.Name == name {
				return flow.Target{Way: flow.ToStep, Step: i, Name: name}
			}
		}
		b.Fault(n.At, "flow %q has no step %q; %s", r.flow.Name, name, source.Suggest(name, r.stepNames()))
		return flow.Target{}
	case "flow":
		if !r.flowNamed(b, n, name) {
			return flow.Target{}
		}
		return flow.Target{Way: flow.ToFlow, Name: name, With: r.arguments(b, name, with, n.At)}
	}
	if t, ok := ways[n.Text]; ok && n.Op == source.OpName {
		return flow.Target{Way: t}
	}
	b.Fault(n.At, "%s is where it goes on: step.NAME, flow.NAME, hangup, return or stay", key)
	return flow.Target{}
}

// ways are the targets without a name.
var ways = map[string]flow.Way{"hangup": flow.Hangup, "stay": flow.Stay, "return": flow.Return}

func (r *stepReader) stepNames() []string {
	out := make([]string, len(r.flow.Steps))
	for i, step := range r.flow.Steps {
		out[i] = step.Name
	}
	return out
}

// flowNamed tells whether there is a flow of that name, and faults it if not.
func (c *compiler) flowNamed(b *source.Body, n *source.Node, name string) bool {
	if _, ok := c.flows[name]; ok {
		return true
	}
	b.Fault(n.At, "there is no flow %q; %s", name, source.Suggest(name, c.scope.objects["flow"]))
	return false
}

// arguments reads what a flow is given, in the scope of who gives it.
func (r *stepReader) arguments(b *source.Body, name string, with *source.Node, at source.Pos) []flow.Assign {
	return r.compiler.arguments(b, r.scope, name, with, at)
}

// arguments checks that a flow is given each of its parameters, and nothing else.
func (c *compiler) arguments(b *source.Body, s expr.Scope, name string, with *source.Node, at source.Pos) []flow.Assign {
	params := c.flows[name].params
	given := map[string]*source.Node{}
	if with != nil && with.Op != source.OpObject {
		b.Fault(with.At, "with names the parameters; write: with = { NAME = VALUE }")
		return nil
	}
	if with != nil {
		for i, key := range with.Keys {
			given[key] = with.Args[i]
		}
	}
	var out []flow.Assign
	names := make([]string, 0, len(params))
	for _, p := range params {
		names = append(names, p.Name)
		n, ok := given[p.Name]
		if !ok {
			b.Fault(at, "flow %q needs %s, a %s; write: with = { %s = ... }", name, p.Name, p.Type, p.Name)
			continue
		}
		delete(given, p.Name)
		if e := c.compileExpr(b, n, s, p.Type); e != nil {
			out = append(out, flow.Assign{Name: p.Name, Value: e})
		}
	}
	for key, n := range given {
		b.Fault(n.At, "flow %q has no parameter %q; %s", name, key, source.Suggest(key, names))
	}
	slices.SortFunc(out, func(a, b flow.Assign) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// compileExpr gives a node its meaning, or faults it.
func (c *compiler) compileExpr(b *source.Body, n *source.Node, s expr.Scope, want expr.Type) *expr.Expr {
	e, faults := expr.Compile(n, s, want)
	for _, f := range faults {
		b.Fault(f.Pos, "%s", f.Message)
	}
	if len(faults) > 0 {
		return nil
	}
	for _, trunk := range e.Trunks {
		c.uses("trunk", trunk, b.Name(), n.At)
	}
	return e
}
