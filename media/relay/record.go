package relay

import (
	"sync"

	"strowger/media"
	"strowger/media/codec"
)

// The playout of a recording, in samples.
const (
	recordDelay  = 3 * frame // how late a packet may come: 60 ms
	recordWindow = 1 << 13   // kept in order, about one second; a power of two
)

// recorder puts what a party says in order by timestamp, and gives out a frame on
// each tick. Its ring belongs to the inbound's mutex, write to its own.
type recorder struct {
	ring    [recordWindow]int16 // by timestamp
	next    uint32              // timestamp of the next sample to give out
	running bool                // next means something

	mu    sync.Mutex
	write func(pcm []int16) // nil when it ended
}

// Record implements media.Endpoint.
func (e *endpoint) Record(write func(pcm []int16)) error {
	var r *recorder
	if write != nil {
		r = &recorder{write: write}
	}
	p := e.plane
	p.mu.Lock()
	if e.closed {
		p.mu.Unlock()
		return media.ErrClosed
	}
	e.in.Lock()
	former := e.in.recorder
	e.in.recorder = r
	e.in.Unlock()
	e.pace(recording, r != nil)
	p.mu.Unlock()
	former.end()
	return nil
}

// end waits for a write under way and lets no other follow.
func (r *recorder) end() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write = nil
}

// listen takes from a packet what the endpoint itself wants of it: the digit that
// it begins, or sound for the recorder.
func (in *inbound) listen(h *header, fresh bool, b []byte) (digit byte) {
	if in.recorder == nil && in.encoding != telephoneEvent {
		return 0
	}
	payload := in.payload(h.payload)
	if payload == nil {
		return 0
	}
	if payload.Encoding == telephoneEvent {
		return in.digit(h, b)
	}
	if law, ok := lawOf(payload.Encoding); ok && in.recorder != nil {
		in.recorder.add(h.timestamp, fresh, law, b[h.start:h.end])
	}
	return 0
}

// add puts a packet into its place. One that is too late or too early for the
// window starts the playout anew.
func (r *recorder) add(timestamp uint32, fresh bool, law codec.Law, codes []byte) {
	if len(codes) > recordWindow-recordDelay {
		return
	}
	ahead := int32(timestamp - r.next)
	if !r.running || fresh || ahead < 0 || int(ahead)+len(codes) > recordWindow {
		clear(r.ring[:])
		r.next, r.running = timestamp-uint32(recordDelay), true
	}
	at := timestamp % recordWindow
	first := min(len(codes), int(recordWindow-at))
	law.Decode(r.ring[at:], codes[:first])
	law.Decode(r.ring[:], codes[first:])
}

// take gives out the next frame.
func (r *recorder) take(pcm *[frame]int16) {
	if !r.running {
		clear(pcm[:])
		return
	}
	for i := range pcm {
		at := (r.next + uint32(i)) % recordWindow
		pcm[i], r.ring[at] = r.ring[at], 0
	}
	r.next += uint32(frame)
}

// record is called on each tick; pcm is scratch.
func (e *endpoint) record(pcm *[frame]int16) {
	e.in.Lock()
	r := e.in.recorder
	if r != nil {
		r.take(pcm)
	}
	e.in.Unlock()
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.write != nil {
		r.write(pcm[:])
	}
}
