package recording

import (
	"slices"
	"sync"
	"time"
)

// Side is a channel.
type Side int

// The channels.
const (
	Left  Side = iota // the caller's
	Right             // the agent's, and of whom else the caller hears
	sides
)

// Recording is one under way.
type Recording struct {
	recorder *Recorder
	writer   *writer
	began    time.Time

	mu     sync.Mutex
	info   Info
	frames int       // up to the last one of any party
	muted  bool      // paused or masked
	base   int       // chunk of open[0]
	open   [2]*chunk // that frames are put into; nil if nothing came for it
	ended  bool      // nothing is taken any more
	told   bool      // the writer has been told to write the info
	lost   int       // frames of one channel that were not written
	file   soundFile // of the writer alone; so is
	bad    bool      // the disk has refused something of it
}

// chunk is half a second of both channels.
type chunk struct {
	index int
	taken int // frames in it, of each party
	pcm   [sides][chunkFrames * Frame]int16
}

var chunks = sync.Pool{New: func() any { return new(chunk) }}

// ID names the recording.
func (rec *Recording) ID() string { return rec.info.ID }

// Take returns what takes a party's sound into a channel, frame by frame, from now on: it
// is called with Frame samples each 20 ms, does not block and does not keep them. Several
// parties may share a channel, which has the sum of them.
func (rec *Recording) Take(s Side) func(pcm []int16) {
	next := -1 // frame that it has next
	return func(pcm []int16) { rec.take(s, &next, pcm) }
}

func (rec *Recording) take(s Side, next *int, pcm []int16) {
	if len(pcm) != Frame {
		return
	}
	now := time.Now()
	rec.mu.Lock()
	defer rec.mu.Unlock()
	at := rec.place(next, now)
	if rec.ended || rec.muted || at >= int(MaxLength/frameTime) {
		return
	}
	c := rec.chunk(at / chunkFrames)
	if c == nil {
		rec.recorder.counters.Late.Add(1)
		return
	}
	add(c.pcm[s][at%chunkFrames*Frame:], pcm)
	c.taken++
	rec.recorder.counters.Frames.Add(1)
}

// add adds sound to a channel; what is too loud together is cut off.
func add(to, pcm []int16) {
	for i, x := range pcm {
		to[i] = mix(to[i], x)
	}
}

// place is where a frame of a party belongs that comes now: behind its last one, unless
// it has lost or gained time.
func (rec *Recording) place(next *int, now time.Time) int {
	clock := rec.clock(now)
	at := *next
	if at < 0 || at < clock-slack || at > clock+slack {
		at = clock
	}
	*next = at + 1
	rec.frames = max(rec.frames, *next)
	return at
}

// clock is the frame of a time.
func (rec *Recording) clock(now time.Time) int { return int(now.Sub(rec.began) / frameTime) }

// chunk is the one with a number; nil if it was given to the writer before. The one
// before stays open, as the other channel may be behind.
func (rec *Recording) chunk(k int) *chunk {
	switch {
	case k < rec.base:
		return nil
	case k >= rec.base+3:
		rec.flush(0)
		rec.flush(1)
		rec.base = k - 1
	case k == rec.base+2:
		rec.flush(0)
		rec.open[0], rec.open[1] = rec.open[1], nil
		rec.base++
	}
	c := &rec.open[k-rec.base]
	if *c == nil {
		*c = chunks.Get().(*chunk)
		(*c).index, (*c).taken = k, 0
		clear((*c).pcm[Left][:])
		clear((*c).pcm[Right][:])
	}
	return *c
}

// flush gives a chunk to the writer, or drops it if that has too many.
func (rec *Recording) flush(i int) {
	c := rec.open[i]
	if c == nil {
		return
	}
	rec.open[i] = nil
	if !rec.writer.put(job{rec: rec, chunk: c}) {
		rec.recorder.counters.Dropped.Add(uint64(c.taken))
		rec.lost += c.taken
		chunks.Put(c)
	}
}

// Mark notes that something happens now.
func (rec *Recording) Mark(what, who string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.mark(what, who)
}

func (rec *Recording) mark(what, who string) {
	if rec.ended || len(rec.info.Marks) >= MaxMarks {
		return
	}
	rec.info.Marks = append(rec.info.Marks, Mark{At: time.Since(rec.began).Round(time.Millisecond).Seconds(), What: what, Who: who})
	rec.save()
}

// Seat notes that a seat takes part.
func (rec *Recording) Seat(number string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if !slices.Contains(rec.info.Seats, number) && len(rec.info.Seats) < MaxMarks {
		rec.info.Seats = append(rec.info.Seats, number)
		rec.save()
	}
}

// save has the writer write the info, once for all that changes until it does.
func (rec *Recording) save() {
	if !rec.told {
		rec.told = true
		rec.writer.order(job{rec: rec})
	}
}

// Mute has silence written in place of what is said, from now on or no more.
func (rec *Recording) Mute(yes bool, what, who string) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.muted = yes
	rec.mark(what, who)
}

// End ends the recording: its file is completed by the writer. Ending again is
// harmless.
func (rec *Recording) End() {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.ended {
		return
	}
	length := time.Since(rec.began)
	if length > MaxLength {
		length = MaxLength
		rec.mark(MarkCut, "")
	}
	rec.ended = true
	rec.flush(0)
	rec.flush(1)
	frames := max(int(length/frameTime), rec.frames)
	rec.info.Ended = time.Now().UTC().Truncate(time.Millisecond)
	rec.info.Seconds = (time.Duration(min(frames, int(MaxLength/frameTime))) * frameTime).Seconds()
	rec.writer.order(job{rec: rec, end: true})
}

// snapshot is the info as it is now, for the writer.
func (rec *Recording) snapshot() Info {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	rec.told = false
	i := rec.info
	i.Marks, i.Seats = slices.Clone(i.Marks), slices.Clone(i.Seats)
	i.Lost = (time.Duration(rec.lost) * frameTime).Seconds()
	return i
}
