package plan

import (
	"slices"
	"strings"

	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/source"
)

// placed is a step with what the checks of the whole need.
type placed struct {
	flow *flow.Flow
	step *flow.Step
	kind kind
	next []flow.Target // where it may go on
	at   source.Pos
}

// way is a step that goes out by trunk.
type way struct {
	trunks    []string
	to        *expr.Expr
	onward    bool
	channels  int
	presented bool
}

// graph is how steps follow each other, by their index in the plan.
type graph struct {
	plan  *Plan
	first map[string]int // the first step of a flow
	on    [][]int        // steps that may follow, waiting or not
}

// checkFlows faults what no single step shows.
func (c *compiler) checkFlows(faults *source.Diagnostics) {
	g := newGraph(c.plan)
	g.unreachable(faults)
	g.circles(faults)
	g.recursion(faults)
	g.strangers(faults)
}

func newGraph(p *Plan) *graph {
	g := &graph{plan: p, first: map[string]int{}, on: make([][]int, len(p.steps))}
	for i, s := range p.steps {
		if _, ok := g.first[s.flow.Name]; !ok {
			g.first[s.flow.Name] = i
		}
	}
	for i := range p.steps {
		g.on[i] = g.follow(i)
	}
	return g
}

// follow are the steps that may come behind one.
func (g *graph) follow(i int) []int {
	s := g.plan.steps[i]
	var out []int
	below := s.step.When != nil
	for _, t := range s.next {
		switch t.Way {
		case flow.ToStep:
			out = append(out, g.first[s.flow.Name]+t.Step)
		case flow.ToFlow:
			out = g.enter(out, t.Name)
		case flow.Default, flow.Hangup, flow.Stay, flow.Return:
		}
	}
	if menu, ok := s.step.Do.(flow.Menu); ok {
		for _, key := range menu.Keys {
			below = below || key.Next.Way == flow.Default
		}
	} else if s.step.Next.Way == flow.Default && !s.step.Ends {
		below = true
	}
	if run, ok := s.step.Do.(flow.Run); ok {
		out = g.enter(out, run.Flow)
	}
	if below && i+1 < len(g.plan.steps) && g.plan.steps[i+1].flow == s.flow {
		out = append(out, i+1)
	}
	return out
}

func (g *graph) enter(out []int, name string) []int {
	if i, ok := g.first[name]; ok {
		out = append(out, i)
	}
	return out
}

// reach is every step that may come after some, with them.
func (g *graph) reach(from ...int) map[int]bool {
	seen := map[int]bool{}
	for len(from) > 0 {
		i := from[len(from)-1]
		from = from[:len(from)-1]
		if !seen[i] {
			seen[i] = true
			from = append(from, g.on[i]...)
		}
	}
	return seen
}

// unreachable faults steps that no way of their flow leads to.
func (g *graph) unreachable(faults *source.Diagnostics) {
	for _, name := range g.plan.order {
		first, ok := g.first[name]
		if !ok {
			continue
		}
		seen := g.reach(first)
		for i := first; i < len(g.plan.steps) && g.plan.steps[i].flow.Name == name; i++ {
			if s := g.plan.steps[i]; !seen[i] {
				faults.Add(s.at, "flow %q, step %q is never reached: no step goes on to it; name it in a next, or take it away", name, s.step.Name)
			}
		}
	}
}

// circles faults steps that may follow each other for ever without the caller's time
// going by.
func (g *graph) circles(faults *source.Diagnostics) {
	const (
		unseen = iota
		open
		shut
	)
	state := make([]int, len(g.plan.steps))
	var path []int
	var visit func(i int) bool
	visit = func(i int) bool {
		if g.plan.steps[i].kind.waits && g.plan.steps[i].step.When == nil {
			return false
		}
		switch state[i] {
		case open:
			g.tellCircle(faults, path[slices.Index(path, i):])
			return true
		case shut:
			return false
		}
		state[i] = open
		path = append(path, i)
		if slices.ContainsFunc(g.on[i], visit) {
			return true
		}
		path = path[:len(path)-1]
		state[i] = shut
		return false
	}
	for i := range g.plan.steps {
		if state[i] == unseen && visit(i) {
			return
		}
	}
}

func (g *graph) tellCircle(faults *source.Diagnostics, path []int) {
	names := make([]string, 0, len(path)+1)
	for _, i := range append(slices.Clone(path), path[0]) {
		s := g.plan.steps[i]
		names = append(names, s.flow.Name+"."+s.step.Name)
	}
	faults.Add(g.plan.steps[path[0]].at, "steps follow each other in a circle without waiting: %s; have one of them play, ring or queue without a condition, or end it", strings.Join(names, " -> "))
}

// recursion faults flows that run each other in a circle: they would never return.
func (g *graph) recursion(faults *source.Diagnostics) {
	runs := map[string][]string{}
	for _, s := range g.plan.steps {
		if run, ok := s.step.Do.(flow.Run); ok {
			runs[s.flow.Name] = append(runs[s.flow.Name], run.Flow)
		}
	}
	for _, s := range g.plan.steps {
		run, ok := s.step.Do.(flow.Run)
		if ok && reaches(runs, run.Flow, s.flow.Name) {
			faults.Add(s.at, "flow %q, step %q runs flow %q, which comes back to it by run and would never return; go there by next instead", s.flow.Name, s.step.Name, run.Flow)
			return
		}
	}
}

// reaches tells whether one name leads to another.
func reaches(edges map[string][]string, from, to string) bool {
	seen := map[string]bool{}
	todo := []string{from}
	for len(todo) > 0 {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if at == to {
			return true
		}
		if !seen[at] {
			seen[at] = true
			todo = append(todo, edges[at]...)
		}
	}
	return false
}

// strangers faults what a call from a trunk could come to and may not: ways out that are
// not said to be, and steps that are for seats.
func (g *graph) strangers(faults *source.Diagnostics) {
	open := g.fromTrunks()
	for i, s := range g.plan.steps {
		number, reached := open[i]
		if !reached {
			continue
		}
		if s.kind.seats {
			faults.Add(s.at, "flow %q, step %q is for seats, and %s lets strangers in; use dial", s.flow.Name, s.step.Name, number)
		}
		w, out := g.plan.ways[s.step]
		if !out {
			continue
		}
		for _, must := range []struct {
			is   bool
			what string
		}{
			{w.onward, "onward = true"},
			{w.channels > 0, "channels = 10"},
			{w.presented, "presentation = \"+44...\""},
			{w.to != nil, "to = \"+44...\""},
		} {
			if !must.is {
				faults.Add(s.at, "flow %q, step %q goes out by trunk, and %s lets strangers through it; write: %s", s.flow.Name, s.step.Name, number, must.what)
			}
		}
	}
}

// fromTrunks are the steps that a call from a trunk may come to, each with a number that
// leads there.
func (g *graph) fromTrunks() map[int]string {
	open := map[int]string{}
	var todo []int
	for _, e := range g.plan.numbers {
		i, ok := g.first[e.flowName()]
		if _, known := open[i]; ok && !known {
			open[i] = e.Name()
			todo = append(todo, i)
		}
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, next := range g.on[i] {
			if _, known := open[next]; !known {
				open[next] = open[i]
				todo = append(todo, next)
			}
		}
	}
	return open
}
