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
		return func(time.Time) { r.later(b2bua.Routed{Leg: a.Leg, Program: p}) }
	})
	if !queued {
		r.later(b2bua.Routed{Leg: a.Leg, Program: b2bua.Program{Refuse: &overload}})
	}
}
