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
// tenant, and what is parked there. held is the subscription that it is of, if it is of
// one.
func (a *Admission) Subscribe(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow, held subscribe.Held) (subscribe.Grant, int, []sip.Header) {
	s, status, headers := a.subscriber(ctx, now, req, flow, held)
	switch {
	case status != 0:
		return subscribe.Grant{}, status, headers
	case s.Disabled, s.Network != "" && s.Network != flow.Network:
		return subscribe.Grant{}, 403, nil
	}
	number := held.Watched
	if number == "" { // else the Request-URI is a Contact of ours
		number = identity.Number(req.Recipient)
	}
	g := subscribe.Grant{
		Subscriber: subscribe.Name{Tenant: s.Tenant, Number: s.Number},
		Resource:   subscribe.Name{Tenant: s.Tenant, Number: number},
	}
	r := request{now: now, req: req, tenant: a.tenants[s.Tenant]}
	if r.isPlace(s, number) {
		return g, 0, nil
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
func (a *Admission) subscriber(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow, held subscribe.Held) (seat.Seat, int, []sip.Header) {
	if held.Known {
		s, err := a.cfg.Directory.Seat(ctx, held.Subscriber.Tenant, held.Subscriber.Number)
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
