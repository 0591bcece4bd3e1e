package seat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"strowger/sip/state"
)

var (
	tenantTable  = state.Table{Name: "tenants", Placement: state.Grouped}
	seatTable    = state.Table{Name: "seats", Placement: state.Grouped}
	bindingTable = state.Table{Name: "bindings", Placement: state.Spread}
)

// Tables are the tables of this package, for backups.
func Tables() []state.Table { return []state.Table{tenantTable, seatTable, bindingTable, messageTable} }

// Counters count what a Directory did.
type Counters struct {
	SeatWrites     atomic.Uint64 // seats created, changed or deleted
	BindingWrites  atomic.Uint64 // changes of a seat's bindings
	BindingLimit   atomic.Uint64 // changes refused because of MaxBindings
	BadRecords     atomic.Uint64 // stored records that could not be read
	ImportedRows   atomic.Uint64 // rows taken by Import
	RefusedImports atomic.Uint64 // imports refused, for whatever reason
	Conflicts      atomic.Uint64 // writes refused because the record was changed meanwhile
}

// Directory reads and writes seats and bindings in a Store. Safe for concurrent use.
type Directory struct {
	store    state.Store
	counters Counters
	decoded  decoded
}

// NewDirectory returns the directory kept in store.
func NewDirectory(store state.Store) *Directory { return &Directory{store: store} }

// Counters returns the directory's counters.
func (d *Directory) Counters() *Counters { return &d.counters }

// Seat returns a seat, or state.ErrNotFound.
func (d *Directory) Seat(ctx context.Context, tenant, number string) (Seat, error) {
	s, _, err := d.SeatRev(ctx, tenant, number)
	return s, err
}

// SeatRev returns a seat and its revision, for PutSeat.
func (d *Directory) SeatRev(ctx context.Context, tenant, number string) (Seat, state.Rev, error) {
	r, err := d.store.Get(ctx, seatTable, tenant, number)
	if err != nil {
		return Seat{}, state.None, err
	}
	if s, ok := d.decoded.get(tenant, r); ok {
		return s, r.Rev, nil
	}
	s, err := d.decodeSeat(tenant, r)
	if err == nil {
		d.decoded.put(tenant, r, s)
	}
	return s, r.Rev, err
}

// Known returns a seat as it was when it was last read, without asking the store;
// false if it was not read yet.
func (d *Directory) Known(tenant, number string) (Seat, bool) { return d.decoded.last(tenant, number) }

func (d *Directory) decodeSeat(tenant string, r state.Record) (Seat, error) {
	var s Seat
	if err := json.Unmarshal(r.Value, &s); err != nil {
		d.counters.BadRecords.Add(1)
		return Seat{}, fmt.Errorf("%w: seat %s of tenant %s: %w", ErrBadRecord, r.ID, tenant, err)
	}
	return s, nil
}

// Bindings returns the living bindings of a seat, best q and newest first, and the
// revision of the record. A seat without any has none and revision state.None.
func (d *Directory) Bindings(ctx context.Context, tenant, number string) ([]Binding, state.Rev, error) {
	r, err := d.store.Get(ctx, bindingTable, tenant, number)
	if errors.Is(err, state.ErrNotFound) {
		return nil, state.None, nil
	}
	if err != nil {
		return nil, state.None, err
	}
	bindings, err := decodeBindings(r.Value)
	if err != nil {
		d.counters.BadRecords.Add(1)
		return nil, r.Rev, fmt.Errorf("seat %s of tenant %s: %w", number, tenant, err)
	}
	return Living(bindings, time.Now()), r.Rev, nil
}

// PutBindings replaces the bindings of a seat, if the record still has revision
// expect. The record expires with its last binding; no bindings delete it, and
// that is durable when the call returns; late tells that nothing is lost if what was
// there comes back (state.Change). ErrTooManyBindings is for more than MaxBindings.
func (d *Directory) PutBindings(ctx context.Context, tenant, number string, b []Binding, expect state.Rev, late bool) error {
	c := state.Change{ID: number, Expect: expect, Durable: len(b) == 0, Late: late}
	if len(b) > 0 {
		ordered, err := Merge(nil, b...)
		if err != nil {
			d.counters.BindingLimit.Add(1)
			return err
		}
		c.Value, c.Expires = encodeBindings(ordered), lastExpiry(ordered)
	}
	_, err := d.store.Put(ctx, bindingTable, tenant, c)
	return d.counted(&d.counters.BindingWrites, err)
}

func lastExpiry(bindings []Binding) time.Time {
	var last time.Time
	for _, b := range bindings {
		if b.Expires.After(last) {
			last = b.Expires
		}
	}
	return last
}

// AllBindings calls fn for every registered seat of a tenant, "" for all tenants,
// until it returns false.
func (d *Directory) AllBindings(ctx context.Context, tenant string, fn func(tenant, number string, b []Binding) bool) error {
	return d.store.List(ctx, bindingTable, tenant, func(tenant string, r state.Record) bool {
		bindings, err := decodeBindings(r.Value)
		if err != nil {
			d.counters.BadRecords.Add(1)
			return true
		}
		living := Living(bindings, time.Now())
		return len(living) == 0 || fn(tenant, r.ID, living)
	})
}

// counted counts a write that ended with err.
func (d *Directory) counted(writes *atomic.Uint64, err error) error {
	switch {
	case err == nil:
		writes.Add(1)
	case errors.Is(err, state.ErrConflict):
		d.counters.Conflicts.Add(1)
	}
	return err
}
