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
// to its end. Without an encoding of ours in common the prompt passes unheard.
func (o *outbound) play(now time.Time, c *clock) (ended bool) {
	p := o.player
	if p == nil || o.mixed != nil {
		return false
	}
	if p.wait > 0 {
		p.wait--
		return false
	}
	if len(p.prompt.PCM) == 0 || p.at >= len(p.prompt.PCM) && !p.endless() {
		o.player = nil
		if _, payload, ok := o.format(); ok && o.packer != nil && o.open && o.to.IsValid() { // what waits is its end
			o.emit(now, payload, o.packer.waiting, sampleRate, &c.plane.counters)
		}
		return true
	}
	stride := min(o.stride, maxStride)
	p.wait = stride - 1
	o.speak(now, stride*frame, c)
	return false
}

// speak sends the next samples as one packet, in the first encoding of the far side
// that is ours.
func (o *outbound) speak(now time.Time, samples int, c *clock) {
	format, payload, ok := o.format()
	b := c.scratch[:minRTP+samples]
	if !ok || !o.open || !o.to.IsValid() {
		o.player.pass(samples)
		o.fresh = true
		c.plane.counters.Dropped.Add(1)
		return
	}
	o.sing(format, b[minRTP:], c)
	o.utter(now, payload, b, &c.plane.counters)
}

// utter sends sound of ours, which is in b behind the room for a header.
func (o *outbound) utter(now time.Time, payload uint8, b []byte, c *Counters) {
	if !o.open || !o.to.IsValid() {
		o.fresh = true
		c.Dropped.Add(1)
		return
	}
	if o.uneven() {
		o.packOurs(now, payload, b[minRTP:], c)
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

func (p *player) endless() bool { return p.prompt.Loop || p.prompt.Live }

// pass lets samples go by unheard.
func (p *player) pass(samples int) {
	if p.at += samples; p.endless() {
		p.at %= len(p.prompt.PCM)
	}
}

// sing makes the next samples in a format: of live sound once for all.
func (o *outbound) sing(f codec.Format, dst []byte, c *clock) {
	p := o.player
	if p.prompt.Live {
		if codes := c.live(p.prompt, f, len(dst)); codes != nil {
			copy(dst, codes)
			return
		}
		p.at = c.place(p.prompt)
	}
	var pcm [maxStride * frame]int16
	p.fill(pcm[:len(dst)])
	o.encode(f, dst, pcm[:len(dst)])
}

// fill takes the next samples, in a loop from its start again, and silence behind
// the end.
func (p *player) fill(dst []int16) {
	for len(dst) > 0 {
		if p.at >= len(p.prompt.PCM) {
			if p.endless() {
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
