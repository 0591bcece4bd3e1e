package admission

import (
	"context"
	"errors"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/identity"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/subscribe"
	"strowger/sip/transport"
)

// Subscribe tells who watches what by a SUBSCRIBE. A seat may watch the seats of its
// tenant, and what is parked there. known is the subscriber, if the request came from
// where the subscription was made.
func (a *Admission) Subscribe(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow, known *subscribe.Name) (subscribe.Grant, int, []sip.Header) {
	s, status, headers := a.subscriber(ctx, now, req, flow, known)
	switch {
	case status != 0:
		return subscribe.Grant{}, status, headers
	case s.Disabled, s.Network != "" && s.Network != flow.Network:
		return subscribe.Grant{}, 403, nil
	}
	number := identity.Number(req.Recipient)
	g := subscribe.Grant{
		Subscriber: subscribe.Name{Tenant: s.Tenant, Number: s.Number},
		Resource:   subscribe.Name{Tenant: s.Tenant, Number: number},
	}
	if _, err := a.cfg.Directory.Seat(ctx, s.Tenant, number); err != nil {
		return g, a.notThere(err), nil
	}
	m, err := a.cfg.Directory.Messages(ctx, s.Tenant, number)
	if err != nil {
		return g, a.notThere(err), nil
	}
	g.Messages = subscribe.Messages(m)
	return g, 0, nil
}

// subscriber is the seat that sent a SUBSCRIBE, or a status to refuse it with.
func (a *Admission) subscriber(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow, known *subscribe.Name) (seat.Seat, int, []sip.Header) {
	if known != nil {
		s, err := a.cfg.Directory.Seat(ctx, known.Tenant, known.Number)
		if err != nil {
			status := a.notThere(err)
			if status == 404 { // it is the subscriber that is gone
				status = 403
			}
			return s, status, nil
		}
		return s, 0, nil
	}
	t := a.tenantOf(req, flow)
	if t == nil {
		return seat.Seat{}, 403, nil
	}
	s, refusal, headers := a.seatOf(ctx, now, req, flow, t)
	if refusal != nil {
		return s, refusal.Status, headers
	}
	return s, 0, nil
}

// notThere is the status for what cannot be read.
func (a *Admission) notThere(err error) int {
	if errors.Is(err, state.ErrNotFound) {
		return 404
	}
	a.counters.StoreAway.Add(1)
	return 503
}
