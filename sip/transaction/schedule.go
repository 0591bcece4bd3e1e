package transaction

import (
	"time"

	"strowger/sip/deadline"
)

// schedule holds the transactions that have a deadline. Those that only linger are
// apart: most are, and nobody waits for their ends.
type schedule struct {
	urgent, ends deadline.Queue[*entry]
}

// set moves e to its place for a new deadline; zero takes it out.
func (s *schedule) set(e *entry, due time.Time) {
	to := &s.urgent
	if e.machine.lingers() {
		to = &s.ends
	}
	if e.queue != nil && e.queue != to {
		e.queue.Set(e, time.Time{})
	}
	e.queue = to
	to.Set(e, due)
}

// first is the queue that has the earliest deadline, if there is any.
func (s *schedule) first() *deadline.Queue[*entry] {
	u, e := s.urgent.Next(), s.ends.Next()
	if u.IsZero() || !e.IsZero() && e.Before(u) {
		return &s.ends
	}
	return &s.urgent
}

// due is a transaction that is due at now, nil if there is none.
func (s *schedule) due(now time.Time) *entry {
	e, _ := s.first().First(now)
	return e
}

// next is the earliest deadline; zero means none.
func (s *schedule) next() time.Time { return s.first().Next() }
