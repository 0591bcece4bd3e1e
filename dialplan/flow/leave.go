package flow

import "strings"

// after takes what became of the act that was waited for.
func (r *runner) after(ev Event) error {
	if len(r.state.Frames) == 0 {
		r.end()
		return nil
	}
	frame, flow, at, err := r.where()
	if err != nil {
		return err
	}
	step := flow.Steps[at]
	f := r.facts(frame, flow)
	r.state.Waits = false
	switch a := step.Do.(type) {
	case Menu:
		return r.pressed(frame, flow, at, a, ev, f)
	case Collect:
		return r.collected(frame, flow, at, a, ev, f)
	case Perform:
		r.keep(a.Results, ev)
	}
	if ev.Outcome == Done {
		t := step.Next
		return r.leave(frame, flow, at, t, Taken{Outcome: "done"}, f)
	}
	return r.outcome(frame, flow, at, ev.Outcome, f)
}

// keep puts what a service said into attributes.
func (r *runner) keep(results map[string]string, ev Event) {
	for name, attribute := range results {
		if value, ok := ev.Values[name]; ok {
			if r.state.Attributes == nil {
				r.state.Attributes = map[string]string{}
			}
			r.state.Attributes[attribute] = value
		}
	}
}

// outcome goes where the step has it go; without a rule the call ends.
func (r *runner) outcome(frame *Frame, flow *Flow, at int, outcome string, f *facts) error {
	target, ok := flow.Steps[at].On[outcome]
	if !ok {
		target = Target{Way: Hangup}
	}
	return r.leave(frame, flow, at, target, Taken{Outcome: outcome}, f)
}

// pressed takes the key of a menu.
func (r *runner) pressed(frame *Frame, flow *Flow, at int, m Menu, ev Event, f *facts) error {
	outcome := WrongKey
	if ev.Digits == "" {
		outcome = NoKey
	}
	for _, key := range m.Keys {
		if key.Digit != ev.Digits {
			continue
		}
		r.state.Tries = 0
		if err := r.assign(key.Set, f); err != nil {
			return err
		}
		return r.leave(frame, flow, at, key.Next, Taken{Outcome: "key " + key.Digit}, f)
	}
	return r.again(frame, flow, at, m.Tries, outcome, f)
}

// collected takes the digits of a collect step.
func (r *runner) collected(frame *Frame, flow *Flow, at int, c Collect, ev Event, f *facts) error {
	switch n := len(ev.Digits); {
	case n == 0:
		return r.again(frame, flow, at, c.Tries, NoKey, f)
	case n < c.Least || strings.Trim(ev.Digits, "0123456789") != "":
		return r.again(frame, flow, at, c.Tries, WrongKey, f)
	}
	r.state.Tries = 0
	if r.state.Attributes == nil {
		r.state.Attributes = map[string]string{}
	}
	r.state.Attributes[c.Into] = ev.Digits
	return r.leave(frame, flow, at, flow.Steps[at].Next, Taken{Outcome: "digits"}, f)
}

// again asks once more, while there are tries left.
func (r *runner) again(frame *Frame, flow *Flow, at, tries int, outcome string, f *facts) error {
	if r.state.Tries < tries {
		r.take(flow, flow.Steps[at], Taken{Outcome: outcome, To: "once more"})
		return r.do(frame, flow, at, f)
	}
	r.state.Tries = 0
	return r.outcome(frame, flow, at, outcome, f)
}

// leave goes from a step to a target.
func (r *runner) leave(frame *Frame, flow *Flow, at int, t Target, taken Taken, f *facts) error {
	step := flow.Steps[at]
	var with map[string]string
	if t.Way == ToFlow {
		var err error
		if with, err = values(t.With, f); err != nil {
			return err
		}
	}
	taken.To = t.String()
	r.take(flow, step, taken)
	switch t.Way {
	case Default:
		if step.Ends {
			r.end()
			return nil
		}
		return r.below(frame, flow, at)
	case ToStep:
		frame.Step = flow.Steps[t.Step].Name
	case ToFlow:
		*frame = Frame{Flow: t.Name, With: with}
	case Hangup:
		r.end()
	case Stay:
		r.state.Waits, r.result.Stay, r.done = true, true, true
	case Return:
		return r.back()
	}
	return nil
}

// String is the target as it is written; "" for the default.
func (t Target) String() string {
	switch t.Way {
	case ToStep:
		return "step." + t.Name
	case ToFlow:
		return "flow." + t.Name
	case Hangup:
		return "hangup"
	case Stay:
		return "stay"
	case Return:
		return "return"
	case Default:
	}
	return ""
}

// below goes to the step below, or returns behind the last.
func (r *runner) below(frame *Frame, flow *Flow, at int) error {
	if at+1 < len(flow.Steps) {
		frame.Step = flow.Steps[at+1].Name
		return nil
	}
	return r.back()
}

// back returns to the flow that ran this one, where the step that did says.
func (r *runner) back() error {
	r.state.Frames = r.state.Frames[:len(r.state.Frames)-1]
	if len(r.state.Frames) == 0 {
		r.end()
		return nil
	}
	frame, flow, at, err := r.where()
	if err != nil {
		return err
	}
	return r.leave(frame, flow, at, flow.Steps[at].Next, Taken{Outcome: "returned"}, r.facts(frame, flow))
}

func (r *runner) end() {
	r.state.Frames, r.state.Waits = nil, false
	r.result.Ended, r.done = true, true
}
