package plan

import (
	"fmt"
	"slices"
	"strings"

	"strowger/dialplan"
)

// Way is a way out by trunk.
type Way struct {
	Where  string   // dial "9.", or flow "claims" step "partner"
	From   []string // the entries that lead there, as they are called; at most MaxFrom
	Trunks []string
	Open   bool // a call from a trunk may come there
	// Channels is the most calls at a time; 0 is any number.
	Channels int
	Line     string // file:line
}

// MaxFrom bounds the entries that a Way names.
const MaxFrom = 20

// WaysOut are the ways out of a plan, in the order of the text: entries, then flows.
func (p *Plan) WaysOut() []Way {
	var out []Way
	for _, e := range slices.Concat(p.numbers, p.dials) {
		if t, ok := e.Step.(dialplan.Trunk); ok {
			out = append(out, Way{Where: e.Name(), From: []string{e.Name()}, Trunks: t.Trunks, Line: e.Pos.String()})
		}
	}
	if len(p.ways) == 0 {
		return out
	}
	g := newGraph(p)
	from := g.entries()
	for i, s := range p.steps {
		w, ok := p.ways[s.step]
		if !ok {
			continue
		}
		way := Way{
			Where: fmt.Sprintf("flow %q step %q", s.flow.Name, s.step.Name), From: from[i],
			Trunks: w.trunks, Channels: w.channels, Line: s.at.String(),
		}
		way.Open = slices.ContainsFunc(way.From, func(name string) bool { return strings.HasPrefix(name, "number ") })
		out = append(out, way)
	}
	return out
}

// entries are those that lead to each step, up to MaxFrom of a step; numbers come first.
func (g *graph) entries() map[int][]string {
	from := map[int][]string{}
	seen := map[string]map[int]bool{} // what a flow reaches
	for _, e := range slices.Concat(g.plan.numbers, g.plan.dials) {
		name := e.flowName()
		first, ok := g.first[name]
		if !ok {
			continue
		}
		if seen[name] == nil {
			seen[name] = g.reach(first)
		}
		for i := range seen[name] {
			if _, out := g.plan.ways[g.plan.steps[i].step]; out && len(from[i]) < MaxFrom {
				from[i] = append(from[i], e.Name())
			}
		}
	}
	return from
}
