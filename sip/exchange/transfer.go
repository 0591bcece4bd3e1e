package exchange

import (
	"context"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/b2bua"
)

// Ask has admission decide about a call that a party of this one wants made.
func (r *running) Ask(a b2bua.Ask) {
	s, now, flow := r.strand, time.Now(), r.call.Leg(a.Leg).Flow
	queued := s.decide(now, sip.NewRequest(sip.INVITE, a.To), func(ctx context.Context) func(time.Time) {
		p := s.x.cfg.Admission.Route(ctx, now, a, flow)
		return func(time.Time) { r.routed(a.Leg, p) }
	})
	if !queued {
		r.routed(a.Leg, b2bua.Program{Refuse: &overload})
	}
}

// routed tells the call what was decided, when the step under way is over.
func (r *running) routed(id int, p b2bua.Program) {
	s := r.strand
	s.box.post(func(now time.Time) {
		if s.calls[r.call.ID] == r {
			s.step(now, r, b2bua.Routed{Leg: id, Program: p})
		}
	})
}
