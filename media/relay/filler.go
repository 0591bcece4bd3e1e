package relay

import (
	"time"

	"strowger/media"
	"strowger/media/codec"
)

// filler makes noise for a party that did not negotiate comfort noise (RFC 3389), while
// its source says that it is silent. It belongs to the outbound's mutex.
type filler struct {
	noise codec.Noise
	on    bool // the source is silent
	wait  int  // ticks until the next packet
}

// noNoise is the comfort noise of an edge whose listener takes it as it is, or whose
// source sends none.
const noNoise = -1

// unshared is the payload type of a source's comfort noise that a listener did not
// negotiate, or noNoise.
func unshared(source, listener []media.Payload) int {
	if comfort(listener) != noNoise {
		return noNoise
	}
	return comfort(source)
}

func comfort(payloads []media.Payload) int {
	for i := range payloads {
		if isNoise(payloads[i].Type, &payloads[i]) {
			return int(payloads[i].Type)
		}
	}
	return noNoise
}

// fills says whether noise is to be made for e. It needs the plane's mutex.
func (e *endpoint) fills(yes bool) {
	e.out.Lock()
	was := e.out.filler != nil
	switch {
	case !yes:
		e.out.filler = nil
	case !was:
		e.out.filler = new(filler)
	}
	e.out.Unlock()
	if was != yes {
		e.pace(filling, yes)
	}
}

// hush takes a packet of comfort noise that is made into sound.
func (e *edge) hush(payload []byte) {
	out := &e.to.out
	out.Lock()
	defer out.Unlock()
	if f := out.filler; f != nil && out.epoch == e.epoch {
		f.noise.Set(payload)
		f.on = true
	}
}

// speaks tells that the source is silent no more.
func (f *filler) speaks() {
	if f != nil {
		f.on = false
	}
}

// fill is called on each tick: it sends the noise that is due.
func (o *outbound) fill(now time.Time, c *clock) {
	f := o.filler
	if f == nil || !f.on || o.mixed != nil || o.player != nil || o.dialler.busy() {
		return
	}
	if f.wait > 0 {
		f.wait--
		return
	}
	format, payload, ok := o.format()
	if !ok {
		return
	}
	stride := min(o.stride, maxStride)
	f.wait = stride - 1
	var pcm [maxStride * frame]int16
	b := c.scratch[:minRTP+stride*frame]
	f.noise.Fill(pcm[:stride*frame])
	o.encode(format, b[minRTP:], pcm[:stride*frame])
	o.utter(now, payload, b, &c.plane.counters)
}
