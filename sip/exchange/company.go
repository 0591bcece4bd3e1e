package exchange

import (
	"slices"
	"sync/atomic"

	"strowger/media/recording"
	"strowger/sip/ledger"
	"strowger/sip/leg"
)

// company has the right channel take who is in the call beside its party and the left one's
// and is heard by all: who barges in, and members of a conference. Who whispers is heard by
// one of them, and is in no channel; nor is a member while it is muted.
func (r *running) company() {
	if !r.isTaped() {
		return
	}
	t := r.tape
	heard := r.call.Company()
	for _, one := range slices.Clone(t.company) {
		if !slices.Contains(heard, one.leg) {
			r.parts(one.leg)
		}
	}
	for _, id := range heard {
		if !r.tracks(id) {
			if one, ok := r.tap(recording.Right, r.call.Leg(id), recording.MarkJoins); ok {
				t.company = append(t.company, one)
			}
		}
	}
	for _, one := range t.sides {
		if one.leg != 0 {
			one.quiet.Store(r.call.Muted(one.leg))
		}
	}
}

// tracks tells whether a channel has the sound of a leg.
func (r *running) tracks(id int) bool {
	of := func(t track) bool { return t.leg == id }
	return slices.ContainsFunc(r.tape.sides[:], of) || slices.ContainsFunc(r.tape.company, of)
}

// parts takes a leg out of the company.
func (r *running) parts(id int) {
	for i := range r.tape.company {
		if t := &r.tape.company[i]; t.leg == id {
			r.drops(t)
			r.tape.company = slices.Delete(r.tape.company, i, i+1)
			return
		}
	}
}

// tap has a channel take the sound of a leg's party, beside whom it takes already.
func (r *running) tap(s recording.Side, l *leg.Leg, what string) (track, bool) {
	p, err := r.port(l.ID)
	if err != nil {
		r.complain("tap", l.ID, err)
		return track{}, false
	}
	take, quiet := r.tape.rec.Take(s), new(atomic.Bool)
	untap, err := p.Tap(func(pcm []int16) {
		if !quiet.Load() {
			take(pcm)
		}
	})
	if err != nil {
		r.complain("tap", l.ID, err)
		return track{}, false
	}
	t := track{leg: l.ID, party: l.Party.String(), untap: untap, quiet: quiet}
	if l.Party.Kind == leg.Seat {
		r.tape.rec.Seat(l.Party.Name)
	}
	r.tape.rec.Mark(what, t.party)
	r.tell(what, ledger.Event{Leg: l.ID, Party: t.party})
	return t, true
}

// drops ends what a channel takes of a party.
func (r *running) drops(t *track) {
	t.untap()
	r.tape.rec.Mark(recording.MarkGone, t.party)
	r.tell(recording.MarkGone, ledger.Event{Leg: t.leg, Party: t.party})
}
