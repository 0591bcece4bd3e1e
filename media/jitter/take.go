package jitter

import "time"

// pause is how many ticks lie between two periods that are repeated or left out.
const pause = 5

// Take gives the sound of the tick at now.
func (b *Buffer) Take(now time.Time, pcm *[Frame]int16) {
	if !b.running {
		clear(pcm[:])
		return
	}
	delay := int(int32(b.clock(now) - b.delays.base() - b.next))
	b.figures.Delay = time.Duration(delay) * time.Second / Rate
	if b.adjust(delay, pcm) {
		return
	}
	for at := 0; at < Frame; {
		n := b.run(at)
		part := pcm[at : at+n]
		if b.came(b.next) {
			b.play(part)
			b.voice.hear(part)
		} else {
			b.fill(part)
		}
		at += n
	}
}

// run is how many of the next samples, up to a frame from at, came or did not come all
// together.
func (b *Buffer) run(at int) int {
	came, n := b.came(b.next), 1
	for at+n < Frame && b.came(b.next+uint32(n)) == came && b.isNoise(b.next+uint32(n)) == b.isNoise(b.next) {
		n++
	}
	return n
}

// play takes samples that came.
func (b *Buffer) play(dst []int16) {
	for i := range dst {
		at := b.next + uint32(i)
		dst[i] = b.samples[at%Window]
		b.there[at%Window/64] &^= 1 << (at % 64)
	}
	b.next += uint32(len(dst))
}

// fill makes up what is missing.
func (b *Buffer) fill(dst []int16) {
	noise := b.isNoise(b.next)
	if noise {
		b.quiet.noise.Fill(dst)
		b.voice.hear(dst)
	} else {
		b.voice.fill(dst)
	}
	switch {
	case noise:
		b.figures.Noise += time.Duration(len(dst)) * time.Second / Rate
	case b.isPause(b.next):
	case int32(b.end-b.next) > 0: // what comes behind is there
		b.conceals(len(dst))
	default: // the next packet tells
		b.gap += len(dst)
	}
	b.next += uint32(len(dst))
}

// conceals counts sound that was lost.
func (b *Buffer) conceals(n int) {
	b.figures.Concealed += time.Duration(n) * time.Second / Rate
}

// isPause tells whether the sender said nothing at a timestamp.
func (b *Buffer) isPause(timestamp uint32) bool {
	return int32(timestamp-b.pauseFrom) >= 0 && int32(timestamp-b.pauseEnd) < 0
}

// isNoise tells whether what is missing at a timestamp is a pause with comfort noise.
func (b *Buffer) isNoise(timestamp uint32) bool {
	q := &b.quiet
	return q.on && int32(timestamp-q.from) >= 0 && (!q.ends || int32(timestamp-q.until) < 0)
}

// adjust brings the delay nearer to what is aimed at. It tells whether it has given the
// frame.
func (b *Buffer) adjust(delay int, pcm *[Frame]int16) bool {
	target := b.delays.target()
	more, less := target-delay, delay-target-Frame
	switch {
	case b.rest > 0:
		b.rest--
	case more > 0 && !b.came(b.next): // in a gap, which lasts longer then
		b.stand(min(more, Frame))
	case less > 0 && !b.came(b.next):
		b.skip(less)
	case more > 0:
		return b.stretch(pcm)
	case less > 0:
		return b.shorten(pcm)
	}
	return false
}

// stand has the playout wait.
func (b *Buffer) stand(n int) { b.next -= uint32(n) }

// skip leaves out what is missing, up to n samples of it.
func (b *Buffer) skip(n int) {
	for i := 0; i < min(n, Frame) && !b.came(b.next); i++ {
		b.next++
	}
}

// stretch plays a period of the voice twice, if there is enough of it.
func (b *Buffer) stretch(pcm *[Frame]int16) bool {
	var sound [Frame]int16
	if !b.look(sound[:]) {
		return false
	}
	p := periodAhead(sound[:], Frame/2)
	b.play(pcm[:Frame-p])
	copy(pcm[:], sound[:])
	for i := p; i < Frame; i++ {
		pcm[i] = sound[i-p]
		if i < 2*p {
			pcm[i] = int16((int(sound[i])*(2*p-i) + int(sound[i-p])*(i-p)) / p)
		}
	}
	b.voice.hear(pcm[:])
	b.rest = pause
	b.figures.Stretched++
	return true
}

// shorten leaves out a period of the voice, if there is enough of it.
func (b *Buffer) shorten(pcm *[Frame]int16) bool {
	var sound [Frame + maxPeriod]int16
	if !b.look(sound[:]) {
		return false
	}
	p := periodAhead(sound[:], maxPeriod)
	b.play(sound[:Frame+p])
	copy(pcm[:], sound[p:])
	for i := range p {
		pcm[i] = int16((int(sound[i])*(p-i) + int(sound[i+p])*i) / p)
	}
	b.voice.hear(pcm[:])
	b.rest = pause
	b.figures.Shortened++
	return true
}

// look copies the next samples, if all of them came.
func (b *Buffer) look(dst []int16) bool {
	for i := range dst {
		at := b.next + uint32(i)
		if !b.came(at) {
			return false
		}
		dst[i] = b.samples[at%Window]
	}
	return true
}

// periodAhead is the period, up to so many samples, at which the start of sound is most
// like what follows.
func periodAhead(pcm []int16, most int) int {
	period, top := minPeriod, 0.0
	start := pcm[:Frame/2]
	for lag := minPeriod; lag <= most; lag++ {
		if like := alike(start, pcm[lag:]); like > top {
			period, top = lag, like
		}
	}
	return period
}
