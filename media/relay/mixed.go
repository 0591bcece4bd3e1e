package relay

import (
	"time"

	"strowger/media/codec"
	"strowger/media/mix"
)

// The queue of what waits to be mixed into packets, in samples.
const (
	mixedQueue = 10 * frame
	mixedWait  = 5 * frame // when so much waits, no packets come and it is sent by itself
	mixedAhead = 2 * frame // more than that behind a packet is late: it is left out
)

// mixed is what an outbound hears in a room. It belongs to its mutex.
type mixed struct {
	wants   wish // the plane's mutex is needed too
	room    *room
	own     *voice      // to leave out; nil if it is no source of the room
	beside  bool        // it goes with the packets that are forwarded
	limiter mix.Limiter // of the room without own
	last    mix.Limiter // of what is added behind that: a prompt, a packet
	bus     mix.Bus
	pcm     [frame]int16
	queue   [mixedQueue]int16
	waiting int // of it
}

// mix is called on each tick with what the room hears. It tells when the prompt came to
// its end.
func (o *outbound) mix(now time.Time, m *mixed, r *room, c *clock) (ended bool) {
	pcm := r.shared[:]
	if m.own != nil {
		pcm = m.pcm[:]
		r.bus.Take(pcm, m.own.pcm[:], &m.limiter)
	}
	prompted := o.player != nil
	if prompted {
		var prompt [frame]int16
		if ended = o.player.pull(prompt[:], c); ended {
			o.player = nil
		}
		m.add(pcm, prompt[:])
		pcm = m.pcm[:]
	}
	f, payload, ok := o.format()
	law, plain := f.Law()
	stride := min(o.stride, maxStride)
	b := c.scratch[minRTP:]
	switch {
	case !ok, o.dialler.busy():
		o.fresh = true
		c.plane.counters.Dropped.Add(1)
		return ended
	case m.beside || stride > 1 || m.waiting > 0:
		m.push(pcm)
		if m.beside && m.waiting < mixedWait || m.waiting < stride*frame {
			return ended
		}
		var due [maxStride * frame]int16
		b = b[:m.pop(due[:stride*frame])]
		o.encode(f, b, due[:len(b)])
	case plain && m.own == nil && !prompted:
		b = b[:copy(b, r.in(law))]
	default:
		b = b[:frame]
		o.encode(f, b, pcm)
	}
	o.utter(now, payload, c.scratch[:minRTP+len(b)], &c.plane.counters)
	return ended
}

// add leaves the sum of two frames in pcm of m; one may be that.
func (m *mixed) add(one, other []int16) {
	m.bus.Reset(frame)
	m.bus.Add(one)
	m.bus.Add(other)
	m.bus.Take(m.pcm[:], nil, &m.last)
}

// push adds to the queue. What does not fit any more is left out: the oldest.
func (m *mixed) push(pcm []int16) {
	if over := m.waiting + len(pcm) - len(m.queue); over > 0 {
		m.drop(over)
	}
	m.waiting += copy(m.queue[m.waiting:], pcm)
}

// pop takes the oldest samples, as many as there are.
func (m *mixed) pop(dst []int16) int {
	n := copy(dst, m.queue[:m.waiting])
	m.drop(n)
	return n
}

func (m *mixed) drop(n int) {
	copy(m.queue[:], m.queue[n:m.waiting])
	m.waiting -= n
}

// mixInto adds what waits to the sound of a packet that is forwarded. Silence leaves it
// as it is.
func (o *outbound) mixInto(codes []byte, payload uint8) {
	m := o.mixed
	f, ok := o.formatFor(payload)
	if !ok { // nothing of ours comes between the packets of a key
		m.waiting = 0
	}
	if !ok || !m.beside || len(codes) > maxStride*frame {
		return
	}
	law, plain := f.Law()
	if !plain {
		o.mixWide(codes)
		return
	}
	var packet, beside [maxStride * frame]int16
	if !m.next(beside[:len(codes)]) {
		return
	}
	law.Decode(packet[:], codes)
	m.sum(packet[:len(codes)], beside[:len(codes)])
	law.Encode(codes, packet[:len(codes)])
}

// next takes what is added to a packet, false if that is nothing.
func (m *mixed) next(beside []int16) bool {
	if m.waiting == 0 {
		return false
	}
	n := m.pop(beside)
	if m.waiting > mixedAhead {
		m.drop(m.waiting - frame)
	}
	return !silent(beside[:n])
}

// sum adds to the sound of a packet.
func (m *mixed) sum(packet, beside []int16) {
	m.bus.Reset(len(packet))
	m.bus.Add(packet)
	m.bus.Add(beside)
	m.bus.Take(packet, nil, &m.last)
}

// leastPeak is the quietest sample that is sound: -60 dBm0. A-law has no zero, and G.722
// hums where there is none.
const leastPeak = 23

// silent tells whether there is no sound.
func silent(pcm []int16) bool {
	for _, s := range pcm {
		if s > leastPeak || s < -leastPeak {
			return false
		}
	}
	return true
}

// formatFor is that of a payload type of the far side, false if it is none that is known.
func (o *outbound) formatFor(payload uint8) (codec.Format, bool) {
	for i := range o.payloads {
		if o.payloads[i].Type == payload {
			return formatOf(&o.payloads[i])
		}
	}
	return 0, false
}

// pull takes the next samples, and silence behind the end; it tells when that was
// reached.
func (p *player) pull(dst []int16, c *clock) (ended bool) {
	if p.prompt.Live {
		p.at = c.place(p.prompt)
	}
	for len(dst) > 0 {
		if p.at >= len(p.prompt.PCM) {
			if !p.endless() || len(p.prompt.PCM) == 0 {
				return true
			}
			p.at = 0
		}
		n := copy(dst, p.prompt.PCM[p.at:])
		p.at += n
		dst = dst[n:]
	}
	return !p.endless() && p.at >= len(p.prompt.PCM)
}
