package exchange

import (
	"context"
	"strconv"
	"sync"
	"time"

	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/subscribe"
	"strowger/sip/transaction"
)

// nothing is the verdict when there is no call to have.
var nothing = cause.Verdict{Status: 480, Q850: 31, Reason: "No call rings or is parked there", Fault: cause.Caller}

// pick finds the call that a caller wants to have, and has it take that call over.
func (s *strand) pick(now time.Time, r *running, tx *transaction.Server, p b2bua.Program) {
	queued := s.work(func(ctx context.Context) func(time.Time) {
		d, ok := s.x.find(ctx, p.Caller, *p.Pick)
		return func(now time.Time) {
			p.Pick = nil
			if ok {
				p.Replaces = &d
			} else {
				p.Refuse = &nothing
			}
			s.admitted(now, r, tx, p)
		}
	})
	if !queued {
		p.Pick, p.Refuse = nil, &overload
		s.admitted(now, r, tx, p)
	}
}

// find is the dialog to be taken over by who wants a call of its tenant: of what rings,
// the one that has rung longest.
func (x *Exchange) find(ctx context.Context, by leg.Party, p b2bua.Pick) (message.Replaces, bool) {
	if p.Place != "" {
		return x.lots.at(subscribe.Name{Tenant: by.Tenant, Number: p.Place})
	}
	var best rings
	for _, s := range x.strands {
		all, err := ask(ctx, s, func() []rings { return s.rings(by) })
		if err != nil {
			return message.Replaces{}, false
		}
		for _, one := range all {
			if (best.seat == "" || one.since.Before(best.since)) && x.wanted(ctx, by, p, one.seat) {
				best = one
			}
		}
	}
	return best.dialog, best.seat != ""
}

func (x *Exchange) wanted(ctx context.Context, by leg.Party, p b2bua.Pick, seat string) bool {
	if p.Seat != "" {
		return seat == p.Seat
	}
	return x.cfg.Admission.PickupGroup(ctx, by.Tenant, seat) == p.Group
}

// rings is a phone that rings.
type rings struct {
	seat   string
	since  time.Time
	dialog message.Replaces
}

// rings are the phones of a tenant's seats that ring for calls of this strand, but for
// those of who asks.
func (s *strand) rings(by leg.Party) []rings {
	var all []rings
	for _, r := range s.calls {
		r.call.Ringing(func(l *leg.Leg, since time.Time) bool {
			if l.Party.Tenant == by.Tenant && l.Party.Name != by.Name {
				all = append(all, rings{l.Party.Name, since, dialogOf(l)})
			}
			return true
		})
	}
	return all
}

// dialogOf names the dialog of a leg.
func dialogOf(l *leg.Leg) message.Replaces {
	return message.Replaces{CallID: l.Dialog.CallID, ToTag: l.Dialog.LocalTag, FromTag: l.Dialog.RemoteTag}
}

// maxParked bounds the calls that are parked at once.
const maxParked = 10_000

// lots are where calls are parked. Safe for concurrent use; the zero value is ready.
type lots struct {
	mu    sync.Mutex
	taken map[subscribe.Name]lot
}

// lot is who is in a place.
type lot struct {
	call   string
	dialog message.Replaces
}

func (l *lots) at(n subscribe.Name) (message.Replaces, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	in, ok := l.taken[n]
	return in.dialog, ok
}

// take takes a place, or returns false if another call has it.
func (l *lots) take(n subscribe.Name, in lot) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if had, there := l.taken[n]; there && had.call != in.call || len(l.taken) >= maxParked {
		return false
	}
	if l.taken == nil {
		l.taken = map[subscribe.Name]lot{}
	}
	l.taken[n] = in
	return true
}

func (l *lots) free(n subscribe.Name) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.taken, n)
}

// Park takes a place for the party of a leg (b2bua.Effects).
func (r *running) Park(id int, p b2bua.Park) (place string, ok bool) {
	in := lot{r.call.ID, dialogOf(r.call.Leg(id))}
	for n := p.First; n <= p.Last; n++ {
		place = strconv.Itoa(n)
		if (p.Place == "" || p.Place == place) && r.x.lots.take(subscribe.Name{Tenant: r.call.Tenant, Number: place}, in) {
			return place, true
		}
	}
	return "", false
}

// Unpark gives a place up (b2bua.Effects).
func (r *running) Unpark(place string) {
	r.x.lots.free(subscribe.Name{Tenant: r.call.Tenant, Number: place})
}
