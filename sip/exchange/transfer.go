package exchange

import (
	"context"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/b2bua"
	"strowger/sip/message"
)

// Ask has admission decide about a call that a party of this one wants made.
func (r *running) Ask(a b2bua.Ask) {
	s, now, flow := r.strand, time.Now(), r.call.Leg(a.Leg).Flow
	queued := s.decide(now, sip.NewRequest(sip.INVITE, a.To), func(ctx context.Context) func(time.Time) {
		p := s.x.cfg.Admission.Route(ctx, now, a, flow)
		s.x.reserve(ctx, r.call.ID, p.Caller.Tenant, &p)
		return func(time.Time) {
			r.later(b2bua.Routed{Leg: a.Leg, Program: p, Supervise: a.Supervise})
			s.box.post(func(time.Time) { r.unused(p) })
		}
	})
	if !queued {
		r.later(b2bua.Routed{Leg: a.Leg, Program: b2bua.Program{Refuse: &overload}, Supervise: a.Supervise})
	}
}

// Follow has admission decide about the next act of a flow.
func (r *running) Follow(next b2bua.Follow) {
	s, now, flow := r.strand, time.Now(), r.call.Leg(next.Leg).Flow
	queued := s.decide(now, sip.NewRequest(sip.INVITE, next.To), func(ctx context.Context) func(time.Time) {
		p := s.x.cfg.Admission.Follow(ctx, now, next, flow)
		return func(time.Time) { r.later(b2bua.Followed{Turn: next.Turn, Program: p}) }
	})
	if !queued {
		r.later(b2bua.Followed{Turn: next.Turn, Program: b2bua.Program{Refuse: &overload}})
	}
}

// Transfer connects leg id of a call, for an administrator, to who has a number that
// the other party may dial. It returns ErrNoCall, or a cause.Verdict if the call cannot
// be transferred now.
func (x *Exchange) Transfer(ctx context.Context, call string, id int, number string) error {
	to := sip.Uri{Scheme: "sip", User: message.Escape(number)}
	return x.change(ctx, call, func(c *b2bua.Call) (b2bua.Event, error) {
		return b2bua.Transfer{Leg: id, To: to}, c.CanTransfer(id)
	})
}

// change has an event happen to a call that is not over, if it can. It returns ErrNoCall,
// or why it cannot.
func (x *Exchange) change(ctx context.Context, call string, want func(*b2bua.Call) (b2bua.Event, error)) error {
	return x.within(ctx, call, func(s *strand, r *running) error {
		ev, err := want(r.call)
		if err == nil {
			s.step(time.Now(), r, ev)
		}
		return err
	})
}
