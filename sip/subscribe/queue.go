package subscribe

import (
	"container/heap"
	"time"
)

// queue orders subscriptions by when something is due for them.
type queue struct{ heap dueHeap }

// set gives a subscription a time; zero takes it out.
func (q *queue) set(s *Subscription, at time.Time) {
	switch {
	case at.IsZero() && s.slot < 0:
	case at.IsZero():
		heap.Remove(&q.heap, s.slot)
	case s.slot < 0:
		s.due = at
		heap.Push(&q.heap, s)
	case !at.Equal(s.due):
		s.due = at
		heap.Fix(&q.heap, s.slot)
	}
}

// first is the earliest time; zero means none.
func (q *queue) first() time.Time {
	if len(q.heap) == 0 {
		return time.Time{}
	}
	return q.heap[0].due
}

// top is the subscription that is due first, or nil if none is due at now.
func (q *queue) top(now time.Time) *Subscription {
	if len(q.heap) == 0 || q.heap[0].due.After(now) {
		return nil
	}
	return q.heap[0]
}

type dueHeap []*Subscription

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	if c := h[i].due.Compare(h[j].due); c != 0 {
		return c < 0
	}
	return h[i].number < h[j].number
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].slot, h[j].slot = i, j
}

func (h *dueHeap) Push(x any) {
	s := x.(*Subscription)
	s.slot = len(*h)
	*h = append(*h, s)
}

func (h *dueHeap) Pop() any {
	old := *h
	s := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	s.slot = -1
	return s
}

// allowance is how many NOTIFYs may go out now: it grows by rate a second, up to
// most.
type allowance struct {
	rate, most float64
	have       float64
	at         time.Time // when have was true; zero means full
}

// take takes one, or returns false.
func (a *allowance) take(now time.Time) bool {
	if a.at.IsZero() {
		a.have = a.most
	} else {
		a.have = min(a.most, a.have+a.rate*now.Sub(a.at).Seconds())
	}
	a.at = now
	if a.have < 1 {
		return false
	}
	a.have--
	return true
}

// next is when there is one to take; zero means now.
func (a *allowance) next() time.Time {
	if a.at.IsZero() || a.have >= 1 {
		return time.Time{}
	}
	return a.at.Add(time.Duration((1 - a.have) / a.rate * float64(time.Second)))
}
