package admission

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/flow"
	"strowger/dialplan/number"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/transport"
)

// maxActs bounds the acts of a flow that are over as soon as they are come to.
const maxActs = 32

// Follow decides about the next act of a flow that a call follows. The call goes on with
// the version of the plan that it began with.
func (a *Admission) Follow(ctx context.Context, now time.Time, next b2bua.Follow, f transport.Flow) b2bua.Program {
	by := next.Course.By
	req := sip.NewRequest(sip.INVITE, next.To)
	req.AppendHeader(&sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: by.Name, Host: next.To.Host}})
	if left := sip.MaxForwardsHeader(next.Course.Forwards); left > 0 {
		req.AppendHeader(&left)
	}
	r := &request{now: now, req: req, flow: f, tenant: a.tenants[by.Tenant], caller: next.Shown, diversion: begun(req)}
	r.told = next.Course.Diverted
	called := identity.Number(next.To)
	if r.tenant == nil {
		return refusal(called, cause.New(403, "", cause.Caller))
	}
	p := b2bua.Program{Caller: next.By, Shown: r.shown(), To: called, Version: next.Course.Version}
	if by.Kind == leg.Trunk {
		r.trunk = a.cfg.Trunks.Find(r.tenant.Name, by.Name)
	} else {
		s, err := a.cfg.Directory.Seat(ctx, r.tenant.Name, by.Name)
		if err != nil {
			a.counters.StoreAway.Add(1)
			return refusal(called, cause.Verdict{Status: 503, Q850: 41, Reason: "Seats cannot be looked up now", Fault: cause.Us})
		}
		r.seat = s
		if next.By.Kind != by.Kind || next.By.Name != by.Name { // it has transferred the caller here
			r.refers, r.own = &b2bua.Ask{By: by, Shown: next.Shown}, seatCaller(s, identity.Caller{}, number.AsEver)
		}
	}
	r.number = next.Course.State.Call.Caller
	return a.act(ctx, r, p, next.Course, next.Event, next.Outcome)
}

// act has a flow go on, and makes its next act a program.
func (a *Admission) act(ctx context.Context, r *request, p b2bua.Program, course b2bua.Course, ev flow.Event, outcome cause.Verdict) b2bua.Program {
	first := ev.Outcome == flow.Done && !course.State.Waits
	for range maxActs {
		res, err := course.Plan.Flows().Step(&course.State, ev, &world{a: a, ctx: ctx, r: r, course: &course}, true)
		p.Why = append(slices.Clip(p.Why), told(res)...)
		if err != nil {
			v := cause.Verdict{Status: 500, Q850: 41, Reason: "The plan cannot go on: " + err.Error(), Fault: cause.Us}
			p.Refuse = &v
			return p
		}
		if res.Ended {
			p.Refuse, p.Ends = endOf(outcome), true
			return p
		}
		course.Last, course.Trunk = res.Last, false
		if over, what := instant(res.Act, &course); over {
			ev, outcome = flow.Event{Outcome: what}, cause.Verdict{}
			continue
		}
		p.Course = &course
		a.do(ctx, r, &p, res.Act, first)
		return p
	}
	v := cause.Verdict{Status: 500, Q850: 41, Reason: "The plan cannot go on: too many steps", Fault: cause.Us}
	p.Refuse = &v
	return p
}

// endOf is what a caller without an answer is told at the end of a flow.
func endOf(outcome cause.Verdict) *cause.Verdict {
	if outcome.Status < 300 {
		outcome = cause.Verdict{Status: 480, Q850: 31, Reason: "The plan ends the call", Fault: cause.Nobody}
	}
	return &outcome
}

// instant tells whether an act is over at once, and with which outcome.
func instant(act dialplan.Step, course *b2bua.Course) (over bool, outcome string) {
	switch act.(type) {
	case dialplan.Early:
		course.Early = true
		return true, flow.Done
	case dialplan.Lookup, dialplan.Callback, dialplan.Agent, dialplan.Transfer: // of which there is none yet
		return true, "failed"
	}
	return false, ""
}

// do makes an act a program.
func (a *Admission) do(ctx context.Context, r *request, p *b2bua.Program, act dialplan.Step, first bool) {
	course := p.Course
	switch step := act.(type) {
	case dialplan.Answer:
		p.App = b2bua.AppAnswer
	case dialplan.Say:
		p.App, p.Prompts = b2bua.AppSay, r.promptsIn(step.Language, step.Prompts)
	case dialplan.Ask:
		p.App, p.Prompts, p.Ask = b2bua.AppAsk, r.promptsIn(step.Language, step.Prompts), &step
	case dialplan.Ring:
		a.ringInTurn(ctx, r, p, step)
	case dialplan.Trunk:
		course.Trunk = true
		a.goOut(ctx, r, p, step)
	case dialplan.Queue:
		unbuilt(p, "queue "+step.Queue)
	case dialplan.Voicemail, dialplan.Record, dialplan.Milliwatt:
		unbuilt(p, fmt.Sprintf("%T", step)[len("dialplan."):])
	case dialplan.Pickup, dialplan.Park, dialplan.Retrieve, dialplan.Supervise, dialplan.Conference:
		if !first {
			unbuilt(p, "this step behind another one")
			return
		}
		p.Course = nil // it has the call
		a.perform(ctx, r, p, act)
	default:
		p.Course = nil
		a.perform(ctx, r, p, act)
	}
}

// unbuilt releases a call that comes to what calls cannot do yet.
func unbuilt(p *b2bua.Program, what string) {
	v := cause.Verdict{Status: 501, Q850: 79, Reason: "Not on live calls yet: " + what, Fault: cause.Us}
	p.Refuse, p.Course = &v, nil
	p.Why = append(slices.Clip(p.Why), v.Reason)
}

// ringInTurn rings seats together, or one after another.
func (a *Admission) ringInTurn(ctx context.Context, r *request, p *b2bua.Program, step dialplan.Ring) {
	turns := [][]string{step.Seats}
	if step.InOrder {
		turns = slices.Collect(slices.Chunk(step.Seats, 1))
	}
	for _, seats := range turns {
		one := step
		one.Seats = seats
		for _, stage := range a.ringStages(ctx, r, one) {
			stage.Busy = stage.Busy || step.InOrder
			p.Stages = append(p.Stages, stage)
		}
	}
	p.Why = append(p.Why, r.notes...)
}

// goOut rings trunks. A caller from a trunk comes here only where the plan says that it
// may: how many of them at once, whom they call, and whose number is shown.
func (a *Admission) goOut(ctx context.Context, r *request, p *b2bua.Program, step dialplan.Trunk) {
	r.caller.Withheld = r.caller.Withheld || step.Withhold
	act := p.Course.Plan.Outward(step, p.Course.State.Call)
	if _, out := act.(dialplan.Trunk); !out {
		p.Course = nil
	}
	at := p.Course.Where()
	a.perform(ctx, r, p, act)
	if p.Refuse != nil {
		p.Course = nil
	}
	for _, stage := range p.Stages {
		for i := range stage.Targets {
			t := &stage.Targets[i]
			t.Party.Cap = leg.Cap{Way: at, Most: step.Channels}
			for k := range t.Next {
				t.Next[k].Party.Cap = t.Party.Cap
			}
		}
	}
}

// promptsIn are prompts in a language, "" is that of the tenant.
func (r *request) promptsIn(language string, words []string) []string {
	list := r.prompts(words, r.number)
	if language == "" {
		return list
	}
	for i, name := range list {
		if !strings.Contains(name, "/") {
			list[i] = language + "/" + name
		}
	}
	return list
}

// told are the steps that were taken, a line each, for the record.
func told(res flow.Result) []string {
	var out []string
	for _, t := range res.Taken {
		if t.Skipped {
			continue
		}
		line := t.Flow + "." + t.Step
		switch {
		case t.Outcome != "" && t.To != "":
			line += ": " + t.Outcome + " -> " + t.To
		case t.Outcome != "":
			line += ": " + t.Outcome
		default:
			line = t.Kind + " " + line
		}
		if len(t.Notes) > 0 {
			line += " (" + strings.Join(t.Notes, ", ") + ")"
		}
		out = append(out, line)
	}
	return out
}

// Overrides knows what of a tenant's plan is overridden at a time, by the key of an input;
// "" is nothing.
type Overrides interface {
	Value(now time.Time, tenant, key string) string
}

// world is what the plan may ask while a call is decided.
type world struct {
	a      *Admission
	ctx    context.Context //nolint:containedctx // it lives as long as the decision that asks
	r      *request
	course *b2bua.Course
}

func (w *world) At() time.Time { return w.r.now.In(w.course.Plan.Zone()) }

// maxCounted bounds the seats of a group that are looked up for a condition.
const maxCounted = 64

// overridden is what an operator has set a key to, "" for nothing.
func (w *world) overridden(key string) string {
	if w.a.cfg.Overrides == nil {
		return ""
	}
	return w.a.cfg.Overrides.Value(w.r.now, w.r.tenant.Name, key)
}

// Input is what the world says. Queues have nothing to say yet.
func (w *world) Input(key string) (expr.Value, bool) {
	kind, rest, _ := strings.Cut(key, ".")
	name, figure, _ := strings.Cut(rest, ".")
	switch {
	case kind == "switch":
		return expr.TruthOf(w.overridden(key) == "true"), true
	case kind == "hours":
		return expr.TextOf(w.overridden(key)), true
	case kind == "trunk":
		return expr.TruthOf(!w.a.cfg.Desk.Disabled(w.r.tenant.Name, name)), true
	case kind == "group":
		return expr.NumberOf(w.reachable(w.course.Plan.Group(name))), true
	case figure == "expected_wait":
		return expr.SpanOf(0), true
	}
	return expr.NumberOf(0), true
}

// reachable counts the seats that have a phone.
func (w *world) reachable(seats []string) int64 {
	var n int64
	for _, s := range seats[:min(len(seats), maxCounted)] {
		bindings, _, err := w.a.cfg.Directory.Bindings(w.ctx, w.r.tenant.Name, s)
		if err == nil && len(bindings) > 0 {
			n++
		}
	}
	return n
}
