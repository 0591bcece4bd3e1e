package relay

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"strowger/media"
)

// maxTaps bounds who takes the sound of one endpoint.
const maxTaps = 8

// tap is one who takes the sound of an endpoint.
type tap struct {
	own   bool // of the endpoint, which looks for digits: its mask does not matter
	mu    sync.Mutex
	write func(pcm []int16) // nil when it ended
}

// Tap implements media.Endpoint.
func (e *endpoint) Tap(write func(pcm []int16)) (func(), error) { return e.tapAs(false, write) }

func (e *endpoint) tapAs(own bool, write func(pcm []int16)) (func(), error) {
	p := e.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.closed {
		return nil, media.ErrClosed
	}
	t, err := e.tap(own, write)
	if err != nil {
		return nil, err
	}
	return func() {
		p.mu.Lock()
		e.untap(t)
		p.mu.Unlock()
		t.end()
	}, nil
}

// tap is the same, for who has the plane's mutex.
func (e *endpoint) tap(own bool, write func(pcm []int16)) (*tap, error) {
	if own {
		e.surface()
	}
	now := e.plane.now()
	e.in.Lock()
	defer e.in.Unlock()
	first := e.in.ear == nil
	if first {
		e.in.ear = &ear{since: now}
	}
	if len(e.in.ear.taps) >= maxTaps {
		return nil, fmt.Errorf("%s: %d take its sound, as many as are possible", e.label, maxTaps)
	}
	t := &tap{own: own, write: write}
	e.in.ear.taps = append(slices.Clip(e.in.ear.taps), t)
	e.pace(tapping, true)
	if first {
		e.copies(now)
	}
	return t, nil
}

// untap takes a tap off, unless the endpoint was closed. It needs the plane's mutex.
func (e *endpoint) untap(t *tap) {
	e.in.Lock()
	defer e.in.Unlock()
	if ear := e.in.ear; ear != nil {
		left := slices.DeleteFunc(slices.Clone(ear.taps), func(o *tap) bool { return o == t })
		ear.taps = left
		if len(left) == 0 {
			e.in.deafen()
			e.pace(tapping, false)
			e.copies(e.plane.now())
		}
	}
}

// end waits for a write under way and lets no other follow.
func (t *tap) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.write = nil
}

// unheard is what taps are given of a party that is masked.
var unheard [frame]int16

// hear is called on each tick; pcm is scratch.
func (e *endpoint) hear(now time.Time, pcm *[frame]int16) {
	var taps []*tap
	e.in.Lock()
	masked := e.in.isMasked(now)
	if ear := e.in.ear; ear != nil {
		ear.take(now, pcm, &e.plane.counters)
		taps = ear.taps
	}
	e.in.Unlock()
	for _, t := range taps {
		given := pcm
		if masked && !t.own {
			given = &unheard
		}
		t.mu.Lock()
		if t.write != nil {
			t.write(given[:])
		}
		t.mu.Unlock()
	}
}
