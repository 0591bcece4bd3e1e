package overload

import (
	"sync/atomic"
	"time"
)

// Detector finds a standing queue in how long messages waited. Its zero value is
// ready. Safe for concurrent use, and free of locks: as long as nothing waits it only
// reads.
type Detector struct {
	since    atomic.Int64 // when the waits began that are all above Target, in ns; 0: they are not
	late     atomic.Bool  // the last one was above Target
	shedding atomic.Bool
}

// Observe tells how long a message waited that is handled at now.
func (d *Detector) Observe(now time.Time, wait time.Duration) {
	if wait <= Target {
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
	if !d.since.CompareAndSwap(0, now.UnixNano()) && now.UnixNano()-d.since.Load() >= int64(Interval) {
		d.shedding.Store(true)
	}
}

// Shedding tells whether there is a standing queue.
func (d *Detector) Shedding() bool { return d.shedding.Load() }

// Refuses tells whether something that begins now would wait too long.
func (d *Detector) Refuses() bool { return d.shedding.Load() && d.late.Load() }
