package exchange

import (
	"strowger/sip/b2bua"
	"strowger/sip/leg"
	"strowger/sip/subscribe"
)

// shown is what a call has told of its seats.
type shown struct {
	generation uint64
	legs       []subscribe.Progress // by leg number - 1
	place      subscribe.Change     // where the call is parked; zero if it is not
}

// publish tells the desk what has changed for the seats of a call. It costs one
// reading of memory while nobody watches.
func (r *running) publish() {
	generation := r.x.watch.generation.Load()
	if generation == 0 || !r.call.Recorded() {
		return
	}
	if r.shown == nil || r.shown.generation != generation {
		r.shown = &shown{generation: generation}
	}
	var changes []subscribe.Change
	for id := 1; id <= r.call.Legs(); id++ {
		if len(r.shown.legs) < id {
			r.shown.legs = append(r.shown.legs, subscribe.Over)
		}
		l := r.call.Leg(id)
		if l == nil { // it has moved to another call, which tells of it
			continue
		}
		p := progress(l)
		if l.Party.Kind != leg.Seat || p == r.shown.legs[id-1] {
			continue
		}
		r.shown.legs[id-1] = p
		changes = append(changes, change(r.call, l, p))
	}
	changes = r.publishPlace(changes)
	if changes != nil {
		r.x.tell(generation, changes)
	}
}

// publishPlace adds what has changed for the place where the call is parked.
func (r *running) publishPlace(changes []subscribe.Change) []subscribe.Change {
	place, was := r.call.Place(), &r.shown.place
	if place == was.Name.Number {
		return changes
	}
	if was.Name.Number != "" {
		was.Conversation.Progress = subscribe.Over
		changes = append(changes, *was)
		*was = subscribe.Change{}
	}
	if place != "" {
		*was = subscribe.Change{
			Name: subscribe.Name{Tenant: r.call.Tenant, Number: place}, Owner: r.call.ID,
			Conversation: subscribe.Conversation{ID: r.call.ID + "-" + place, Peer: r.call.From, Progress: subscribe.Confirmed},
		}
		changes = append(changes, *was)
	}
	return changes
}

// progress is how far a leg has come for those who watch its seat.
func progress(l *leg.Leg) subscribe.Progress {
	switch l.State {
	case leg.Offered:
		return subscribe.Trying
	case leg.Early:
		return subscribe.Early
	case leg.Answered, leg.Confirmed:
		return subscribe.Confirmed
	default:
		return subscribe.Over
	}
}

func change(c *b2bua.Call, l *leg.Leg, p subscribe.Progress) subscribe.Change {
	d := l.Dialog
	v := subscribe.Conversation{
		ID: d.LocalTag, CallID: d.CallID, LocalTag: d.RemoteTag, RemoteTag: d.LocalTag, Initiator: l.Inbound,
		Peer: c.To, Progress: p,
	}
	if !l.Inbound {
		v.Peer, v.PeerName = c.From, d.Local().Display
	}
	return subscribe.Change{
		Name: subscribe.Name{Tenant: l.Party.Tenant, Number: l.Party.Name}, Owner: c.ID, Conversation: v,
	}
}
