package jitter

import (
	"time"

	"strowger/media/codec"
)

// Buffer is the sound of one stream. The zero value is ready for use.
type Buffer struct {
	samples             [Window]int16       // by timestamp
	there               [Window / 64]uint64 // which of them came
	began               time.Time           // clock counts from here
	running             bool                // next means something
	next                uint32              // timestamp of the next sample to play
	end                 uint32              // behind the newest sample that came
	lastSeq             uint16              // of the newest packet
	lates               int                 // in a row
	rest                int                 // ticks before sound may be stretched or shortened again
	gap                 int                 // samples made up that were lost, if the next packet says so
	pauseFrom, pauseEnd uint32              // what the sender said nothing in, the last time
	quiet               quiet
	delays              delays
	voice               concealer
	figures             Figures
}

// quiet is comfort noise: from a timestamp until sound comes again.
type quiet struct {
	on, ends    bool
	from, until uint32
	noise       codec.Noise
}

// clock is a time in samples.
func (b *Buffer) clock(now time.Time) uint32 {
	if b.began.IsZero() {
		b.began = now
	}
	return uint32(now.Sub(b.began) * Rate / time.Second)
}

// Put takes the sound of a packet that came at now; fresh says that its source is another
// one than before.
func (b *Buffer) Put(now time.Time, seq uint16, timestamp uint32, fresh bool, pcm []int16) {
	if len(pcm) == 0 || len(pcm) > MaxPacket {
		b.figures.Refused++
		return
	}
	if !b.arrives(b.clock(now), seq, timestamp, fresh, len(pcm)) {
		return
	}
	if b.quiet.on && !b.quiet.ends && int32(timestamp-b.quiet.from) >= 0 {
		b.quiet.ends, b.quiet.until = true, timestamp
	}
	for i, s := range pcm {
		if at := timestamp + uint32(i); int32(at-b.next) >= 0 {
			b.samples[at%Window] = s
			b.there[at%Window/64] |= 1 << (at % 64)
		}
	}
}

// PutNoise takes a packet of comfort noise (RFC 3389), which lasts until sound comes.
func (b *Buffer) PutNoise(now time.Time, seq uint16, timestamp uint32, fresh bool, payload []byte) {
	if !b.arrives(b.clock(now), seq, timestamp, fresh, 1) {
		return
	}
	b.quiet.on, b.quiet.ends, b.quiet.from = true, false, timestamp
	b.quiet.noise.Set(payload)
}

// Pass takes a packet of the stream that has no sound, such as a digit: it is not lost.
func (b *Buffer) Pass(seq uint16) {
	if b.running {
		b.account(seq, b.end)
	}
}

// arrives finds the place of a packet of n samples; false if it has none.
func (b *Buffer) arrives(clock uint32, seq uint16, timestamp uint32, fresh bool, n int) bool {
	ahead := int32(timestamp - b.next)
	switch {
	case !b.running, fresh, ahead > MaxAhead, ahead < -Window:
		b.restart(clock, seq, timestamp)
	default:
		b.delays.note(clock, timestamp)
		switch {
		case b.idle():
			b.align(clock, timestamp)
		case int(ahead)+n <= 0:
			b.figures.Late++
			if b.lates++; b.lates < MaxLate {
				return false
			}
			b.restart(clock, seq, timestamp)
		case ahead >= 0 && b.came(timestamp):
			b.figures.Duplicate++
			return false
		}
	}
	b.lates = 0
	b.account(seq, timestamp)
	if end := timestamp + uint32(n); int32(end-b.end) > 0 {
		b.end = end
	}
	return true
}

// account tells by the sequence numbers whether what is missing before a packet is lost
// or a pause.
func (b *Buffer) account(seq uint16, timestamp uint32) {
	ahead := int16(seq - b.lastSeq)
	if ahead <= 0 {
		return
	}
	if ahead > 1 {
		b.conceals(b.gap)
	} else if int32(timestamp-b.end) > 0 {
		b.pauseFrom, b.pauseEnd = b.end, timestamp
	}
	b.lastSeq, b.gap = seq, 0
}

// restart begins the playout with a packet of another source, or of other times.
func (b *Buffer) restart(clock uint32, seq uint16, timestamp uint32) {
	if b.running {
		b.figures.Restarts++
	}
	b.there = [Window / 64]uint64{}
	b.delays.rebase(clock, timestamp)
	b.quiet.on, b.running = false, true
	b.lastSeq, b.gap = seq-1, 0
	b.next, b.end = timestamp-uint32(b.delays.target()), timestamp
	b.pauseFrom, b.pauseEnd = b.next, timestamp
}

// align begins the playout anew behind a pause: at the delay that is aimed at, or at
// once if the packet is later than that.
func (b *Buffer) align(clock, timestamp uint32) {
	b.there = [Window / 64]uint64{}
	b.next = clock - b.delays.base() - uint32(b.delays.target())
	if int32(timestamp-b.next) < 0 {
		b.next = timestamp
	}
	b.end = timestamp
	b.pauseFrom, b.pauseEnd = b.next, timestamp
}

// idle tells whether there is nothing more to play.
func (b *Buffer) idle() bool {
	return int32(b.end-b.next) <= 0 && (b.voice.faded() || b.quiet.on)
}

// came tells whether a sample that is not yet played is there.
func (b *Buffer) came(timestamp uint32) bool {
	return b.there[timestamp%Window/64]&(1<<(timestamp%64)) != 0
}

// Figures are those until now.
func (b *Buffer) Figures() Figures { return b.figures }
