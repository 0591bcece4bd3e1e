package seat

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"strowger/sip/state"
)

// PutSeat writes a seat that passes Validate and whose secrets are of its tenant's
// realm. With expect state.None it must be new (state.ErrConflict if not), with a
// revision of SeatRev unchanged, with state.Any whatever it is. It is durable
// when the call returns.
func (d *Directory) PutSeat(ctx context.Context, s Seat, expect state.Rev) error {
	t, err := d.Tenant(ctx, s.Tenant)
	if err != nil {
		return err
	}
	c, err := seatChange(s, t, expect)
	if err != nil {
		return fmt.Errorf("seat %s of tenant %s: %w", s.Number, s.Tenant, err)
	}
	_, err = d.store.Put(ctx, seatTable, s.Tenant, c)
	return d.counted(&d.counters.SeatWrites, err)
}

// seatChange checks a seat of the tenant and returns the write.
func seatChange(s Seat, t Tenant, expect state.Rev) (state.Change, error) {
	err := s.Validate()
	if len(s.Credentials) > 0 && s.Credentials[0].Realm != t.Realm {
		err = errors.Join(err, fmt.Errorf("%w: secrets are of %q, the tenant's is %q", ErrRealm, s.Credentials[0].Realm, t.Realm))
	}
	if err != nil {
		return state.Change{}, err
	}
	value, err := json.Marshal(s)
	return state.Change{ID: s.Number, Value: value, Expect: expect, Durable: true}, err
}

// DeleteSeat removes a seat, its messages and its bindings, or returns state.ErrNotFound. It is
// durable when the call returns.
func (d *Directory) DeleteSeat(ctx context.Context, tenant, number string) error {
	_, rev, err := d.SeatRev(ctx, tenant, number)
	if err != nil && !errors.Is(err, ErrBadRecord) {
		return err
	}
	_, err = d.store.Put(ctx, seatTable, tenant, state.Change{ID: number, Expect: rev, Durable: true})
	if err := d.counted(&d.counters.SeatWrites, err); err != nil {
		return err
	}
	if err := d.PutMessages(ctx, tenant, number, Messages{}); err != nil {
		return err
	}
	return d.PutBindings(ctx, tenant, number, nil, state.Any, false)
}

// List returns a tenant's seats in order of number: 999 before 1001.
func (d *Directory) List(ctx context.Context, tenant string) ([]Seat, error) {
	var seats []Seat
	err := d.each(ctx, tenant, func(s Seat, _ state.Rev) { seats = append(seats, s) })
	slices.SortFunc(seats, func(a, b Seat) int {
		return cmp.Or(cmp.Compare(len(a.Number), len(b.Number)), cmp.Compare(a.Number, b.Number))
	})
	return seats, err
}

// each calls fn for each seat of the tenant.
func (d *Directory) each(ctx context.Context, tenant string, fn func(Seat, state.Rev)) error {
	var bad error
	err := d.store.List(ctx, seatTable, tenant, func(tenant string, r state.Record) bool {
		s, err := d.decodeSeat(tenant, r)
		if err != nil {
			bad = errors.Join(bad, err)
			return true
		}
		fn(s, r.Rev)
		return true
	})
	return errors.Join(err, bad)
}

// SeedIfEmpty creates the tenant and all its seats, or none, if the tenant has no
// seat yet. It tells whether it did: of two nodes that start at once one does.
func (d *Directory) SeedIfEmpty(ctx context.Context, t Tenant, seats []Seat) (bool, error) {
	empty := true
	err := d.store.List(ctx, seatTable, t.Name, func(string, state.Record) bool {
		empty = false
		return false
	})
	if err != nil || !empty {
		return false, err
	}
	changes := make([]state.Change, 0, len(seats))
	var faults []error
	for _, s := range seats {
		c, err := seatChange(s, t, state.None)
		if err == nil && s.Tenant != t.Name {
			err = fmt.Errorf("it is of tenant %q", s.Tenant)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("seat %s of tenant %s: %w", s.Number, t.Name, err))
		}
		changes = append(changes, c)
	}
	if err := errors.Join(faults...); err != nil {
		return false, err
	}
	if err := d.PutTenant(ctx, t); err != nil {
		return false, err
	}
	err = d.store.Apply(ctx, seatTable, t.Name, changes)
	if errors.Is(err, state.ErrConflict) {
		return false, nil
	}
	if err == nil {
		d.counters.SeatWrites.Add(uint64(len(changes)))
	}
	return err == nil, err
}
