// Package state is the store of small records that nodes share: seats, bindings,
// tokens, plan versions. It has one contract and two implementations, embedded
// (one node, memory for reading, bbolt on disk) and Redis (a cluster), and one
// test over both.
//
// # Contract
//
//   - A record is bytes under (table, tenant, id) with a revision that changes at
//     each write. Update and Delete compare revisions: of two writers one wins,
//     the other gets ErrConflict.
//   - A record with an expiry is gone at that time, on every node.
//   - A Grouped table keeps a tenant's records together: Apply changes many, all
//     or nothing, and List is one snapshot. A Spread table spreads its records
//     (Redis: a key each) and has neither.
//   - A write returns when it is visible to every reader. It returns before it is
//     durable unless Durable is asked for: the embedded store commits groups
//     within 50 ms, what is Late within a second, Redis as it is configured.
//   - Every call obeys its context; ErrUnavailable means the store cannot be
//     reached now and nothing is known about the write.
package state

import (
	"context"
	"errors"
	"time"
)

// Errors of a Store.
var (
	ErrNotFound    = errors.New("no such record")
	ErrConflict    = errors.New("record was changed meanwhile")
	ErrUnavailable = errors.New("the store cannot be reached")
)

// Placement says how a table's records lie in the store.
type Placement uint8

// The placements.
const (
	Grouped Placement = iota // a tenant's records together; many change as one
	Spread                   // each by itself; may expire
)

// Table names a kind of record.
type Table struct {
	Name      string // lower case, in every key
	Placement Placement
}

// Rev is a record's revision. Any, in an update, means "whatever it is"; None
// means "only if there is no such record".
type Rev uint64

// Special revisions.
const (
	None Rev = 0
	Any  Rev = 1<<64 - 1
)

// Record is one stored value.
type Record struct {
	ID      string
	Value   []byte // not to be changed by the reader
	Rev     Rev
	Expires time.Time // zero means never
}

// Change is one write. A nil Value deletes.
type Change struct {
	ID      string
	Value   []byte
	Expect  Rev
	Expires time.Time // Spread tables only
	Durable bool      // wait until it is on disk
	// Late lets the embedded store commit it within a second: it says little that is
	// not on disk already.
	Late bool
}

// Store is a node's view of the shared records. Safe for concurrent use.
type Store interface {
	// Get returns one record, or ErrNotFound.
	Get(ctx context.Context, t Table, tenant, id string) (Record, error)
	// Put writes or deletes one record and returns its new revision. Deleting
	// what is not there is no error with Any.
	Put(ctx context.Context, t Table, tenant string, c Change) (Rev, error)
	// Apply makes all changes or none. Grouped tables only.
	Apply(ctx context.Context, t Table, tenant string, changes []Change) error
	// List calls fn for every record of a tenant, in order of id for Grouped
	// tables, until fn returns false. "" as tenant means all tenants.
	List(ctx context.Context, t Table, tenant string, fn func(tenant string, r Record) bool) error
	// Watch calls fn after a record of the table changed, on whichever node, with
	// its tenant and id; expiry is not told. Where news may have been lost it calls
	// fn with neither, "" and "": what was read before may be out of date. fn must
	// not block.
	Watch(t Table, fn func(tenant, id string)) (stop func())
	// Ping tells whether the store answers.
	Ping(ctx context.Context) error
	// Close writes what is pending and releases the store.
	Close() error
}
