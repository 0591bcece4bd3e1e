package relay

import (
	"time"

	"strowger/media"
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
// to its end. Without an encoding of ours in common the prompt passes unheard.
func (o *outbound) play(now time.Time, scratch []byte, c *Counters) (ended bool) {
	p := o.player
	if p == nil {
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

// speak sends the next samples as one packet, in the first encoding of the far side
// that is ours.
func (o *outbound) speak(now time.Time, samples int, scratch []byte, c *Counters) {
	format, payload, ok := o.format()
	b := scratch[:minRTP+samples]
	var pcm [maxStride * frame]int16
	o.player.fill(pcm[:samples])
	if !ok || !o.open || !o.to.IsValid() {
		o.fresh = true
		c.Dropped.Add(1)
		return
	}
	h := header{payload: payload, seq: o.seq + 1, timestamp: o.timestamp + uint32(samples), ssrc: o.ssrc, start: minRTP, end: len(b)}
	if o.fresh {
		h.marker, h.timestamp = true, o.nextTimestamp(now, sampleRate)
		o.fresh = false
	}
	o.encode(format, b[minRTP:], pcm[:samples])
	b[0] = 2 << 6
	h.write(b)
	o.transmit(now, &h, sampleRate, b, c)
}

// fill takes the next samples, in a loop from its start again, and silence behind
// the end.
func (p *player) fill(dst []int16) {
	for len(dst) > 0 {
		if p.at >= len(p.prompt.PCM) {
			if p.prompt.Loop {
				p.at = 0
				continue
			}
			clear(dst)
			return
		}
		n := copy(dst, p.prompt.PCM[p.at:])
		p.at += n
		dst = dst[n:]
	}
}
