package seat

import (
	"context"

	"strowger/sip/state"
)

// Directory reads and writes seats and bindings in a Store. Safe for concurrent use.
type Directory struct {
	store state.Store
}

// NewDirectory returns the directory kept in store.
func NewDirectory(store state.Store) *Directory { return &Directory{store: store} }

// Seat returns a seat, or state.ErrNotFound.
func (d *Directory) Seat(ctx context.Context, tenant, number string) (Seat, error) {
	return Seat{}, state.ErrNotFound
}

// Bindings returns the living bindings of a seat, best q and newest first, and the
// revision of the record. A seat without any has none and revision state.None.
func (d *Directory) Bindings(ctx context.Context, tenant, number string) ([]Binding, state.Rev, error) {
	return nil, 0, nil
}

// PutBindings replaces the bindings of a seat, if the record still has revision
// expect. The record expires with its last binding; no bindings delete it.
func (d *Directory) PutBindings(ctx context.Context, tenant, number string, b []Binding, expect state.Rev) error {
	return nil
}
