package transaction

import (
	"container/heap"
	"time"
)

// schedule holds the transactions that have a deadline. Those that only linger are
// apart: most are, and nobody waits for their ends.
type schedule struct {
	urgent, ends queue
}

// set moves e to its place for a new deadline; zero takes it out.
func (s *schedule) set(e *entry, deadline time.Time) {
	to := &s.urgent
	if e.machine.lingers() {
		to = &s.ends
	}
	if e.deadline.Equal(deadline) && (e.queue == to || e.queue == nil) {
		return
	}
	if e.queue != nil && (e.queue != to || deadline.IsZero()) {
		heap.Remove(e.queue, e.place)
		e.queue = nil
	}
	e.deadline = deadline
	switch {
	case deadline.IsZero():
	case e.queue == nil:
		e.queue = to
		heap.Push(to, e)
	default:
		heap.Fix(to, e.place)
	}
}

// first is the entry that is due next, nil if there is none.
func (s *schedule) first() *entry {
	u, e := s.urgent.first(), s.ends.first()
	if u == nil || e != nil && e.before(u) {
		return e
	}
	return u
}

// queue is a heap of entries, the earliest first.
type queue []*entry

func (s queue) first() *entry {
	if len(s) == 0 {
		return nil
	}
	return s[0]
}

// Len is part of heap.Interface.
func (s queue) Len() int { return len(s) }

// Less is part of heap.Interface.
func (s queue) Less(i, j int) bool { return s[i].before(s[j]) }

// Swap is part of heap.Interface.
func (s queue) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}

// Push is part of heap.Interface.
func (s *queue) Push(x any) {
	e := x.(*entry)
	e.place = len(*s)
	*s = append(*s, e)
}

// Pop is part of heap.Interface.
func (s *queue) Pop() any {
	last := len(*s) - 1
	e := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return e
}

// before orders entries by deadline, and equal ones by age, so that a run can be
// repeated.
func (e *entry) before(other *entry) bool {
	if c := e.deadline.Compare(other.deadline); c != 0 {
		return c < 0
	}
	return e.number < other.number
}
