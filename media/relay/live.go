package relay

import (
	"strowger/media"
	"strowger/media/codec"
)

// maxLives bounds the frames of live sound that a clock keeps within a tick. What is
// beyond is encoded for each listener.
const maxLives = 16

// live is a frame of a prompt that all who hear it share, encoded once in a tick for
// each law and packet time. Which frame it is follows from the number of the tick
// alone, so that a listener has no place in it.
type live struct {
	prompt *media.Prompt
	beat   int64
	law    codec.Law
	codes  []byte // as many as the packet has samples
	bytes  [maxStride * frame]byte
}

// live returns the codes of a live prompt in this tick, valid until the next one.
func (c *clock) live(p *media.Prompt, law codec.Law, samples int) []byte {
	free := &c.lives[0]
	for i := range c.lives {
		l := &c.lives[i]
		switch {
		case l.beat != c.beat || l.prompt == nil:
			free = l
		case l.prompt == p && l.law == law && len(l.codes) == samples:
			return l.codes
		}
	}
	free.prompt, free.beat, free.law, free.codes = p, c.beat, law, free.bytes[:samples]
	at := player{prompt: p, at: c.place(p)}
	var pcm [maxStride * frame]int16
	at.fill(pcm[:samples])
	law.Encode(free.codes, pcm[:samples])
	return free.codes
}

// place is the sample of live sound that this tick begins with.
func (c *clock) place(p *media.Prompt) int { return int(c.beat * int64(frame) % int64(len(p.PCM))) }
