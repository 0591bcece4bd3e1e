package plan

import (
	"slices"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/source"
)

// Limits of a queue step.
const (
	longestWait = 24 * time.Hour
	maxLevel    = 100 // of a skill
	maxPriority = 100
)

func readQueue(r *stepReader) flow.Action {
	name := r.ref("queue")
	r.scope = queueScope{r.scope, name}
	needs := r.needs(name)
	out := dialplan.Queue{
		Queue: name, MaxWait: r.span("max_wait", 0, time.Second, longestWait),
		Priority: r.int("priority", 0, 0, maxPriority),
	}
	when, key := r.offer()
	return flow.Perform{Make: func(f expr.Facts) (dialplan.Step, error) {
		q := out
		var err error
		if q.Needs, err = levels(needs, f); err != nil || key == "" {
			return q, err
		}
		offered := expr.TruthOf(true)
		if when != nil {
			offered, err = when.Eval(f)
		}
		if offered.Truth() {
			q.Offer = &dialplan.Offer{Key: key}
		}
		return q, err
	}}
}

// offer reads the callback block of a queue step.
func (r *stepReader) offer() (when *expr.Expr, key string) {
	b := r.b.Block("callback")
	if b == nil {
		return nil, ""
	}
	when = r.exprIn(b, "when", expr.Truth)
	key = b.String("key", "1")
	if len(key) != 1 || !slices.Contains([]byte(keysOfAPhone), key[0]) {
		b.Fault(b.Pos("key"), "%q is no key of a phone; write one of %s", key, keysOfAPhone)
	}
	b.Done()
	r.say("callback", "key "+key)
	return when, key
}

// needs reads the skills of a step, which its queue must have.
func (r *stepReader) needs(queue string) []flow.Assign {
	skills := r.plan.queues[queue]
	out := r.object(r.b, "needs", func(skill string, at source.Pos) (expr.Type, bool) {
		if !slices.Contains(skills, skill) {
			r.b.Fault(at, "no agent of queue %q has the skill %q: the queue does not name it; %s", queue, skill, source.Suggest(skill, skills))
			return 0, false
		}
		return expr.Number, true
	})
	for _, a := range out {
		if v, ok := a.Value.Constant(); ok && (v.Number() < 0 || v.Number() > maxLevel) {
			r.b.Fault(r.b.Pos("needs"), "a level is from 0 to %d, not %d", maxLevel, v.Number())
		}
	}
	return out
}

// levels are the skills that are needed, without those of level 0.
func levels(needs []flow.Assign, f expr.Facts) (map[string]int, error) {
	var out map[string]int
	for _, a := range needs {
		v, err := a.Value.Eval(f)
		if err != nil {
			return nil, err
		}
		if n := int(min(v.Number(), maxLevel)); n > 0 {
			if out == nil {
				out = make(map[string]int, len(needs))
			}
			out[a.Name] = n
		}
	}
	return out, nil
}

func readCallback(r *stepReader) flow.Action {
	name := r.ref("queue")
	needs, number := r.needs(name), r.text("number", "")
	return flow.Perform{Make: func(f expr.Facts) (dialplan.Step, error) {
		levels, err := levels(needs, f)
		if err != nil {
			return nil, err
		}
		to := f.Name("caller").String()
		if number != nil {
			to, err = evalText(number, f)
		}
		return dialplan.Callback{Queue: name, Number: to, Needs: levels}, err
	}}
}

func readForwardStep(r *stepReader) flow.Action {
	calls, to := r.plain("calls", ""), r.text("to", "")
	if !slices.Contains(cases, calls) {
		r.b.Fault(r.b.Pos("calls"), "%q is no case of a forward; %s", calls, source.Suggest(calls, cases))
	}
	return making(func(text func(e *expr.Expr) string) dialplan.Step {
		return dialplan.Forward{When: calls, Number: text(to)}
	})
}

func readQuietStep(r *stepReader) flow.Action {
	step := readQuiet(r.b)
	r.say("dnd", Describe(step))
	return perform(step)
}

func readPickupStep(r *stepReader) flow.Action {
	seat := r.text("seat", "")
	return making(func(text func(e *expr.Expr) string) dialplan.Step { return dialplan.Pickup{Seat: text(seat)} })
}

func readParkStep(r *stepReader) flow.Action {
	park, place := readPark(r.b).(dialplan.Park), r.text("place", "")
	r.say("park", Describe(park))
	return making(func(text func(e *expr.Expr) string) dialplan.Step {
		return parkAt(park, text(place))
	})
}

func readRetrieveStep(r *stepReader) flow.Action {
	place := r.text("place", "called")
	return making(func(text func(e *expr.Expr) string) dialplan.Step { return dialplan.Retrieve{Place: text(place)} })
}

func readSuperviseStep(r *stepReader) flow.Action {
	mode, seat := readSupervise(r.b).(dialplan.Supervise).Mode, r.text("seat", "rest")
	r.say("mode", mode)
	return making(func(text func(e *expr.Expr) string) dialplan.Step {
		return dialplan.Supervise{Mode: mode, Seat: text(seat)}
	})
}

func readConferenceStep(r *stepReader) flow.Action {
	c := readConference(r.b).(dialplan.Conference)
	r.say("conference", Describe(c))
	return flow.Perform{Make: func(f expr.Facts) (dialplan.Step, error) {
		out := c
		if out.Room == "" {
			out.Room = f.Name("called").String()
		}
		return out, nil
	}}
}
