// Package statetest has an embedded store for tests, whose faults a test chooses.
package statetest

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"

	"strowger/sip/state"
)

// Store is a store that can be away, for reading and for writing.
type Store struct {
	state.Store
	Unreadable atomic.Bool // Get and List are ErrUnavailable
	Unwritable atomic.Bool // Put and Apply are ErrUnavailable
	Meanwhile  func()      // runs once, before the next Put that gets through; nil is nothing
}

// Open opens an empty store, which is closed with the test.
func Open(tb testing.TB) *Store {
	tb.Helper()
	s, err := state.OpenEmbedded(tb.TempDir(), state.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	return &Store{Store: s}
}

// Away has the store be away for everything, or no more.
func (s *Store) Away(is bool) {
	s.Unreadable.Store(is)
	s.Unwritable.Store(is)
}

// Get implements state.Store.
func (s *Store) Get(ctx context.Context, t state.Table, tenant, id string) (state.Record, error) {
	if s.Unreadable.Load() {
		return state.Record{}, state.ErrUnavailable
	}
	return s.Store.Get(ctx, t, tenant, id)
}

// List implements state.Store.
func (s *Store) List(ctx context.Context, t state.Table, tenant string, fn func(string, state.Record) bool) error {
	if s.Unreadable.Load() {
		return state.ErrUnavailable
	}
	return s.Store.List(ctx, t, tenant, fn)
}

// Put implements state.Store.
func (s *Store) Put(ctx context.Context, t state.Table, tenant string, c state.Change) (state.Rev, error) {
	if s.Unwritable.Load() {
		return state.None, state.ErrUnavailable
	}
	if run := s.Meanwhile; run != nil {
		s.Meanwhile = nil
		run()
	}
	return s.Store.Put(ctx, t, tenant, c)
}

// Apply implements state.Store.
func (s *Store) Apply(ctx context.Context, t state.Table, tenant string, changes []state.Change) error {
	if s.Unwritable.Load() {
		return state.ErrUnavailable
	}
	return s.Store.Apply(ctx, t, tenant, changes)
}

// Deaf is a view of a store that tells its watcher nothing but what Lose says.
type Deaf struct {
	state.Store
	tell func(tenant, id string)
}

// Watch implements state.Store. There is one watcher.
func (d *Deaf) Watch(_ state.Table, fn func(tenant, id string)) (stop func()) {
	d.tell = fn
	return func() {}
}

// Lose tells the watcher that news may have been lost.
func (d *Deaf) Lose() { d.tell("", "") }
