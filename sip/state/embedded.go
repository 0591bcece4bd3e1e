package state

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// Timing and limits of the embedded store.
const (
	commitDelay   = 40 * time.Millisecond // from the first write of a group to its commit; the disk has the rest of 50 ms
	lateDelay     = time.Second - commitDelay
	retryDelay    = time.Second            // between tries to write a group that the disk refused
	sweepInterval = 10 * time.Second       // between removals of expired records, which no reader sees meanwhile
	lockTimeout   = 500 * time.Millisecond // how long to wait for a folder that another process holds
	maxPending    = 250_000                // records that wait for the disk
)

// Embedded is the Store of a single node: maps for reading, one bbolt file for
// restarts. A goroutine owns the file's writes; the maps belong to the mutex.
//
// When the disk refuses a group, reads go on, writes fail with ErrUnavailable,
// and the group is tried again each second until it is written.
type Embedded struct {
	db       *bbolt.DB
	log      *slog.Logger
	watchers watchers
	counters Counters

	mu      sync.RWMutex
	tables  map[string]map[string]map[string]packed // table, tenant, id
	rev     Rev                                     // last revision given
	pending *group                                  // writes since the last group was taken
	diskErr error                                   // why the last group was not written, nil if it was
	closed  bool

	wake   chan struct{} // the pending group has its first record
	prompt chan struct{} // it has one that is not Late
	hurry  chan struct{} // somebody waits for the pending group
	quit   chan struct{} // Close was called
	done   chan struct{} // the committer has ended
}

// group is what one transaction writes. A record changed twice is in it once.
type group struct {
	records map[recordKey]packed // nil deletes
	rev     Rev                  // last revision given when it was taken
	done    chan struct{}        // closed after the first try
	err     error                // of the first try; read after done
}

type recordKey struct{ table, tenant, id string }

func newGroup() *group {
	return &group{records: make(map[recordKey]packed), done: make(chan struct{})}
}

// OpenEmbedded opens the store kept in the folder dir, which is made if it is
// not there. Only one process at a time may have it open.
func OpenEmbedded(dir string, o Options) (*Embedded, error) {
	db, err := openFile(dir)
	if err != nil {
		return nil, err
	}
	s := &Embedded{
		db:      db,
		log:     o.logger(),
		tables:  make(map[string]map[string]map[string]packed),
		pending: newGroup(),
		wake:    make(chan struct{}, 1),
		prompt:  make(chan struct{}, 1),
		hurry:   make(chan struct{}, 1),
		quit:    make(chan struct{}),
		done:    make(chan struct{}),
	}
	if err := s.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("data folder %s: %w", dir, err), db.Close())
	}
	go s.commitLoop()
	return s, nil
}

// Counters returns the store's counters.
func (s *Embedded) Counters() *Counters { return &s.counters }

// Get implements Store.
func (s *Embedded) Get(ctx context.Context, t Table, tenant, id string) (Record, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	now := time.Now().UnixMilli()
	s.mu.RLock()
	p, ok := s.tables[t.Name][tenant][id]
	closed := s.closed
	s.mu.RUnlock()
	s.counters.Reads.Add(1)
	switch {
	case closed:
		return Record{}, errClosed
	case !ok || p.expired(now):
		return Record{}, ErrNotFound
	}
	return p.record(id), nil
}

// List implements Store: the records are those of the moment of the call.
func (s *Embedded) List(ctx context.Context, t Table, tenant string, fn func(string, Record) bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return errClosed
	}
	snapshot := make(map[string]map[string]packed)
	for name, records := range s.tables[t.Name] {
		if tenant == "" || name == tenant {
			snapshot[name] = maps.Clone(records)
		}
	}
	s.mu.RUnlock()
	for _, name := range slices.Sorted(maps.Keys(snapshot)) {
		for _, id := range slices.Sorted(maps.Keys(snapshot[name])) {
			p := snapshot[name][id]
			if !p.expired(now) && !fn(name, p.record(id)) {
				return nil
			}
		}
	}
	return nil
}

// Watch implements Store. Expiry is not announced.
func (s *Embedded) Watch(t Table, fn func(tenant, id string)) (stop func()) {
	return s.watchers.add(t.Name, fn)
}

// Ping implements Store: it fails while the disk refuses writes.
func (s *Embedded) Ping(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	switch {
	case s.closed:
		return errClosed
	case s.diskErr != nil:
		return fmt.Errorf("%w: %w", ErrUnavailable, s.diskErr)
	}
	return nil
}

// Close implements Store.
func (s *Embedded) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.mu.Unlock()
	close(s.quit)
	<-s.done
	s.mu.RLock()
	defer s.mu.RUnlock()
	return errors.Join(s.diskErr, s.db.Close())
}

var errClosed = fmt.Errorf("%w: it was closed", ErrUnavailable)

// signal wakes the reader of c, once however often it is called meanwhile.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
