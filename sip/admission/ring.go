package admission

import (
	"context"
	"errors"

	"strowger/dialplan"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/state"
)

// ringSeats is a stage that rings every phone of the seats together.
func (a *Admission) ringSeats(ctx context.Context, r *request, step dialplan.Ring) b2bua.Stage {
	s := b2bua.Stage{Timeout: step.Timeout}
	for _, n := range step.Seats {
		targets, why := a.memberTargets(ctx, r, n, step)
		s.Targets = appendNew(s.Targets, targets)
		if len(targets) == 0 {
			s.Empty = why
		}
	}
	if len(step.Seats) > 1 && len(s.Targets) == 0 {
		s.Empty = cause.Verdict{Status: 480, Q850: 20, Reason: "No seat has a phone registered", Fault: cause.Callee}
	}
	if r.trunk != nil {
		s.Empty.Reason = ""
	}
	return s
}

// seatTargets are the phones of a seat, or why there is none.
func (a *Admission) seatTargets(ctx context.Context, r *request, n string) ([]b2bua.Target, cause.Verdict) {
	s, err := a.cfg.Directory.Seat(ctx, r.tenant.Name, n)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return nil, cause.Verdict{Status: 404, Q850: 1, Reason: "There is no seat " + n, Fault: cause.Caller}
	case err != nil:
		a.counters.StoreAway.Add(1)
		return nil, cause.Verdict{Status: 503, Q850: 41, Reason: "Seats cannot be looked up now", Fault: cause.Us}
	case s.Disabled:
		return nil, cause.Verdict{Status: 480, Q850: 20, Reason: "Seat " + n + " is disabled", Fault: cause.Callee}
	case s.Set().DoNotDisturb && !r.urgent:
		return nil, cause.Verdict{Status: 486, Q850: 17, Reason: "Seat " + n + " does not want to be disturbed", Fault: cause.Callee}
	case a.full(r, s):
		return nil, cause.Verdict{Status: 486, Q850: 17, Reason: "Seat " + n + " has as many calls as it may", Fault: cause.Callee}
	case s.Reached != "":
		return a.reachedElsewhere(r, s)
	}
	bindings, _, err := a.cfg.Directory.Bindings(ctx, r.tenant.Name, n)
	if err != nil {
		a.counters.StoreAway.Add(1)
		return nil, cause.Verdict{Status: 503, Q850: 41, Reason: "Seats cannot be looked up now", Fault: cause.Us}
	}
	var targets []b2bua.Target
	shown := answers(s)
	for _, b := range bindings {
		if t, ok := a.phone(r, s, shown, b); ok {
			targets = append(targets, t)
		}
	}
	return targets, cause.Verdict{Status: 480, Q850: 20, Reason: "Seat " + n + " has no phone registered", Fault: cause.Callee}
}
