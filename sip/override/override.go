// Package override keeps what operators have set aside of a tenant's plan for a time:
// switches that are thrown, and hours that are forced open or closed. Overrides are no
// versions of the plan: they survive publishing and rollback, and end by themselves.
//
// # Contract
//
// The store has the truth; every node follows it. Value is answered from memory. A store
// that is away leaves what was known last: an override that has an end still ends.
//
// # Decisions
//
//   - An override is known by the key of the plan's input that it answers:
//     switch.leeds_evacuated, hours.benefits.
//   - One that has ended is not there, whatever the store says; it is taken out of the
//     store by the next change.
package override

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"strowger/sip/state"
)

// table has the overrides of tenants, by key.
var table = state.Table{Name: "overrides", Placement: state.Grouped}

// Tables are the tables of this package, for backups.
func Tables() []state.Table { return []state.Table{table} }

// Limits.
const (
	Max    = 1000 // overrides of a tenant
	MaxWhy = 200  // bytes of a reason

	rereadEvery = 2 * time.Second  // while the store does not answer
	patience    = 10 * time.Second // of one reading
)

// ErrFull means that a tenant has as many overrides as it may.
var ErrFull = fmt.Errorf("there are %d overrides already; take some away", Max)

// Override is one that holds.
type Override struct {
	Key   string    `json:"key"`
	Value string    `json:"value"` // "true" of a switch; "open" or "closed" of hours
	Until time.Time `json:"until"` // zero is without end
	Why   string    `json:"why"`
	By    string    `json:"by"`
	At    time.Time `json:"at"`
}

// ended tells whether it does not hold any more.
func (o Override) ended(now time.Time) bool { return !o.Until.IsZero() && !now.Before(o.Until) }

// Board is a node's view of the overrides. Safe for concurrent use.
type Board struct {
	store   state.Store
	log     *slog.Logger
	news    chan struct{}
	unwatch func()
	stop    context.CancelFunc
	done    chan struct{}

	mu  sync.Mutex
	all map[string]map[string]Override // by tenant and key
}

// New returns a board that follows the store until Close.
func New(ctx context.Context, store state.Store, log *slog.Logger) (*Board, error) {
	b := &Board{store: store, log: log, news: make(chan struct{}, 1), done: make(chan struct{})}
	if err := b.read(ctx); err != nil {
		return nil, err
	}
	b.unwatch = store.Watch(table, func(string, string) {
		select {
		case b.news <- struct{}{}:
		default:
		}
	})
	run, stop := context.WithCancel(context.Background())
	b.stop = stop
	go b.run(run)
	return b, nil
}

// Close ends what New began.
func (b *Board) Close() {
	b.unwatch()
	b.stop()
	<-b.done
}

func (b *Board) run(ctx context.Context) {
	defer close(b.done)
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-b.news:
		case <-again:
		}
		again = nil
		reading, cancel := context.WithTimeout(ctx, patience)
		err := b.read(reading)
		cancel()
		if err != nil && ctx.Err() == nil {
			b.log.Warn("overrides cannot be read; it will be tried again", "error", err)
			again = time.After(rereadEvery)
		}
	}
}

// read takes the overrides from the store. One that cannot be read is left out.
func (b *Board) read(ctx context.Context) error {
	found := map[string]map[string]Override{}
	err := b.store.List(ctx, table, "", func(tenant string, r state.Record) bool {
		var o Override
		if err := json.Unmarshal(r.Value, &o); err != nil {
			b.log.Error("an override cannot be read", "tenant", tenant, "key", r.ID, "error", err)
			return true
		}
		if found[tenant] == nil {
			found[tenant] = map[string]Override{}
		}
		found[tenant][r.ID] = o
		return true
	})
	if err != nil {
		return err
	}
	b.mu.Lock()
	b.all = found
	b.mu.Unlock()
	return nil
}

// Value is what a tenant's input is at a time because of an override; "" if there is none.
func (b *Board) Value(now time.Time, tenant, key string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	o := b.all[tenant][key]
	if o.ended(now) {
		return ""
	}
	return o.Value
}

// List are a tenant's overrides that hold, by key.
func (b *Board) List(now time.Time, tenant string) []Override {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []Override{}
	for _, key := range slices.Sorted(maps.Keys(b.all[tenant])) {
		if o := b.all[tenant][key]; !o.ended(now) {
			list = append(list, o)
		}
	}
	return list
}

// Set has an override hold on every node; on this one it does when Set returns.
func (b *Board) Set(ctx context.Context, now time.Time, tenant string, o Override) error {
	if len(o.Why) > MaxWhy {
		return fmt.Errorf("the reason has %d bytes; at most %d", len(o.Why), MaxWhy)
	}
	value, err := json.Marshal(o)
	if err != nil {
		return err
	}
	changes := b.tidy(now, tenant, o.Key)
	if len(b.List(now, tenant)) >= Max && b.Value(now, tenant, o.Key) == "" {
		return ErrFull
	}
	return b.apply(ctx, tenant, append(changes, state.Change{ID: o.Key, Value: value, Expect: state.Any, Durable: true}))
}

// Clear ends an override before its time. One that there is not is no error.
func (b *Board) Clear(ctx context.Context, now time.Time, tenant, key string) error {
	return b.apply(ctx, tenant, append(b.tidy(now, tenant, key), state.Change{ID: key, Expect: state.Any, Durable: true}))
}

// tidy takes out what has ended, but for one key.
func (b *Board) tidy(now time.Time, tenant, but string) []state.Change {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []state.Change
	for key, o := range b.all[tenant] {
		if key != but && o.ended(now) {
			out = append(out, state.Change{ID: key, Expect: state.Any})
		}
	}
	return out
}

func (b *Board) apply(ctx context.Context, tenant string, changes []state.Change) error {
	if err := b.store.Apply(ctx, table, tenant, changes); err != nil {
		return fmt.Errorf("overrides cannot be stored: %w", err)
	}
	if err := b.read(ctx); err != nil && !errors.Is(err, state.ErrUnavailable) {
		return err
	}
	return nil
}
