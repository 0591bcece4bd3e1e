package relay

import (
	"time"

	"strowger/media"
)

// maskRest is for how long a mask stays on behind its end, and behind a key that is held
// then: what taps are given, and the finder too, is late by the delay of an ear and what
// a tone takes to be found. A packet waits for up to 312 ms there (jitter.MaxAhead).
const maskRest = 500 * time.Millisecond

// mask keeps what a party says from everybody but who is told its digits. It belongs to
// the inbound's mutex.
type mask struct {
	on      bool
	until   time.Time // zero: its end was not told
	blocked bool      // the route is none for it
}

// Mask implements media.Endpoint.
func (e *endpoint) Mask(yes bool) error {
	p := e.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.closed {
		return media.ErrClosed
	}
	if yes {
		e.surface()
	}
	e.in.Lock()
	switch m := &e.in.mask; {
	case yes:
		*m = mask{on: true, blocked: true}
	case m.on && m.until.IsZero():
		m.until = p.now().Add(maskRest)
	}
	e.in.Unlock()
	if yes {
		e.masked = true
		e.reroute()
	}
	return nil
}

// isMasked tells whether the party is to be heard by nobody.
func (in *inbound) isMasked(now time.Time) bool {
	m := &in.mask
	switch {
	case !m.on, m.until.IsZero():
	case in.keys.Held(now), in.finder != nil && in.finder.held.Load():
		m.until = now.Add(maskRest)
	case !now.Before(m.until):
		m.on = false
	}
	return m.on
}

// resume has the next packet that e's party is forwarded follow on the last one, as some
// between were kept from it.
func (e *endpoint) resume() {
	e.out.Lock()
	defer e.out.Unlock()
	e.out.fresh = true
}

// unmask lets the party be heard again whose mask is over.
func (e *endpoint) unmask() {
	p := e.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	e.in.Lock()
	over := e.in.mask.blocked && !e.in.mask.on
	if over {
		e.in.mask.blocked = false
	}
	e.in.Unlock()
	if over && !e.closed {
		e.masked = false
		for _, l := range e.listeners {
			l.resume()
		}
		e.reroute()
	}
}
