package overload

import (
	"sync/atomic"
	"time"
)

// Detector finds a standing queue in how long messages waited. What it found holds while
// messages are late: once none has been for Target nothing is known to wait, and after
// Interval a late one is the first of another queue. Else a node that refuses all that
// comes, and so observes nothing, would never learn that its queue is gone. Its zero
// value is ready. Safe for concurrent use, and free of locks: as long as nothing waits it
// only reads.
type Detector struct {
	since    atomic.Int64 // when the waits began that are all above Target, in ns; 0: they are not
	seen     atomic.Int64 // when one was late, or one came while shedding, the last time, in ns
	late     atomic.Bool  // the last one was above Target
	shedding atomic.Bool
}

// Observe tells how long a message waited that is handled at now.
func (d *Detector) Observe(now time.Time, wait time.Duration) {
	ns, late := now.UnixNano(), wait > Target
	if (late || d.shedding.Load()) && ns-d.seen.Swap(ns) > int64(Interval) { // another queue
		d.since.Store(0)
		d.shedding.Store(false)
	}
	if !late {
		if d.since.Load() != 0 {
			d.since.Store(0)
		}
		if d.late.Load() {
			d.late.Store(false)
		}
		if wait <= Target/2 && d.shedding.Load() {
			d.shedding.Store(false)
		}
		return
	}
	d.late.Store(true)
	if !d.since.CompareAndSwap(0, ns) && ns-d.since.Load() >= int64(Interval) {
		d.shedding.Store(true)
	}
}

// Shedding tells whether there is a standing queue.
func (d *Detector) Shedding(now time.Time) bool {
	return d.shedding.Load() && now.UnixNano()-d.seen.Load() <= int64(Target)
}

// Refuses tells whether something that begins now would wait too long.
func (d *Detector) Refuses(now time.Time) bool { return d.late.Load() && d.Shedding(now) }
