package admission

import (
	"context"
	"fmt"

	"strowger/dialplan"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
)

// mix turns a step of more than two parties into a program.
func (a *Admission) mix(r *request, step dialplan.Step, p *b2bua.Program) {
	switch s := step.(type) {
	case dialplan.Conference:
		p.Pick, p.Part = &b2bua.Pick{Room: s.Room}, b2bua.Part{Room: s.Room}
		p.Conference = &b2bua.Conference{Room: s.Room, Limit: s.Limit, PIN: s.PIN, Music: s.Music}
	case dialplan.Supervise:
		mode, err := b2bua.ParseMode(s.Mode)
		if err != nil || !r.tenant.Service.MaySupervise(r.seat.Class) {
			a.counters.SuperviseRefused.Add(1)
			a.limit(r, r.seat, "supervise "+s.Seat)
			p.Refuse = &cause.Verdict{
				Status: 403, Q850: 21, Fault: cause.Caller,
				Reason: fmt.Sprintf("Seat %s may not supervise: its class is none of the supervisors", r.seat.Number),
			}
			return
		}
		p.Pick, p.Part = &b2bua.Pick{Talks: s.Seat}, b2bua.Part{Supervise: mode}
	}
}

// summon is the program that rings the phones of a seat, and nobody else's, so that it
// supervises a call as an operator wants.
func (a *Admission) summon(ctx context.Context, r *request) b2bua.Program {
	seat := r.refers.By.Name
	r.caller = r.refers.Shown
	targets, why := a.seatTargets(ctx, r, seat)
	return b2bua.Program{
		Caller: r.refers.By, Shown: r.shown(), To: seat, Entry: "supervise",
		Stages: []b2bua.Stage{{Targets: targets, Empty: why}},
	}
}
