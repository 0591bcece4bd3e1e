package relay

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"strowger/media"
	"strowger/media/codec"
)

// The playout of an ear, in samples.
const (
	earDelay  = 3 * frame // how late a packet may come: 60 ms
	earWindow = 1 << 13   // kept in order, about one second; a power of two
)

// maxTaps bounds who takes the sound of one endpoint.
const maxTaps = 8

// ear puts what a party says in order by timestamp, and gives out a frame on each
// tick to every tap. It belongs to the inbound's mutex.
type ear struct {
	ring    [earWindow]int16 // by timestamp
	next    uint32           // timestamp of the next sample to give out
	running bool             // next means something
	decoder codec.Decoder
	taps    []*tap // never empty; a change makes another slice
}

// tap is one who takes the sound of an endpoint.
type tap struct {
	own   bool // of the endpoint, whose mask does not matter
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
	e.surface()
	e.in.Lock()
	defer e.in.Unlock()
	if e.in.ear == nil {
		e.in.ear = new(ear)
	}
	if len(e.in.ear.taps) >= maxTaps {
		return nil, fmt.Errorf("%s: %d take its sound, as many as are possible", e.label, maxTaps)
	}
	t := &tap{own: own, write: write}
	e.in.ear.taps = append(slices.Clip(e.in.ear.taps), t)
	e.pace(tapping, true)
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
			e.in.ear = nil
			e.pace(tapping, false)
		}
	}
}

// end waits for a write under way and lets no other follow.
func (t *tap) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.write = nil
}

// listen takes from a packet what the endpoint itself wants of it: the digit that
// it begins, or sound for the taps.
func (in *inbound) listen(now time.Time, h *header, fresh bool, b []byte) (digit byte) {
	if in.ear == nil && in.encoding != telephoneEvent {
		return 0
	}
	payload := in.payload(h.payload)
	if payload == nil {
		return 0
	}
	if payload.Encoding == telephoneEvent {
		return in.digit(now, h, b)
	}
	if f, ok := formatOf(payload); ok && in.ear != nil {
		in.ear.add(h.timestamp, fresh, f, b[h.start:h.end])
	}
	return 0
}

// add puts a packet into its place. One that is too late or too early for the
// window starts the playout anew.
func (r *ear) add(timestamp uint32, fresh bool, f codec.Format, codes []byte) {
	if len(codes) > earWindow-earDelay {
		return
	}
	ahead := int32(timestamp - r.next)
	if !r.running || fresh || ahead < 0 || int(ahead)+len(codes) > earWindow {
		clear(r.ring[:])
		r.next, r.running = timestamp-uint32(earDelay), true
	}
	at := timestamp % earWindow
	first := min(len(codes), int(earWindow-at))
	r.decoder.Decode(f, r.ring[at:], codes[:first])
	r.decoder.Decode(f, r.ring[:], codes[first:])
}

// take gives out the next frame.
func (r *ear) take(pcm *[frame]int16) {
	if !r.running {
		clear(pcm[:])
		return
	}
	for i := range pcm {
		at := (r.next + uint32(i)) % earWindow
		pcm[i], r.ring[at] = r.ring[at], 0
	}
	r.next += uint32(frame)
}

// unheard is what taps are given of a party that is masked.
var unheard [frame]int16

// hear is called on each tick; pcm is scratch.
func (e *endpoint) hear(now time.Time, pcm *[frame]int16) {
	var taps []*tap
	e.in.Lock()
	masked := e.in.isMasked(now)
	if ear := e.in.ear; ear != nil {
		ear.take(pcm)
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
