// Package trial runs a plan without a call: what would happen, step by step, and whether
// that is what a test of the plan expects. It uses the interpreter that live calls use,
// with a world and a caller that are made up. It is pure.
//
// # An ordinary day
//
// What is not given is as on an ordinary day: no switch is thrown, no hours are forced,
// nobody waits, an agent is ready, every seat of a group can be rung, every trunk is up.
// Every act succeeds: prompts are played to their end, who is rung answers and talks;
// only a caller who is asked presses nothing unless the keys say what.
package trial

import (
	"errors"
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/plan"
)

// Script is a call that is made up.
type Script struct {
	Question dialplan.Question
	Given    map[string]string // inputs by their keys, as they are written in a plan
	// Keys are what the caller presses, an element for each time that digits are asked.
	Keys []string
	// Outcomes are what becomes of acts, by the step's name: words separated by commas, one
	// for each time; then it succeeds.
	Outcomes map[string]string
	// Strict has an input that is not given stop the call, as undecided.
	Strict bool
	// Why has Notes say what each step was decided by. It costs.
	Why bool
}

// Path is what happened.
type Path struct {
	Decision dialplan.Decision
	Steps    []Step
	// Last is how it ended: "hangup", or "" after a conversation or another last step.
	Last string
	// Undecided is the input that was not given, of a strict script.
	Undecided string
	// Fault is why the plan could not go on: a fault of the plan.
	Fault string
}

// Step is a step of a flow that was looked at.
type Step struct {
	Flow, Name, Kind string
	Line             string // file:line
	Depth            int    // of flows that run each other
	Skipped          bool
	Act              string // what was done, in words
	Outcome          string
	To               string // where it went on, if not to the step below
	Notes            []string
}

// maxActs bounds a call that is made up.
const maxActs = 1000

// Run makes the call.
func Run(t *plan.Table, s Script) Path {
	p := Path{Decision: t.Decide(s.Question)}
	state, ok := t.Begin(s.Question, p.Decision)
	if !ok {
		return p
	}
	c := &caller{table: t, script: &s, path: &p, taken: map[string]int{}}
	var ev flow.Event
	for range maxActs {
		r, err := t.Flows().Step(&state, ev, c, s.Why)
		c.remember(r, len(state.Frames))
		if err != nil {
			p.fail(err)
			return p
		}
		if r.Ended {
			p.Last = c.ending()
			return p
		}
		ev = c.perform(r, &state)
	}
	p.Fault = "the call takes more than 1,000 steps"
	return p
}

// fail ends the path at what could not be answered.
func (p *Path) fail(err error) {
	if missing, ok := errors.AsType[expr.MissingError](err); ok {
		p.Undecided = missing.Key
		return
	}
	p.Fault = err.Error()
}

// caller is who calls, and the world.
type caller struct {
	table  *plan.Table
	script *Script
	path   *Path
	keys   int            // used
	taken  map[string]int // outcomes used, by step
	act    dialplan.Step  // the one that is done, or was
}

func (c *caller) At() time.Time { return c.script.Question.At }

// Input is what is given, or what an ordinary day has.
func (c *caller) Input(key string) (expr.Value, bool) {
	kind, rest, _ := strings.Cut(key, ".")
	name, figure, _ := strings.Cut(rest, ".")
	typ, usual := c.ordinary(kind, name, figure)
	if text, ok := c.script.Given[key]; ok {
		return expr.Read(typ, text), true
	}
	return usual, !c.script.Strict
}

func (c *caller) ordinary(kind, name, figure string) (expr.Type, expr.Value) {
	switch {
	case kind == "switch":
		return expr.Truth, expr.TruthOf(false)
	case kind == "hours":
		return expr.Text, expr.TextOf("")
	case kind == "trunk":
		return expr.Truth, expr.TruthOf(true)
	case kind == "group":
		return expr.Number, expr.NumberOf(int64(len(c.table.Group(name))))
	case figure == "expected_wait":
		return expr.Span, expr.SpanOf(0)
	case figure == "agents_ready":
		return expr.Number, expr.NumberOf(1)
	}
	return expr.Number, expr.NumberOf(0)
}

// remember adds what was taken to the path. What became of an act belongs to its step.
func (c *caller) remember(r flow.Result, depth int) {
	for i, t := range r.Taken {
		if last := len(c.path.Steps) - 1; t.Outcome != "" && t.Outcome != "returned" && last >= 0 && i == 0 {
			step := &c.path.Steps[last]
			step.Outcome, step.To = t.Outcome, t.To
			step.Notes = append(step.Notes, t.Notes...)
			continue
		}
		if t.Outcome == "returned" {
			continue
		}
		c.path.Steps = append(c.path.Steps, Step{
			Flow: t.Flow, Name: t.Step, Kind: t.Kind, Line: t.Line, Depth: depth,
			Skipped: t.Skipped, To: t.To, Notes: t.Notes,
		})
	}
}

// perform does an act, and tells what became of it.
func (c *caller) perform(r flow.Result, s *flow.State) flow.Event {
	act := r.Act
	step := &c.path.Steps[len(c.path.Steps)-1]
	if out, ok := act.(dialplan.Trunk); ok {
		act = c.table.Outward(out, s.Call)
	}
	if act != nil {
		c.act = act
		step.Act = plan.Describe(act)
	}
	if outcome := c.outcome(step); outcome != "" {
		return flow.Event{Outcome: outcome}
	}
	if _, asks := c.act.(dialplan.Ask); asks && c.keys < len(c.script.Keys) {
		c.keys++
		return flow.Event{Digits: c.script.Keys[c.keys-1]}
	}
	return flow.Event{}
}

// outcome is the next one that the script has for a step.
func (c *caller) outcome(step *Step) string {
	words := strings.Split(c.script.Outcomes[step.Name], ",")
	n := c.taken[step.Name]
	if n >= len(words) {
		return ""
	}
	c.taken[step.Name]++
	return strings.TrimSpace(words[n])
}

// ending is "hangup" unless the last act was one that ends by itself.
func (c *caller) ending() string {
	switch c.act.(type) {
	case nil, dialplan.Say, dialplan.Ask, dialplan.Answer, dialplan.Record:
		return "hangup"
	}
	last := len(c.path.Steps) - 1
	if last >= 0 && c.path.Steps[last].Outcome == "done" && c.path.Steps[last].To == "" {
		return ""
	}
	return "hangup"
}
