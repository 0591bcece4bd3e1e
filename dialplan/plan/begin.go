package plan

import (
	"slices"
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/number"
)

// Flows are the flows of the plan; a Decision's dialplan.Flow names one of them.
func (t *Table) Flows() *flow.Tree { return t.flows }

// Cases are the tests of the plan, in the order of the text.
func (t *Table) Cases() []Case { return slices.Clone(t.cases) }

// Switches are those of the plan, in the order of the text.
func (t *Table) Switches() []Switch { return slices.Clone(t.switches) }

// Objects are the names of what the plan declares of a kind: "switch", "queue", "hours",
// "group", "table", "attribute", "service", "flow".
func (t *Table) Objects(kind string) []string { return slices.Clone(t.objects[kind]) }

// Hours are those of a name of Objects("hours").
func (t *Table) Hours(name string) expr.Calendar { return t.hours[name] }

// Zone is where the times of the plan are.
func (t *Table) Zone() *time.Location { return t.zone }

// Group are the seats of a group. They are the plan's: not to be changed.
func (t *Table) Group(name string) []string { return t.groups[name] }

// Canonical is a number in E.164, or as it is written if it is none.
func (t *Table) Canonical(written string) string {
	if e164, ok := number.E164(t.numbering, written); ok {
		return e164
	}
	return written
}

// Begin is the place of a call before the first step of the flow that a decision leads to;
// false if it leads to none.
func (t *Table) Begin(q dialplan.Question, d dialplan.Decision) (flow.State, bool) {
	f, ok := d.Step.(dialplan.Flow)
	if !ok {
		return flow.State{}, false
	}
	return flow.Begin(call(q, d.Called, f.Rest), f.Name, f.With), true
}

// call are the facts of a question.
func call(q dialplan.Question, called, rest string) flow.Call {
	return flow.Call{
		Tenant: q.Tenant, Caller: q.Caller, Called: called, Trunk: q.Trunk, Seat: q.Seat,
		Rest: rest, Presentation: q.Presentation,
	}
}

// Outward completes a trunk step of a flow: the number in the form in which it goes out,
// and whose number is shown. It is a Reject if it cannot go out.
func (t *Table) Outward(step dialplan.Trunk, c flow.Call) dialplan.Step {
	to := step.Number
	if to == "" {
		to = c.Rest
	}
	out, ok := number.E164(t.numbering, to)
	if !ok {
		if out, ok = number.Short(t.numbering, to); !ok {
			return dialplan.Reject{Status: 484, Reason: "Number is incomplete or not written as a national or international one"}
		}
	}
	step.Number = out
	if step.Presentation == "" {
		step.Presentation = c.Presentation
	}
	if step.Presentation == "" {
		return dialplan.Reject{Status: 403, Reason: "Seat has no presentation number"}
	}
	return step
}

// completeEntry puts what was called into an entry's own expressions.
func (e *Entry) completeEntry(q dialplan.Question, called string) dialplan.Step {
	rest := e.rest(called)
	f := entryFacts{call: call(q, called, rest), at: q.At}
	switch step := e.Step.(type) {
	case dialplan.Flow:
		step.Rest = rest
		if len(e.with) > 0 {
			step.With = make(map[string]string, len(e.with))
		}
		for _, a := range e.with {
			v, err := a.Value.Eval(f)
			if err != nil {
				return dialplan.Reject{Status: 500, Reason: err.Error()}
			}
			step.With[a.Name] = v.String()
		}
		return step
	case dialplan.Ring:
		if e.seat == nil {
			break
		}
		v, err := e.seat.Eval(f)
		if err != nil {
			return dialplan.Reject{Status: 500, Reason: err.Error()}
		}
		step.Seats = []string{v.String()}
		return step
	}
	return e.Step
}

// rest are the digits that the wildcards of the entry's pattern stand for, without the "#"
// that ends them.
func (e *Entry) rest(called string) string {
	var out strings.Builder
	for i := range min(len(e.Pattern), len(called)) {
		switch c := e.Pattern[i]; {
		case c == '.':
			out.WriteString(strings.TrimSuffix(called[i:], "#"))
			return out.String()
		case strings.IndexByte(wildcards, c) >= 0:
			out.WriteByte(called[i])
		}
	}
	return out.String()
}

// entryFacts are what the expressions of an entry may ask.
type entryFacts struct {
	call flow.Call
	at   time.Time
}

func (f entryFacts) At() time.Time                   { return f.at }
func (f entryFacts) Name(name string) expr.Value     { return expr.TextOf(f.call.Name(name)) }
func (f entryFacts) Input(string) (expr.Value, bool) { return expr.Value{}, false }
func (f entryFacts) Note(string)                     {}
func (f entryFacts) Noting() bool                    { return false }
