package transaction

import (
	"container/heap"
	"time"
)

// schedule holds the transactions that have a deadline, the earliest first.
type schedule []*entry

// set moves e to its place for a new deadline; zero takes it out.
func (s *schedule) set(e *entry, deadline time.Time) {
	if e.deadline.Equal(deadline) {
		return
	}
	waiting := !e.deadline.IsZero()
	e.deadline = deadline
	switch {
	case deadline.IsZero():
		heap.Remove(s, e.place)
	case waiting:
		heap.Fix(s, e.place)
	default:
		heap.Push(s, e)
	}
}

// first is the entry that is due next, nil if there is none.
func (s schedule) first() *entry {
	if len(s) == 0 {
		return nil
	}
	return s[0]
}

// Len is part of heap.Interface.
func (s schedule) Len() int { return len(s) }

// Less is part of heap.Interface. Equal deadlines are ordered by age, so that a
// run can be repeated.
func (s schedule) Less(i, j int) bool {
	if c := s[i].deadline.Compare(s[j].deadline); c != 0 {
		return c < 0
	}
	return s[i].number < s[j].number
}

// Swap is part of heap.Interface.
func (s schedule) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].place, s[j].place = i, j
}

// Push is part of heap.Interface.
func (s *schedule) Push(x any) {
	e := x.(*entry)
	e.place = len(*s)
	*s = append(*s, e)
}

// Pop is part of heap.Interface.
func (s *schedule) Pop() any {
	last := len(*s) - 1
	e := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return e
}
