package admission

import (
	"context"

	"strowger/dialplan"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/seat"
)

// desk turns a step that takes or parks a call into a program.
func desk(r *request, step dialplan.Step, p *b2bua.Program) {
	switch s := step.(type) {
	case dialplan.Pickup:
		p.Pick = &b2bua.Pick{Seat: s.Seat}
		if s.Seat == "" {
			p.Pick.Group = r.seat.Pickup
		}
		if *p.Pick == (b2bua.Pick{}) {
			v := cause.Verdict{Status: 403, Q850: 21, Reason: "Seat " + r.seat.Number + " has no pick-up group", Fault: cause.Caller}
			p.Pick, p.Refuse = nil, &v
			p.Why = append(p.Why, "give it one with: strowger seat set "+r.seat.Number+" --pickup GROUP")
		}
	case dialplan.Park:
		p.App = b2bua.AppPark
		p.Park = &b2bua.Park{First: s.First, Last: s.Last, Place: s.Place, Timeout: s.Timeout}
	case dialplan.Retrieve:
		p.Pick = &b2bua.Pick{Place: s.Place}
	}
}

// PickupGroup is the pick-up group of a seat, "" for none.
func (a *Admission) PickupGroup(ctx context.Context, tenant, number string) string {
	s, err := a.cfg.Directory.Seat(ctx, tenant, number)
	if err != nil {
		return ""
	}
	return s.Pickup
}

// isPlace tells whether a number is one where calls are parked: the plan retrieves
// from there.
func (r *request) isPlace(s seat.Seat, number string) bool {
	table := r.plan()
	if table == nil {
		return false
	}
	_, ok := table.Decide(r.dials(s, number)).Step.(dialplan.Retrieve)
	return ok
}
