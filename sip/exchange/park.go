package exchange

import (
	"context"
	"strconv"
	"sync"
	"time"

	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/message"
	"strowger/sip/subscribe"
	"strowger/sip/transaction"
)

// Places are where calls of all nodes are parked, so that no two nodes give the same
// one to two calls. A place is a number of a tenant.
type Places interface {
	// Take takes a place for a call of this node until a time, at which it is free again
	// unless it was given up before; false if a call of another node has it. That no other
	// call of this node has it is known.
	Take(ctx context.Context, place subscribe.Name, call string, until time.Time) (bool, error)
	// Free gives a place up, if the call still has it.
	Free(ctx context.Context, place subscribe.Name, call string) error
}

// maxParked bounds the calls of this node that are parked at once.
const maxParked = 10_000

// parkSlack is how much longer than a call may be parked its place is kept, should
// nobody give it up: its node has died.
const parkSlack = time.Minute

// placeless is the verdict when it is not known which places are free.
var placeless = cause.Verdict{Status: 503, Q850: 41, Reason: "A place to park cannot be taken now", Fault: cause.Us}

// lots are the places that calls of this node have. Safe for concurrent use; the zero
// value is ready.
type lots struct {
	mu    sync.Mutex
	taken map[subscribe.Name]lot
}

// lot is who is in a place.
type lot struct {
	call   string
	dialog message.Replaces // zero until somebody is
}

// at is who is in a place; zero if nobody is.
func (l *lots) at(n subscribe.Name) message.Replaces {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.taken[n].dialog
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

// free gives a place up, if the call has it.
func (l *lots) free(n subscribe.Name, call string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.taken[n].call == call {
		delete(l.taken, n)
	}
}

// reserve takes a place for a call that a program parks, before the call knows: the
// program then wants that very place, or is refused.
func (x *Exchange) reserve(ctx context.Context, call, tenant string, p *b2bua.Program) {
	if p.App != b2bua.AppPark || p.Refuse != nil {
		return
	}
	want := *p.Park
	p.Park = &want
	for n := want.First; n <= want.Last; n++ {
		place := subscribe.Name{Tenant: tenant, Number: strconv.Itoa(n)}
		if want.Place != "" && want.Place != place.Number || !x.lots.take(place, lot{call: call}) {
			continue
		}
		taken, err := x.takePlace(ctx, place, call, want.Timeout)
		switch {
		case err != nil:
			x.lots.free(place, call)
			x.log.Warn("a place to park cannot be taken", "call", call, "place", place.Number, "error", err)
			p.Refuse = &placeless
			return
		case taken:
			want.Place = place.Number
			return
		}
		x.lots.free(place, call)
	}
	p.Refuse = &b2bua.ErrFull
}

func (x *Exchange) takePlace(ctx context.Context, place subscribe.Name, call string, timeout time.Duration) (bool, error) {
	if x.cfg.Places == nil {
		return true, nil
	}
	return x.cfg.Places.Take(ctx, place, call, time.Now().Add(b2bua.OfferTime+timeout+parkSlack))
}

// reserves has a place taken for a call that is to be parked, and the program go on with
// it; false if there is nothing to wait for.
func (s *strand) reserves(now time.Time, r *running, tx *transaction.Server, p b2bua.Program) bool {
	if p.App != b2bua.AppPark || p.Refuse != nil || r.reserved {
		return false
	}
	r.reserved = true
	job := func(ctx context.Context) func(time.Time) {
		s.x.reserve(ctx, r.call.ID, p.Caller.Tenant, &p)
		return func(now time.Time) {
			s.admitted(now, r, tx, p)
			r.unused(p)
		}
	}
	if s.x.cfg.Places == nil {
		job(s.x.ctx)(now)
	} else if !s.work(job) {
		p.Refuse = &overload
		s.admitted(now, r, tx, p)
	}
	return true
}

// unused gives up the place that was reserved for a program, if the call has not taken
// it.
func (r *running) unused(p b2bua.Program) {
	if p.App == b2bua.AppPark && p.Refuse == nil && r.call.Place() != p.Park.Place {
		r.x.vacate(subscribe.Name{Tenant: p.Caller.Tenant, Number: p.Park.Place}, r.call.ID)
	}
	if p.App == b2bua.AppConference && p.Pick == nil && r.call.Room() != p.Conference.Room {
		r.x.vacate(placeOfRoom(p.Caller.Tenant, p.Conference.Room), r.call.ID)
	}
}

// vacate gives a place up. Should the other nodes not learn of it, they do when its time
// is over.
func (x *Exchange) vacate(place subscribe.Name, call string) {
	x.lots.free(place, call)
	if x.cfg.Places == nil {
		return
	}
	queued := x.strands[0].work(func(ctx context.Context) func(time.Time) {
		if err := x.cfg.Places.Free(ctx, place, call); err != nil {
			x.counters.PlacesKept.Add(1)
		}
		return func(time.Time) {}
	})
	if !queued {
		x.counters.PlacesKept.Add(1)
	}
}

// Park takes a place for the party of a leg, which the call has or which was reserved
// for it (b2bua.Effects).
func (r *running) Park(id int, p b2bua.Park) (place string, ok bool) {
	in := lot{r.call.ID, dialogOf(r.call.Leg(id))}
	return p.Place, p.Place != "" && r.x.lots.take(subscribe.Name{Tenant: r.call.Tenant, Number: p.Place}, in)
}

// Unpark gives a place up (b2bua.Effects).
func (r *running) Unpark(place string) {
	r.x.vacate(subscribe.Name{Tenant: r.call.Tenant, Number: place}, r.call.ID)
}
