package relay

import (
	"sync"
	"sync/atomic"
	"time"

	"strowger/media"
	"strowger/media/kernel"
)

const (
	sweepEvery = 10 // ticks between two looks at timeouts and reports
	maxLate    = 5  // ticks that are caught up with; more are left out
)

// clock paces the prompts of its share of the endpoints. One goroutine runs it. The
// first clock of the plane (sweeps) mixes too, and looks after the silent of all.
type clock struct {
	plane  *Plane
	sweeps bool
	ticks  uint64
	beat   int64        // number of the tick, the same at every clock: see live
	swept  time.Time    // the last time
	busy   atomic.Int64 // ns of ticks

	kick      chan struct{} // the first prompt begins
	mu        sync.Mutex
	listening map[*endpoint]struct{} // who needs the pace; bounded by the ports

	lives [maxLives]live
	rooms map[*room]struct{} // of the first clock; bounded by the ports too

	batch   []*endpoint // scratch
	mixing  []*room     // the same
	scratch [minRTP + maxStride*frame]byte
	pcm     [frame]int16
}

// clock is the one that has to pace e: there is one for each worker. The first one mixes,
// and paces all whose voice it needs.
func (e *endpoint) clock() *clock {
	clocks := e.plane.clocks
	if e.voice != nil {
		return clocks[0]
	}
	return clocks[int(e.pair)%len(clocks)]
}

// pacing says for what an endpoint needs the clock.
type pacing uint8

const (
	prompting pacing = 1 << iota // it hears a prompt
	tapping
	pressing // digits were sent to it
	filling  // its source may be silent in a way that it does not know
)

// pace begins or ends one of the needs. It needs the plane's mutex.
func (e *endpoint) pace(need pacing, yes bool) {
	e.pacing &^= need
	if yes {
		e.pacing |= need
	}
	c := e.clock()
	if e.paced != nil && e.paced != c {
		e.paced.follow(e, false)
	}
	e.paced = c
	c.follow(e, e.pacing != 0)
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

// keep says whether a room is mixed on each tick.
func (c *clock) keep(r *room, yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if yes {
		c.rooms[r] = struct{}{}
	} else {
		delete(c.rooms, r)
	}
}

// run ticks until stop is closed. While nobody hears a prompt, it wakes for the
// sweeps only.
func (c *clock) run(stop <-chan struct{}) {
	for {
		var idle <-chan time.Time
		if c.sweeps {
			idle = time.After(sweepEvery * tick)
		}
		select {
		case <-stop:
			return
		case <-idle:
			c.ticks = 0
			c.sweep(c.plane.now())
		case <-c.kick:
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
	c.beat = int64(next.Sub(c.plane.began) / tick)
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
			c.beat += int64(late / tick)
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
	began := time.Now()
	defer func() { c.busy.Add(int64(time.Since(began))) }()
	c.mu.Lock()
	c.batch = c.batch[:0]
	for e := range c.listening {
		c.batch = append(c.batch, e)
	}
	c.mixing = c.mixing[:0]
	for r := range c.rooms {
		c.mixing = append(c.mixing, r)
	}
	c.mu.Unlock()
	for _, e := range c.batch {
		e.hear(now, &c.pcm)
	}
	for _, e := range c.batch {
		c.play(e, now)
	}
	for _, r := range c.mixing {
		r.mix(now, c)
	}
	clear(c.mixing)
	c.beat++
	if c.ticks++; c.sweeps && c.ticks%sweepEvery == 0 {
		c.sweep(now)
	}
	clear(c.batch)
}

func (c *clock) play(e *endpoint, now time.Time) {
	e.out.Lock()
	busy := e.out.press(now, c.scratch[:], &c.plane.counters)
	ended := !busy && e.out.play(now, c)
	e.out.fill(now, c)
	e.out.Unlock()
	if ended {
		e.post(media.Event{Kind: media.Ended, At: now})
	}
}

// maxStall is the longest time between two sweeps in which the process ran; in a longer
// one it was stopped, and nobody was silent for that.
const maxStall = time.Second

// sweep checks every endpoint.
func (c *clock) sweep(now time.Time) {
	stall := now.Sub(c.swept)
	if c.swept.IsZero() || stall < maxStall {
		stall = 0
	}
	c.swept = now
	c.plane.bury(now)
	var elapsed time.Duration
	if k := c.plane.kernel; k != nil {
		k.Look()
		elapsed = kernel.Monotonic()
	}
	c.batch = c.plane.appendEndpoints(c.batch[:0])
	for _, e := range c.batch {
		if stall > 0 || !e.flows(now, elapsed) {
			e.check(now, stall)
		}
	}
}
