package node

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"strowger/sip/state"
	"strowger/sip/subscribe"
)

// placeTable has who is in the places where calls of all nodes are parked.
var placeTable = state.Table{Name: "places", Placement: state.Spread}

// places are those of the store (exchange.Places). A record names the node whose call
// has the place. It counts as long as that node lives and its time is not over; one of
// this very node is what a call of before a restart has left.
type places struct {
	store state.Store
	node  string
	peers func() []string // the other living nodes
}

// occupant is who has a place.
type occupant struct {
	Node string `json:"node"`
	Call string `json:"call"`
}

// takeTries bounds how often a place is tried for that others change meanwhile.
const takeTries = 3

// Take takes a place for a call of this node.
func (p places) Take(ctx context.Context, place subscribe.Name, call string, until time.Time) (bool, error) {
	value, err := json.Marshal(occupant{p.node, call})
	if err != nil {
		return false, err
	}
	c := state.Change{ID: place.Number, Value: value, Expect: state.None, Expires: until}
	for range takeTries {
		_, err = p.store.Put(ctx, placeTable, place.Tenant, c)
		if !errors.Is(err, state.ErrConflict) {
			return err == nil, err
		}
		r, in, err := p.at(ctx, place)
		switch {
		case errors.Is(err, state.ErrNotFound):
			c.Expect = state.None
		case err != nil:
			return false, err
		case in.Node != p.node && slices.Contains(p.peers(), in.Node):
			return false, nil
		default:
			c.Expect = r.Rev
		}
	}
	return false, nil
}

// Free gives a place up, if the call of this node still has it.
func (p places) Free(ctx context.Context, place subscribe.Name, call string) error {
	r, in, err := p.at(ctx, place)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return nil
	case err != nil:
		return err
	case in != occupant{p.node, call}:
		return nil
	}
	_, err = p.store.Put(ctx, placeTable, place.Tenant, state.Change{ID: place.Number, Expect: r.Rev})
	if errors.Is(err, state.ErrConflict) { // another has it already
		return nil
	}
	return err
}

func (p places) at(ctx context.Context, place subscribe.Name) (r state.Record, in occupant, err error) {
	if r, err = p.store.Get(ctx, placeTable, place.Tenant, place.Number); err != nil {
		return r, in, err
	}
	return r, in, json.Unmarshal(r.Value, &in)
}
