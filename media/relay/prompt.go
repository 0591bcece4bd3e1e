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
func (o *outbound) play(now time.Time, scratch []byte, c *Counters) (ended bool) {
	p := o.player
	if p == nil || o.mixed != nil {
		return false
	}
	if p.wait > 0 {
		p.wait--
		return false
	}
	if p.at >= len(p.prompt.PCM) && (!p.prompt.Loop || len(p.prompt.PCM) == 0) {
		o.player = nil
		return true
	}
	stride := min(o.stride, maxStride)
	p.wait = stride - 1
	o.speak(now, stride*frame, scratch, c)
	return false
}

// speak sends the next samples as one packet, in the first G.711 of the far side.
func (o *outbound) speak(now time.Time, samples int, scratch []byte, c *Counters) {
	law, payload, ok := o.companding()
	b := scratch[:minRTP+samples]
	o.player.fill(b[minRTP:], law)
	if !ok {
		o.fresh = true
		c.Dropped.Add(1)
		return
	}
	o.utter(now, payload, b, c)
}

// utter sends sound of ours, which is in b behind the room for a header.
func (o *outbound) utter(now time.Time, payload uint8, b []byte, c *Counters) {
	if !o.open || !o.to.IsValid() {
		o.fresh = true
		c.Dropped.Add(1)
		return
	}
	samples := len(b) - minRTP
	h := header{payload: payload, seq: o.seq + 1, timestamp: o.timestamp + uint32(samples), ssrc: o.ssrc, start: minRTP, end: len(b)}
	if o.fresh || !o.spoke {
		h.marker, h.timestamp = true, o.nextTimestamp(now, sampleRate)
		o.fresh, o.spoke = false, true
	}
	b[0] = 2 << 6
	h.write(b)
	o.transmit(now, &h, sampleRate, b, c)
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

// fill takes the next samples, in a loop from its start again, and silence behind
// the end.
func (p *player) fill(dst []byte, l codec.Law) {
	for len(dst) > 0 {
		if p.at >= len(p.prompt.PCM) {
			if p.prompt.Loop {
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
