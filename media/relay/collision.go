package relay

import (
	"math/rand/v2"
	"time"
)

const (
	// maxCollisions is how often an endpoint changes its SSRC as its party has the same:
	// a third time is no accident.
	maxCollisions = 2
	// A packet that is at most so far behind what was sent last, in sequence and in
	// time, comes back from the party.
	maxLoop     = 512
	maxLoopTime = 10 * time.Second
)

// collide acts on a stream of the party that began with the SSRC of what we send to it
// (RFC 3550, 8.2); h is a packet of it. Ours says BYE and goes on with another. A
// party that sends back what it is sent, as an echo test does, is no collision. It is
// called without a lock.
func (e *endpoint) collide(now time.Time, h *header) {
	e.catchUpSource()
	c := &e.plane.counters
	switch e.evade(now, h) {
	case looped:
		c.Looped.Add(1)
	case collided:
		c.Collisions.Add(1)
		e.recall(now) // the kernel sends with the former one
	case colliding:
		c.Collisions.Add(1)
	case settled:
	}
}

// clash is what became of a collision.
type clash int

const (
	settled   clash = iota // it is none any more
	looped                 // it is our own stream
	collided               // we have another SSRC now
	colliding              // and it stays so
)

// evade gives what is sent another SSRC, if the party's is the same.
func (e *endpoint) evade(now time.Time, h *header) clash {
	e.in.Lock()
	defer e.in.Unlock()
	e.out.Lock()
	defer e.out.Unlock()
	switch {
	case e.in.closed || e.in.ours != h.ssrc:
		return settled
	case e.out.sent(h):
		return looped
	case e.in.collisions == maxCollisions:
		return colliding
	}
	e.in.collisions++
	e.goodbye(now)
	e.out.rename(h.ssrc)
	e.in.ours = e.out.ssrc
	return collided
}

// sent tells that a packet is one that was sent of late.
func (o *outbound) sent(h *header) bool {
	behind, late := o.seq-h.seq, o.timestamp-h.timestamp
	return !o.at.IsZero() && behind <= maxLoop && int64(late) <= int64(maxLoopTime/time.Second)*int64(o.clock)
}

// rename goes on with an SSRC that is neither the one so far nor taken. Sequence and
// timestamp run on; what reports count begins anew (RFC 3550, 6.4.1).
func (o *outbound) rename(taken uint32) {
	for former := o.ssrc; o.ssrc == former || o.ssrc == taken; {
		o.ssrc = rand.Uint32()
	}
	o.fresh = true
	o.formerPackets, o.formerBytes = o.packets, o.bytes
}
