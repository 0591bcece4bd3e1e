package admission

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/dialplan/plan"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// Limits of forwarding.
const (
	maxDiversions = 5  // one after another, with those that the caller's side tells of
	maxForwards   = 16 // numbers that are looked up for one call
)

// diversion is how a call came to whom it rings.
type diversion struct {
	path  []string // of this branch: the seats, the first one first
	told  int      // diversions that the INVITE tells of
	total *int     // numbers looked up for the call
	notes []string // for who asks why
}

func begun(req *sip.Request) *diversion {
	return &diversion{told: len(message.List(req, "Diversion")), total: new(int)}
}

// ringStages rings seats; a single one may have its calls go elsewhere.
func (a *Admission) ringStages(ctx context.Context, r *request, step dialplan.Ring) []b2bua.Stage {
	own := a.ringSeats(ctx, r, step)
	if len(step.Seats) != 1 {
		return []b2bua.Stage{own}
	}
	s, err := a.cfg.Directory.Seat(ctx, r.tenant.Name, step.Seats[0])
	if err != nil || s.Features == nil || s.Disabled {
		return []b2bua.Stage{own}
	}
	f := s.Features.Forward
	at, reason := "", identity.Unconditional
	switch {
	case f.Always != "":
		at = f.Always
	case s.Features.DoNotDisturb:
		at, reason = f.Busy, identity.DoNotDisturb
	case len(own.Targets) == 0 && own.Empty.Status == 486: // it has as many calls as it may
		at, reason = f.Busy, identity.UserBusy
	case len(own.Targets) == 0:
		at, reason = f.Unregistered, identity.Unavailable
	}
	if stages := a.forward(ctx, r, s, at, reason); stages != nil {
		return stages
	}
	if len(own.Targets) > 0 {
		a.divert(ctx, r, s, &own)
	}
	return []b2bua.Stage{own}
}

// memberTargets are who is rung for one of the seats of a step. One of several that
// forwards all its calls, as who has left the desk does, is left out, or rung where it
// forwards them to. Who answers outside confirms with a key, because it may be a mailbox,
// which would take the call from the others.
func (a *Admission) memberTargets(ctx context.Context, r *request, n string, step dialplan.Ring) ([]b2bua.Target, cause.Verdict) {
	if len(step.Seats) == 1 || r.urgent {
		return a.seatTargets(ctx, r, n)
	}
	s, err := a.cfg.Directory.Seat(ctx, r.tenant.Name, n)
	if err != nil || s.Disabled || s.Set().Forward.Always == "" {
		return a.seatTargets(ctx, r, n)
	}
	away := cause.Verdict{Status: 480, Q850: 20, Reason: "Seat " + n + " forwards its calls", Fault: cause.Callee}
	if !step.Follow {
		r.notes = append(r.notes, "seat "+n+" forwards its calls, so that the group leaves it out")
		return nil, away
	}
	for _, stage := range a.forward(ctx, r, s, s.Features.Forward.Always, identity.Unconditional) {
		targets := slices.Clone(stage.Targets)
		for i := range targets {
			targets[i].Confirm = targets[i].Confirm || targets[i].Party.Kind == leg.Trunk
		}
		if len(targets) > 0 {
			return targets, away
		}
	}
	return nil, away
}

// appendNew adds targets that are not rung already: several seats may forward their calls
// to one.
func appendNew(list, more []b2bua.Target) []b2bua.Target {
	for _, t := range more {
		to := t.Target.String()
		if !slices.ContainsFunc(list, func(had b2bua.Target) bool { return had.Flow == t.Flow && had.Target.String() == to }) {
			list = append(list, t)
		}
	}
	return list
}

// divert says where a call goes when the phones of a seat do not take it.
func (a *Admission) divert(ctx context.Context, r *request, s seat.Seat, own *b2bua.Stage) {
	f := s.Features.Forward
	d := b2bua.Divert{
		Busy:      a.forward(ctx, r, s, f.Busy, identity.UserBusy),
		NoAnswer:  a.forward(ctx, r, s, f.NoAnswer, identity.NoAnswer),
		Unreached: a.forward(ctx, r, s, f.Unregistered, identity.Unavailable),
	}
	if d.NoAnswer != nil {
		own.Timeout = f.Wait()
	}
	own.Divert = &d
}

// forward is where a number that a seat forwards to leads, decided as if the seat had
// dialled it; nil if it leads nowhere, or back.
func (a *Admission) forward(ctx context.Context, r *request, s seat.Seat, to string, reason identity.Reason) []b2bua.Stage {
	if to == "" {
		return nil
	}
	note := "seat " + s.Number + " forwards to " + to + " (" + string(reason) + ")"
	if why := a.unforwardable(r, s, to); why != "" {
		a.counters.Unforwarded.Add(1)
		r.notes = append(r.notes, note+": "+why)
		return nil
	}
	*r.total++
	d := r.plan().Decide(r.dials(s, to))
	next := *r
	next.diversion = &diversion{path: append(slices.Clip(r.path), s.Number), told: r.told, total: r.total}
	next.caller = r.caller.Divert(cmp.Or(s.Presentation, s.SiteNumber, s.Number), d.Called, reason)
	var stages []b2bua.Stage
	switch step := d.Step.(type) {
	case dialplan.Ring:
		stages = a.ringStages(ctx, &next, step)
	case dialplan.Trunk:
		if barred := a.barred(r, s, step.Number); barred != nil {
			a.counters.Unforwarded.Add(1)
			r.notes = append(r.notes, note+": "+barred.Reason)
			return nil
		}
		stages = a.trunkStages(&next, step, next.onward(s, step.Presentation, d.Called, reason))
	}
	r.notes = append(append(r.notes, note+": "+plan.Describe(d.Step)), next.notes...)
	return stages
}

// onward is who is shown to the trunk that a forward goes out by: the caller, or the
// seat that forwards.
func (r *request) onward(s seat.Seat, presentation, to string, reason identity.Reason) caller {
	known := r.caller
	if r.trunk == nil {
		known.Display = ""
		known.Presentation = cmp.Or(r.seat.Presentation, r.tenant.Presentation, known.Network)
	}
	instead := r.caller.Instead(presentation, networkNumber(s)).
		Divert(cmp.Or(s.Presentation, s.SiteNumber, s.Number), to, reason)
	return caller{known: &known, instead: &instead}
}

// unforwardable tells why a call may not be forwarded to a number, or nothing.
func (a *Admission) unforwardable(r *request, s seat.Seat, to string) string {
	if n, ok := r.tenant.Emergency.Match(to); ok {
		return "it reaches " + n + ", an emergency number"
	}
	switch {
	case r.plan() == nil:
		return "no plan is published"
	case len(r.path)+r.told >= maxDiversions:
		return fmt.Sprintf("it was forwarded %d times already", maxDiversions)
	case *r.total >= maxForwards:
		return fmt.Sprintf("%d numbers were looked up for the call already", maxForwards)
	case slices.Contains(r.path, s.Number):
		return "it goes round in a circle"
	}
	return ""
}

// setForward changes where calls to the caller go, if the number leads somewhere.
func (a *Admission) setForward(ctx context.Context, r *request, step dialplan.Forward, p *b2bua.Program) {
	if step.Number != "" {
		why := a.unforwardable(r, r.seat, step.Number)
		d := r.plan().Decide(r.dials(r.seat, step.Number))
		switch to := d.Step.(type) {
		case dialplan.Ring:
		case dialplan.Trunk:
			if barred := a.barred(r, r.seat, to.Number); barred != nil {
				why = barred.Reason
			}
		case dialplan.Reject:
			why = to.Reason
		default:
			why = "nobody answers there"
		}
		if why != "" {
			p.Why = append(p.Why, "not forwarded to "+step.Number+": "+why)
			v := cause.Verdict{Status: 403, Q850: 21, Reason: "Calls cannot be forwarded to " + step.Number, Fault: cause.Caller}
			p.Refuse = &v
			return
		}
	}
	a.setFeature(ctx, r, p, r.prompts([]string{plan.OwnNumber}, step.Number), func(f *seat.Features) {
		*f.Forward.Number(seat.When(step.When)) = step.Number
	})
}

// setFeature changes what the caller has set, and says so: by a tone and the prompts.
func (a *Admission) setFeature(ctx context.Context, r *request, p *b2bua.Program, said []string, edit func(*seat.Features)) {
	_, err := a.cfg.Directory.EditFeatures(ctx, r.tenant.Name, r.seat.Number, edit)
	switch {
	case errors.Is(err, state.ErrUnavailable), errors.Is(err, state.ErrConflict):
		a.counters.StoreAway.Add(1)
		v := cause.Verdict{Status: 503, Q850: 41, Reason: "Try again", Fault: cause.Us}
		p.Refuse = &v
	case err != nil:
		v := cause.Verdict{Status: 403, Q850: 21, Reason: "It cannot be set", Fault: cause.Caller}
		p.Refuse, p.Why = &v, append(p.Why, err.Error())
	default:
		p.App, p.Prompts = b2bua.AppPlay, append([]string{"done"}, said...)
	}
}
