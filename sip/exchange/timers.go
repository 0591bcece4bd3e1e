package exchange

import (
	"container/heap"
	"time"
)

// timers orders calls by their deadlines.
type timers struct{ heap timerHeap }

// set gives a call a deadline; zero takes it away.
func (t *timers) set(r *running, at time.Time) {
	switch {
	case at.IsZero() && r.slot < 0:
	case at.IsZero():
		heap.Remove(&t.heap, r.slot)
	case r.slot < 0:
		r.due = at
		heap.Push(&t.heap, r)
	case !at.Equal(r.due):
		r.due = at
		heap.Fix(&t.heap, r.slot)
	}
}

// first is the earliest deadline; zero means none.
func (t *timers) first() time.Time {
	if len(t.heap) == 0 {
		return time.Time{}
	}
	return t.heap[0].due
}

// len is the number of calls that have a deadline.
func (t *timers) len() int { return len(t.heap) }

// pop takes out a call that is due at now, or returns nil.
func (t *timers) pop(now time.Time) *running {
	if len(t.heap) == 0 || t.heap[0].due.After(now) {
		return nil
	}
	return heap.Pop(&t.heap).(*running)
}

type timerHeap []*running

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }

func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].slot, h[j].slot = i, j
}

func (h *timerHeap) Push(x any) {
	r := x.(*running)
	r.slot = len(*h)
	*h = append(*h, r)
}

func (h *timerHeap) Pop() any {
	old := *h
	r := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	r.slot = -1
	return r
}
