package relay

import (
	"slices"
	"time"

	"strowger/media/kernel"
)

// byCopy tells that all who take the sound only listen, so that they are served by
// copies of what the kernel carries. Who looks for digits does more: a tone that it finds
// keeps packets back.
func (r *ear) byCopy() bool {
	return r == nil || !slices.ContainsFunc(r.taps, func(t *tap) bool { return t.own })
}

// Copied implements kernel.Taker: it gives the taps what the kernel carried.
func (e *endpoint) Copied(c *kernel.Copy) {
	in := &e.in
	in.Lock()
	defer in.Unlock()
	// What is on its way while the ear changes, or the stream, is of what was before.
	if in.closed || in.ear == nil || c.At.Before(in.ear.since) || c.SSRC != in.ssrc {
		return
	}
	payload := in.payload(c.Type)
	if in.carried != nil && payload != nil {
		in.look(c.At, payload.Encoding, c.Payload)
	}
	e.plane.counters.Copied.Add(1)
	if c.Length > len(c.Payload) {
		in.ear.buffer.Pass(c.Seq)
		return
	}
	// Each is as late as any may be, so that the ring adds no jitter.
	h := header{payload: c.Type, seq: c.Seq, timestamp: c.Timestamp}
	in.ear.add(later(c.At.Add(kernel.CopyEvery), e.plane.now()), &h, false, payload, c.Payload)
}

// copies has the taps given copies of what the kernel carries, or ends it if there are
// none any more. It needs the inbound's mutex.
func (e *endpoint) copies(now time.Time) {
	c := e.in.carried
	if c == nil {
		return
	}
	var taker kernel.Taker
	if e.in.ear != nil {
		taker = e
	}
	if err := c.entry.Copy(taker); err != nil {
		e.takeBack(now)
		e.plane.refusedByKernel(e, now, err)
	}
}
