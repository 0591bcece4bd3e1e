package exchange

import (
	"context"
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

// errSilentSeat is the same of a seat that is to be supervised.
var errSilentSeat = cause.Verdict{Status: 480, Q850: 31, Reason: "The seat talks to nobody", Fault: cause.Caller}

// pick finds the call that a caller wants to have, and has it take that call over.
func (s *strand) pick(now time.Time, r *running, tx *transaction.Server, p b2bua.Program) {
	queued := s.work(func(ctx context.Context) func(time.Time) {
		s.x.settlePick(ctx, r.call.ID, &p)
		return func(now time.Time) {
			s.admitted(now, r, tx, p)
			r.unused(p)
		}
	})
	if !queued {
		p.Pick, p.Refuse = nil, &overload
		s.admitted(now, r, tx, p)
	}
}

// Pick does so for the party of a call that was answered (b2bua.Effects).
func (r *running) Pick(p b2bua.Program) {
	queued := r.work(func(ctx context.Context) func(time.Time) {
		r.x.settlePick(ctx, r.call.ID, &p)
		return func(time.Time) {
			r.later(b2bua.Picked{Program: p})
			r.box.post(func(time.Time) { r.unused(p) })
		}
	})
	if !queued {
		p.Pick, p.Refuse = nil, &overload
		r.later(b2bua.Picked{Program: p})
	}
}

// settlePick has a program say what has become of its pick: a dialog to take over, a
// conference to open, or a refusal.
func (x *Exchange) settlePick(ctx context.Context, call string, p *b2bua.Program) {
	w := wish{p.Caller.Tenant, p.Caller.Name, *p.Pick}
	d, ok := x.find(ctx, w)
	opens := false
	if !ok && w.Pick.Room != "" {
		d, ok, opens = x.meet(ctx, w, call)
	}
	p.Pick = nil
	switch {
	case ok:
		p.Replaces = &d
	case opens:
		p.App = b2bua.AppConference
	case w.Pick.Talks != "":
		p.Refuse = &errSilentSeat
	default:
		p.Refuse = &nothing
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
	if rings := w.Pick.Seat != "" || w.Pick.Group != ""; x.cfg.Peers != nil && (rings || !best.there()) {
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
	switch {
	case w.Pick.Place != "":
		return found{Dialog: x.lots.at(subscribe.Name{Tenant: w.Tenant, Number: w.Pick.Place})}
	case w.Pick.Room != "":
		return found{Dialog: x.lots.at(placeOfRoom(w.Tenant, w.Pick.Room))}
	case w.Pick.Talks != "":
		return x.findTalking(ctx, w)
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
