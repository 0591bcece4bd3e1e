package relay

import (
	"strowger/media"
	"strowger/media/codec"
)

// maxLives bounds the streams of live sound that a clock makes for all their listeners.
// What is beyond is encoded for each of them.
const maxLives = 16

// live is a stream of a prompt that all who hear it share, encoded once in a tick for
// each format and packet time. Which frame it is follows from the number of the tick
// alone, so that a listener has no place in it. Who comes later hears G.722 as after a
// lost packet: a decoder finds its way into a stream within some ten milliseconds.
type live struct {
	prompt  *media.Prompt // nil if it was never used
	format  codec.Format
	beat    int64  // of the last frame
	codes   []byte // of that frame, as many as a packet has samples
	bytes   [maxStride * frame]byte
	encoder codec.Encoder // G.722 goes on from frame to frame
}

// live returns the codes of a live prompt in this tick, valid until the next one; nil if
// there are too many streams.
func (c *clock) live(p *media.Prompt, f codec.Format, samples int) []byte {
	var next *live        // whose next frame this is
	oldest := &c.lives[0] // else that which is longest out of use begins anew
	for i := range c.lives {
		l := &c.lives[i]
		if l.prompt == p && l.format == f && len(l.codes) == samples {
			switch l.beat {
			case c.beat:
				return l.codes
			case c.beat - int64(samples/frame):
				next = l
			}
		}
		if l.prompt == nil || oldest.prompt != nil && l.beat < oldest.beat {
			oldest = l
		}
	}
	if next == nil {
		if oldest.prompt != nil && oldest.beat == c.beat {
			return nil
		}
		next = oldest
		*next = live{prompt: p, format: f}
		next.codes = next.bytes[:samples]
	}
	next.beat = c.beat
	at := player{prompt: p, at: c.place(p)}
	var pcm [maxStride * frame]int16
	at.fill(pcm[:samples])
	next.encoder.Encode(f, next.codes, pcm[:samples])
	return next.codes
}

// place is the sample of live sound that this tick begins with.
func (c *clock) place(p *media.Prompt) int { return int(c.beat * int64(frame) % int64(len(p.PCM))) }
