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
		d, ok := s.x.find(ctx, wish{p.Caller.Tenant, p.Caller.Name, *p.Pick})
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

// wish is a call that a seat wants to have.
type wish struct {
	Tenant, By string
	Pick       b2bua.Pick
}

// found is the dialog of one; the zero value is none.
type found struct {
	Dialog message.Replaces
	Rings  time.Duration // for how long already
}

func (f found) there() bool { return f.Dialog.ToTag != "" }

// find is the dialog to be taken over by who wants a call of its tenant, at whichever
// node: of what rings, the one that has rung longest.
func (x *Exchange) find(ctx context.Context, w wish) (message.Replaces, bool) {
	best := x.findHere(ctx, w)
	if x.cfg.Peers != nil && (w.Pick.Place == "" || !best.there()) {
		for _, f := range x.findAtPeers(ctx, w) {
			if f.there() && (!best.there() || f.Rings > best.Rings) {
				best = f
			}
		}
	}
	return best.Dialog, best.there()
}

// findHere is the same of this node's calls.
func (x *Exchange) findHere(ctx context.Context, w wish) found {
	if w.Pick.Place != "" {
		return found{Dialog: x.lots.at(subscribe.Name{Tenant: w.Tenant, Number: w.Pick.Place})}
	}
	now := time.Now()
	var best rings
	for _, s := range x.strands {
		all, err := ask(ctx, s, func() []rings { return s.rings(w) })
		if err != nil {
			return found{}
		}
		for _, one := range all {
			if (best.seat == "" || one.since.Before(best.since)) && x.wanted(ctx, w, one.seat) {
				best = one
			}
		}
	}
	if best.seat == "" {
		return found{}
	}
	return found{best.dialog, now.Sub(best.since)}
}

func (x *Exchange) wanted(ctx context.Context, w wish, seat string) bool {
	if w.Pick.Seat != "" {
		return seat == w.Pick.Seat
	}
	return x.cfg.Admission.PickupGroup(ctx, w.Tenant, seat) == w.Pick.Group
}

// rings is a phone that rings.
type rings struct {
	seat   string
	since  time.Time
	dialog message.Replaces
}

// rings are the phones of a tenant's seats that ring for calls of this strand, but for
// those of who asks. Their dialogs are wanted as long as they ring.
func (s *strand) rings(w wish) []rings {
	var all []rings
	for _, r := range s.calls {
		r.call.Ringing(func(l *leg.Leg, since time.Time) bool {
			if l.Party.Tenant == w.Tenant && l.Party.Name != w.By {
				d := dialogOf(l)
				d.EarlyOnly = true
				all = append(all, rings{l.Party.Name, since, d})
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
