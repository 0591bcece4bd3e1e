package relay

import (
	"time"

	"strowger/media"
	"strowger/media/codec"
)

// tick is the pace of recorded sound; sampleRate and frame say what a tick holds.
const (
	tick       = 20 * time.Millisecond
	sampleRate = 8000
	frame      = sampleRate / int(time.Second/tick)
	maxStride  = 5 // ticks in a packet, 100 ms
)

// player is the place in a prompt that an outbound has reached.
type player struct {
	prompt *media.Prompt
	at     int // next sample
	wait   int // ticks until the next packet
}

// play is called on each tick: it sends what is due and tells when the prompt came
// to its end. Without G.711 in common the prompt passes unheard.
func (o *outbound) play(now time.Time, c *clock) (ended bool) {
	p := o.player
	if p == nil {
		return false
	}
	if p.wait > 0 {
		p.wait--
		return false
	}
	if len(p.prompt.PCM) == 0 || p.at >= len(p.prompt.PCM) && !p.endless() {
		o.player = nil
		return true
	}
	stride := min(o.stride, maxStride)
	p.wait = stride - 1
	o.speak(now, stride*frame, c)
	return false
}

// speak sends the next samples as one packet, in the first G.711 of the far side.
func (o *outbound) speak(now time.Time, samples int, c *clock) {
	law, payload, ok := o.companding()
	b := c.scratch[:minRTP+samples]
	if !ok || !o.open || !o.to.IsValid() {
		o.player.pass(samples)
		o.fresh = true
		c.plane.counters.Dropped.Add(1)
		return
	}
	if p := o.player; p.prompt.Live {
		copy(b[minRTP:], c.live(p.prompt, law, samples))
	} else {
		p.fill(b[minRTP:], law)
	}
	h := header{payload: payload, seq: o.seq + 1, timestamp: o.timestamp + uint32(samples), ssrc: o.ssrc, start: minRTP, end: len(b)}
	if o.fresh {
		h.marker, h.timestamp = true, o.nextTimestamp(now, sampleRate)
		o.fresh = false
	}
	b[0] = 2 << 6
	h.write(b)
	o.transmit(now, &h, sampleRate, b, &c.plane.counters)
}

// companding returns the first G.711 that the far side negotiated.
func (o *outbound) companding() (law codec.Law, payload uint8, ok bool) {
	for _, p := range o.payloads {
		if law, ok = lawOf(p.Encoding); ok {
			return law, p.Type, true
		}
	}
	return 0, 0, false
}

func (p *player) endless() bool { return p.prompt.Loop || p.prompt.Live }

// pass lets samples go by unheard.
func (p *player) pass(samples int) {
	if p.at += samples; p.endless() {
		p.at %= len(p.prompt.PCM)
	}
}

// fill takes the next samples, in a loop from its start again, and silence behind
// the end.
func (p *player) fill(dst []byte, l codec.Law) {
	for len(dst) > 0 {
		if p.at >= len(p.prompt.PCM) {
			if p.endless() {
				p.at = 0
				continue
			}
			for i := range dst {
				dst[i] = l.Silence()
			}
			return
		}
		pcm := p.prompt.PCM[p.at:]
		n := min(len(pcm), len(dst))
		l.Encode(dst[:n], pcm[:n])
		p.at += n
		dst = dst[n:]
	}
}
