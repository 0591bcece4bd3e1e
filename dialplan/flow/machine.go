package flow

import (
	"errors"
	"fmt"
	"maps"

	"strowger/dialplan"
	"strowger/dialplan/expr"
)

// Event is what became of an act.
type Event struct {
	Outcome string            // Done, or a word that the step's kind has
	Digits  string            // of an Ask
	Values  map[string]string // of a Lookup
}

// Taken is one step that was looked at, for who asks why.
type Taken struct {
	Flow, Step, Kind string
	Line             string
	Skipped          bool     // its condition was false
	Outcome          string   // of its act, on the entry of the step that it belongs to
	Notes            []string // why
	To               string   // where it went on, if not to the step below
}

// Result is what a Step came to.
type Result struct {
	// Act is to be done next; nil if the flow has ended or, with Stay, nothing is new.
	Act   dialplan.Step
	Stay  bool
	Ended bool
	// Last tells that the call ends when the act succeeds.
	Last  bool
	Taken []Taken
}

// ErrLoop is the error of a flow that does not come to an act.
var ErrLoop = errors.New("the flow goes round without waiting")

// Step goes on from a place: with the zero Event before the first step, else with what
// became of the act. Why tells whether Taken is wanted in full; it costs. The error is
// ErrLoop, expr.MissingError, or tells that the tree has no such step; the state is then as
// it was left.
func (t *Tree) Step(s *State, ev Event, w World, why bool) (Result, error) {
	r := runner{tree: t, state: s, world: w, why: why}
	if s.Waits {
		if err := r.after(ev); err != nil || r.done {
			return r.result, err
		}
	}
	for range MaxSteps {
		if err := r.next(); err != nil || r.done {
			return r.result, err
		}
	}
	return r.result, ErrLoop
}

// runner takes steps until an act is to be done.
type runner struct {
	tree   *Tree
	state  *State
	world  World
	why    bool
	done   bool
	result Result
	notes  []string
}

// where is the innermost frame with its flow; the index of its step is len(Steps)
// behind the last.
func (r *runner) where() (*Frame, *Flow, int, error) {
	frame := &r.state.Frames[len(r.state.Frames)-1]
	flow := r.tree.Flows[frame.Flow]
	if flow == nil {
		return nil, nil, 0, fmt.Errorf("the plan has no flow %q", frame.Flow)
	}
	if frame.Step == "" {
		return frame, flow, 0, nil
	}
	for i, step := range flow.Steps {
		if step.Name == frame.Step {
			return frame, flow, i, nil
		}
	}
	return nil, nil, 0, fmt.Errorf("flow %s has no step %q", flow.Name, frame.Step)
}

func (r *runner) facts(frame *Frame, flow *Flow) *facts {
	f := &facts{world: r.world, tree: r.tree, state: r.state, frame: frame, flow: flow}
	if r.why {
		r.notes = nil
		f.notes = &r.notes
	}
	return f
}

// next takes the step at the place.
func (r *runner) next() error {
	if len(r.state.Frames) == 0 {
		r.end()
		return nil
	}
	frame, flow, at, err := r.where()
	if err != nil {
		return err
	}
	if len(flow.Steps) == 0 {
		return r.back()
	}
	step := flow.Steps[at]
	f := r.facts(frame, flow)
	if step.When != nil {
		v, err := step.When.Eval(f)
		if err != nil {
			return err
		}
		if !v.Truth() {
			r.take(flow, step, Taken{Skipped: true})
			return r.below(frame, flow, at)
		}
	}
	frame.Step = step.Name
	return r.do(frame, flow, at, f)
}

// do does a step whose condition holds.
func (r *runner) do(frame *Frame, flow *Flow, at int, f *facts) error {
	step := flow.Steps[at]
	switch a := step.Do.(type) {
	case Perform:
		act, err := a.Make(f)
		if err != nil {
			return err
		}
		r.act(flow, step, act)
	case Menu:
		return r.ask(flow, step, a.Ask, f)
	case Collect:
		return r.ask(flow, step, a.Ask, f)
	case Set:
		if err := r.assign(a.Assigns, f); err != nil {
			return err
		}
		return r.leave(frame, flow, at, step.Next, Taken{}, f)
	case Go:
		return r.leave(frame, flow, at, step.Next, Taken{}, f)
	case Run:
		return r.run(flow, step, a, f)
	}
	return nil
}

func (r *runner) ask(flow *Flow, step *Step, make func(expr.Facts) (dialplan.Ask, error), f *facts) error {
	ask, err := make(f)
	if err != nil {
		return err
	}
	r.state.Tries++
	r.act(flow, step, ask)
	return nil
}

func (r *runner) act(flow *Flow, step *Step, act dialplan.Step) {
	r.take(flow, step, Taken{})
	r.result.Act, r.state.Waits, r.done = act, true, true
	r.result.Last = step.Next.Way == Hangup || step.Ends && step.Next.Way == Default
}

// run begins a flow, to return to the step below.
func (r *runner) run(flow *Flow, step *Step, a Run, f *facts) error {
	if len(r.state.Frames) >= MaxFrames {
		return fmt.Errorf("flows run each other more than %d deep", MaxFrames)
	}
	with, err := values(a.With, f)
	if err != nil {
		return err
	}
	r.take(flow, step, Taken{To: "flow " + a.Flow})
	r.state.Frames = append(r.state.Frames, Frame{Flow: a.Flow, With: with})
	return nil
}

// values are those of parameters.
func values(assigns []Assign, f *facts) (map[string]string, error) {
	if len(assigns) == 0 {
		return nil, nil
	}
	out := make(map[string]string, len(assigns))
	for _, a := range assigns {
		v, err := a.Value.Eval(f)
		if err != nil {
			return nil, err
		}
		out[a.Name] = v.String()
	}
	return out, nil
}

// assign sets attributes.
func (r *runner) assign(assigns []Assign, f *facts) error {
	set, err := values(assigns, f)
	if err != nil {
		return err
	}
	if r.state.Attributes == nil && len(set) > 0 {
		r.state.Attributes = make(map[string]string, len(set))
	}
	maps.Copy(r.state.Attributes, set)
	return nil
}

// take notes a step.
func (r *runner) take(flow *Flow, step *Step, t Taken) {
	if !r.why && t.Skipped {
		return
	}
	t.Flow, t.Step, t.Kind, t.Line = flow.Name, step.Name, step.Kind, step.Line
	t.Notes = r.notes
	r.notes = nil
	r.result.Taken = append(r.result.Taken, t)
}
