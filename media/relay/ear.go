package relay

import (
	"time"

	"strowger/media"
	"strowger/media/codec"
	"strowger/media/jitter"
)

// ear makes steady sound of what a party says, and gives out a frame on each tick to
// every tap. It belongs to the inbound's mutex.
type ear struct {
	decoder codec.Decoder
	buffer  jitter.Buffer
	told    jitter.Figures // that the plane's counters know of
	taps    []*tap         // never empty; a change makes another slice
	since   time.Time
}

// listen takes from a packet what the endpoint itself wants of it: the digit that
// it begins, or sound for the taps.
func (in *inbound) listen(now time.Time, h *header, fresh bool, b []byte) (digit byte) {
	if in.ear == nil && in.encoding != telephoneEvent {
		return 0
	}
	payload := in.payload(h.payload)
	if payload != nil && payload.Encoding == telephoneEvent {
		digit = in.digit(now, h, b)
	}
	if in.ear != nil {
		in.ear.add(now, h, fresh, payload, b[h.start:h.end])
	}
	return digit
}

// add takes a packet. Of what is no sound only the sequence counts.
func (r *ear) add(now time.Time, h *header, fresh bool, payload *media.Payload, codes []byte) {
	switch {
	case isNoise(h.payload, payload):
		r.buffer.PutNoise(now, h.seq, h.timestamp, fresh, codes)
		return
	case payload == nil, len(codes) > jitter.MaxPacket:
		r.buffer.Pass(h.seq)
		return
	}
	f, ok := formatOf(payload)
	if !ok {
		r.buffer.Pass(h.seq)
		return
	}
	var pcm [jitter.MaxPacket]int16
	r.decoder.Decode(f, pcm[:], codes)
	r.buffer.Put(now, h.seq, h.timestamp, fresh, pcm[:len(codes)])
}

// isNoise tells whether a packet is comfort noise; it may be sent by its static number
// without being negotiated.
func isNoise(number uint8, payload *media.Payload) bool {
	return payload == nil && number == comfortNoise || payload != nil && payload.Encoding == "CN"
}

// take gives out the next frame.
func (r *ear) take(now time.Time, pcm *[frame]int16, c *Counters) {
	r.buffer.Take(now, pcm)
	f := r.buffer.Figures()
	if f != r.told {
		c.TooLate.Add(f.Late - r.told.Late)
		c.Concealed.Add(uint64((f.Concealed - r.told.Concealed).Milliseconds()))
		f.Concealed = r.told.Concealed + (f.Concealed - r.told.Concealed).Truncate(time.Millisecond)
		r.told = f
	}
}

// deafen ends the ear; what it has done is kept for the figures.
func (in *inbound) deafen() {
	if in.ear == nil {
		return
	}
	f := in.heard()
	in.ear, in.playout = nil, &f
}

// heard are the figures of the sound that was decoded.
func (in *inbound) heard() (f media.Playout) {
	if in.playout != nil {
		f = *in.playout
	}
	if in.ear != nil {
		g := in.ear.buffer.Figures()
		f.Delay = g.Delay
		f.Late += g.Late
		f.Concealed += g.Concealed
		f.Noise += g.Noise
		f.Restarts += g.Restarts
		f.Adjusted += g.Stretched + g.Shortened
	}
	return f
}
