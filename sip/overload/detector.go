package overload

import (
	"sync/atomic"
	"time"
)

// Detector finds a standing queue in how long messages waited. Its zero value is
// ready. Safe for concurrent use, and free of locks: as long as nothing waits it only
// reads.
type Detector struct {
	since atomic.Int64 // when the waits began that are all above Target, in ns; 0: they are not
	last  atomic.Int64 // when the last of them was, in ns
	late  atomic.Bool  // the last one was above Target
	until atomic.Int64 // there is a standing queue until then, in ns, unless waits tell more; 0: there is none
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
		if wait <= Target/2 && !d.Quiet() {
			d.until.Store(0)
		}
		return
	}
	d.late.Store(true)
	at := now.UnixNano()
	if before := d.last.Swap(at); at-before > int64(Interval) { // of another queue
		d.since.Store(at)
	}
	if !d.since.CompareAndSwap(0, at) && at-d.since.Load() >= int64(Interval) {
		d.until.Store(now.Add(Interval).UnixNano())
	}
}

// Quiet tells at once that there was no standing queue of late.
func (d *Detector) Quiet() bool { return d.until.Load() == 0 }

// Shedding tells whether there is a standing queue. Nothing that waited for Interval ends
// it too: when all is refused, nothing is left to tell how long it waits.
func (d *Detector) Shedding(now time.Time) bool { return now.UnixNano() < d.until.Load() }

// Refuses tells whether something that begins now would wait too long.
func (d *Detector) Refuses(now time.Time) bool { return d.late.Load() && d.Shedding(now) }
