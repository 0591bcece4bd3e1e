package exchange

import (
	"context"
	"errors"
	"slices"
	"time"

	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/subscribe"
)

// Supervise has a seat listen, whisper or barge in on leg id of a call, 0 for the seat
// that talks there: its phones are rung, or its mode changes if it supervises already.
// by is who wants it. It returns ErrNoCall, or a cause.Verdict if it cannot be now.
func (x *Exchange) Supervise(ctx context.Context, call string, id int, seat string, m b2bua.Mode, by string) error {
	return x.change(ctx, call, func(c *b2bua.Call) (b2bua.Event, error) {
		err := c.CanSupervise(id, seat)
		x.full(err)
		return b2bua.Supervise{Leg: id, Seat: seat, Mode: m, By: by}, err
	})
}

// errUnmerged tells why two calls cannot be joined.
var errUnmerged = cause.New(409, "The calls are not two of one seat on this node that talk", cause.Caller)

// Merge joins two calls of one seat: who talks to it in other joins call, in which all
// hear all. It returns ErrNoCall, or a cause.Verdict if that cannot be now.
func (x *Exchange) Merge(ctx context.Context, call, other string) error {
	from, err := x.Call(ctx, other)
	if err != nil {
		return err
	}
	dialogs, err := x.dialogsOf(ctx, other)
	if err != nil {
		return err
	}
	return x.change(ctx, call, func(c *b2bua.Call) (b2bua.Event, error) {
		for id := 1; id <= c.Legs(); id++ {
			l := c.Leg(id)
			if l == nil || l.Party.Kind != leg.Seat || !l.Talking() || c.Tenant != from.Tenant || c.ID == other {
				continue
			}
			if d, ok := dialogs[l.Party.Name]; ok {
				return b2bua.Merge{Leg: id, Dialog: d}, c.CanMerge(id)
			}
		}
		return nil, errUnmerged
	})
}

// dialogsOf are those of a call's seats that talk, by seat.
func (x *Exchange) dialogsOf(ctx context.Context, call string) (map[string]message.Replaces, error) {
	dialogs := map[string]message.Replaces{}
	for _, s := range x.strands {
		_, err := ask(ctx, s, func() bool {
			if r := s.calls[call]; r != nil {
				r.call.Talks(func(l *leg.Leg) { dialogs[l.Party.Name] = dialogOf(l) })
			}
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	return dialogs, nil
}

// Mute has leg id of a conference not be heard, or be heard again.
func (x *Exchange) Mute(ctx context.Context, call string, id int, on bool) error {
	return x.change(ctx, call, func(c *b2bua.Call) (b2bua.Event, error) {
		return b2bua.Mute{Leg: id, On: on}, c.CanMute(id)
	})
}

// Kick has leg id of a conference leave.
func (x *Exchange) Kick(ctx context.Context, call string, id int) error {
	return x.change(ctx, call, func(c *b2bua.Call) (b2bua.Event, error) {
		return b2bua.Kick{Leg: id}, c.CanMute(id)
	})
}

// findTalking is the dialog of a seat that talks: of several, that of the newest call in
// which it is not held.
func (x *Exchange) findTalking(ctx context.Context, w wish) found {
	type talk struct {
		dialog message.Replaces
		held   bool
		since  time.Time
	}
	var all []talk
	for _, s := range x.strands {
		part, err := ask(ctx, s, func() []talk {
			var list []talk
			for _, r := range s.calls {
				r.call.Talks(func(l *leg.Leg) {
					if l.Party.Tenant == w.Tenant && l.Party.Name == w.Pick.Talks {
						list = append(list, talk{dialogOf(l), r.call.Held(l.ID), r.call.Answer})
					}
				})
			}
			return list
		})
		if err != nil {
			return found{}
		}
		all = append(all, part...)
	}
	if len(all) == 0 {
		return found{}
	}
	best := slices.MinFunc(all, func(a, b talk) int {
		if a.held != b.held {
			return map[bool]int{true: 1, false: -1}[a.held]
		}
		return b.since.Compare(a.since)
	})
	return found{Dialog: best.dialog}
}

// How the callers of a conference wait that another one opens just now.
const (
	meetEvery = 20 * time.Millisecond
	meetTimes = 50
)

// openTime is how long a conference's place is kept at the other nodes: until they can
// be told who has it.
const openTime = time.Minute

// meet takes the place of a conference for who opens it, or finds who has opened it
// meanwhile.
func (x *Exchange) meet(ctx context.Context, w wish, call string) (d message.Replaces, there, opens bool) {
	place := placeOfRoom(w.Tenant, w.Pick.Room)
	tick := time.NewTicker(meetEvery)
	defer tick.Stop()
	for range meetTimes {
		if x.lots.take(place, lot{call: call}) {
			taken, err := x.takeRoom(ctx, place, call)
			if taken {
				return d, false, true
			}
			x.lots.free(place, call)
			if err != nil {
				x.log.Warn("a conference cannot be opened", "call", call, "room", w.Pick.Room, "error", err)
				return d, false, false
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return d, false, false
		}
		if d, there = x.find(ctx, w); there {
			return d, true, false
		}
	}
	return d, false, false
}

func (x *Exchange) takeRoom(ctx context.Context, place subscribe.Name, call string) (bool, error) {
	if x.cfg.Places == nil {
		return true, nil
	}
	return x.cfg.Places.Take(ctx, place, call, time.Now().Add(openTime))
}

// placeOfRoom is where a conference is among the places.
func placeOfRoom(tenant, room string) subscribe.Name {
	return subscribe.Name{Tenant: tenant, Number: b2bua.RoomPrefix + room}
}

// full counts who was refused because a call has as many parties as it may.
func (x *Exchange) full(err error) {
	switch {
	case errors.Is(err, b2bua.ErrConferenceFull):
		x.counters.ConferencesFull.Add(1)
	case errors.Is(err, b2bua.ErrSupervised):
		x.counters.SupervisorsFull.Add(1)
	}
}
