// Package deadline orders things by when something is due for them: calls,
// transactions, subscriptions.
//
// What is ordered embeds a Place, by which its queue finds it again. Of things that
// are due at the same time, the one that entered the queue first is first, so that a
// run can be repeated. A Queue has one owner and no clock.
package deadline

import (
	"container/heap"
	"time"
)

// Place is where a thing stands in a Queue, of which it can be in one at a time. The
// zero value is in none.
type Place struct {
	due     time.Time
	entered uint64
	slot    int // in the heap, counted from 1; 0: in no queue
}

// Due is when something is due; zero means never: it is in no queue.
func (p *Place) Due() time.Time { return p.due }

func (p *Place) place() *Place { return p }

// Held is what embeds a Place.
type Held interface{ place() *Place }

// Queue holds what something is due for. The zero value is empty.
type Queue[T Held] struct {
	held    items[T]
	entered uint64
}

// Len is how many are in it.
func (q *Queue[T]) Len() int { return len(q.held) }

// Set gives a thing a time; zero takes it out. It must not be in another queue.
func (q *Queue[T]) Set(x T, due time.Time) {
	p := x.place()
	switch {
	case due.Equal(p.due):
	case due.IsZero():
		heap.Remove(&q.held, p.slot-1)
	case p.slot == 0:
		q.entered++
		p.due, p.entered = due, q.entered
		heap.Push(&q.held, x)
	default:
		p.due = due
		heap.Fix(&q.held, p.slot-1)
	}
}

// Next is the earliest time; zero means none.
func (q *Queue[T]) Next() time.Time {
	if len(q.held) == 0 {
		return time.Time{}
	}
	return q.held[0].place().due
}

// First is what is due first; ok is false if nothing is due at now.
func (q *Queue[T]) First(now time.Time) (x T, ok bool) {
	if len(q.held) == 0 || q.held[0].place().due.After(now) {
		return x, false
	}
	return q.held[0], true
}

// items is the heap (heap.Interface).
type items[T Held] []T

// Len is part of heap.Interface.
func (h items[T]) Len() int { return len(h) }

// Less is part of heap.Interface.
func (h items[T]) Less(i, j int) bool {
	a, b := h[i].place(), h[j].place()
	if c := a.due.Compare(b.due); c != 0 {
		return c < 0
	}
	return a.entered < b.entered
}

// Swap is part of heap.Interface.
func (h items[T]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place().slot, h[j].place().slot = i+1, j+1
}

// Push is part of heap.Interface.
func (h *items[T]) Push(x any) {
	*h = append(*h, x.(T))
	(*h)[len(*h)-1].place().slot = len(*h)
}

// Pop is part of heap.Interface.
func (h *items[T]) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	clear((*h)[last:])
	*h = (*h)[:last]
	*x.place() = Place{}
	return x
}
