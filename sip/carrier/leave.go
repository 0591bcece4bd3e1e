package carrier

import (
	"context"
	"sync"
	"time"
)

// LeaveTime bounds Leave: all registrars are told at once.
const LeaveTime = 2 * time.Second

// Leave gives our registrations up (RFC 3261 section 10.2.2), so that carriers send no
// more calls to a node that stops. It returns when the registrars have answered, at the
// latest after LeaveTime or when ctx is done. The desk asks and registers no more; Close
// follows.
func (d *Desk) Leave(ctx context.Context) {
	if d.stop == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, LeaveTime)
	defer cancel()
	d.mu.Lock()
	d.leaving = true
	now := time.Now()
	var known []*enrolment
	for _, e := range d.enrolments {
		if e.Registered(now) || e.asking { // what is under way may have been granted
			known = append(known, e)
		}
	}
	d.mu.Unlock()
	d.stop()
	d.enrolling.Wait() // what was under way ends at once
	free := make(chan struct{}, MaxProbes)
	var leaving sync.WaitGroup
	for _, e := range known {
		free <- struct{}{}
		leaving.Go(func() {
			if a := d.register(ctx, e, true); a.Status/100 != 2 {
				d.counters.RegistersFailed.Add(1)
				d.cfg.Log.Warn("a registration with a trunk is not given up; calls may be sent here until it ends", "trunk", e.trunk.Name, "error", a.Why)
			}
			<-free
		})
	}
	leaving.Wait()
}
