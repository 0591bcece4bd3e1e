package relay

import (
	"sync"
	"time"

	"strowger/media"
)

const (
	sweepEvery = 10 // ticks between two looks at timeouts and reports
	maxLate    = 5  // ticks that are caught up with; more are left out
)

// clock paces prompts and looks after the silent. One goroutine runs it.
type clock struct {
	plane *Plane
	ticks uint64

	kick      chan struct{} // the first prompt begins
	mu        sync.Mutex
	listening map[*endpoint]struct{} // who needs the pace; bounded by the ports

	batch   []*endpoint // scratch
	scratch [minRTP + maxStride*frame]byte
	pcm     [frame]int16
}

// pacing says for what an endpoint needs the clock.
type pacing uint8

const (
	prompting pacing = 1 << iota // it hears a prompt
	tapping
	pressing // digits were sent to it
)

// pace begins or ends one of the needs. It needs the plane's mutex.
func (e *endpoint) pace(need pacing, yes bool) {
	e.pacing &^= need
	if yes {
		e.pacing |= need
	}
	e.plane.clock.follow(e, e.pacing != 0)
}

// follow says whether e is called on each tick.
func (c *clock) follow(e *endpoint, yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if yes {
		c.listening[e] = struct{}{}
		select {
		case c.kick <- struct{}{}:
		default:
		}
		return
	}
	delete(c.listening, e)
}

// run ticks until stop is closed. While nobody hears a prompt, it wakes for the
// sweeps only.
func (c *clock) run(stop <-chan struct{}) {
	for {
		idle := time.NewTimer(sweepEvery * tick)
		select {
		case <-stop:
			idle.Stop()
			return
		case <-idle.C:
			c.ticks = 0
			c.sweep(c.plane.now())
		case <-c.kick:
			idle.Stop()
			c.pace(stop)
		}
	}
}

// pace ticks until nobody hears a prompt. Ticks have nominal times, so that what is
// late by a little is not late for ever.
func (c *clock) pace(stop <-chan struct{}) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	next := c.plane.now().Add(tick)
	for c.paced() {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		now := c.plane.now()
		if late := now.Sub(next).Truncate(tick); late > maxLate*tick {
			c.plane.counters.LateTicks.Add(uint64(late / tick))
			next = next.Add(late)
		}
		for ; !next.After(now); next = next.Add(tick) {
			c.tick(now)
		}
	}
}

// paced tells whether anybody hears a prompt.
func (c *clock) paced() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.listening) > 0
}

// tick does what is due in these 20 ms.
func (c *clock) tick(now time.Time) {
	c.mu.Lock()
	c.batch = c.batch[:0]
	for e := range c.listening {
		c.batch = append(c.batch, e)
	}
	c.mu.Unlock()
	for _, e := range c.batch {
		c.play(e, now)
	}
	if c.ticks++; c.ticks%sweepEvery == 0 {
		c.sweep(now)
	}
	clear(c.batch)
}

func (c *clock) play(e *endpoint, now time.Time) {
	e.out.Lock()
	busy := e.out.press(now, c.scratch[:], &c.plane.counters)
	ended := !busy && e.out.play(now, c.scratch[:], &c.plane.counters)
	e.out.Unlock()
	e.hear(&c.pcm)
	if ended {
		e.post(media.Event{Kind: media.Ended, At: now})
	}
}

// sweep checks every endpoint.
func (c *clock) sweep(now time.Time) {
	c.plane.bury(now)
	c.batch = c.plane.appendEndpoints(c.batch[:0])
	for _, e := range c.batch {
		e.check(now)
	}
}
