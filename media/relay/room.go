package relay

import (
	"slices"
	"sync/atomic"
	"time"

	"strowger/media"
	"strowger/media/codec"
	"strowger/media/mix"
)

// voice is what an endpoint says to the rooms that hear it: a frame on each tick. Its
// pcm belongs to the clock that mixes, heard to the tap's mutex, as the first frames may
// come from the clock that the endpoint had before, and the rest to the plane's mutex.
type voice struct {
	tap   *tap
	rooms []*room
	heard [frame]int16
	pcm   [frame]int16
}

// room is one mix: of what its sources say, for all who hear the same, each without
// itself. Its sources never change; its other fields but listeners belong to the clock.
type room struct {
	sources   []*endpoint // by pair: equal sets are equal slices
	voices    []*voice    // theirs
	listeners atomic.Pointer[[]*endpoint]

	bus     mix.Bus
	limiter mix.Limiter // of those who are no source
	shared  [frame]int16
	coded   [2]bool // by law: codes is what is shared, in that law
	codes   [2][frame]byte
}

// enter puts e into the room of sources, which may be none where only a prompt is mixed
// into packets, or takes it out of any room. beside tells that what it hears there goes
// with packets that it is sent. It needs the plane's mutex.
func (e *endpoint) enter(sources []*endpoint, beside, mixes bool) error {
	var before *room
	if e.out.mixed != nil {
		before = e.out.mixed.room
	}
	in := before
	if mixes && (before == nil || !slices.Equal(before.sources, sources)) {
		r, err := e.plane.roomOf(sources)
		if err != nil {
			return err
		}
		listeners := append(slices.Clone(*r.listeners.Load()), e)
		r.listeners.Store(&listeners)
		in = r
	} else if !mixes {
		in = nil
	}
	e.out.Lock()
	if !mixes {
		e.out.mixed = nil
	} else {
		if e.out.mixed == nil {
			e.out.mixed = new(mixed)
		}
		m := e.out.mixed
		m.room, m.beside, m.own = in, beside, nil
		if slices.Contains(sources, e) {
			m.own = e.voice
		}
	}
	e.out.Unlock()
	if before != nil && before != in {
		before.leave(e)
	}
	return nil
}

// roomOf is the room of sources, a new one if there is none. It needs the plane's mutex.
func (p *Plane) roomOf(sources []*endpoint) (*room, error) {
	if len(sources) > 0 && sources[0].voice != nil {
		for _, r := range sources[0].voice.rooms {
			if slices.Equal(r.sources, sources) {
				return r, nil
			}
		}
	}
	r := &room{sources: sources}
	r.listeners.Store(new([]*endpoint))
	for i, s := range sources {
		if err := s.speakTo(r); err != nil {
			r.sources = sources[:i]
			r.close(p)
			return nil, err
		}
		r.voices = append(r.voices, s.voice)
	}
	p.clocks[0].keep(r, true)
	return r, nil
}

// speakTo has a room hear e.
func (e *endpoint) speakTo(r *room) error {
	if e.voice == nil {
		v := &voice{}
		t, err := e.tap(false, func(pcm []int16) { copy(v.heard[:], pcm) })
		if err != nil {
			return err
		}
		v.tap, e.voice = t, v
		e.pace(0, false) // by the clock that mixes
	}
	e.voice.rooms = append(e.voice.rooms, r)
	return nil
}

// leave takes a listener out. A room without listeners is closed.
func (r *room) leave(l *endpoint) {
	left := slices.DeleteFunc(slices.Clone(*r.listeners.Load()), func(o *endpoint) bool { return o == l })
	r.listeners.Store(&left)
	if len(left) == 0 {
		r.close(l.plane)
	}
}

func (r *room) close(p *Plane) {
	p.clocks[0].keep(r, false)
	for _, s := range r.sources {
		v := s.voice
		if v.rooms = slices.DeleteFunc(v.rooms, func(o *room) bool { return o == r }); len(v.rooms) == 0 {
			s.voice = nil
			s.pace(0, false)
			s.untap(v.tap)
			v.tap.end()
		}
	}
}

// mix is called on each tick, when every voice has its frame.
func (r *room) mix(now time.Time, c *clock) {
	r.bus.Reset(frame)
	for _, v := range r.voices {
		v.tap.mu.Lock()
		v.pcm = v.heard
		v.tap.mu.Unlock()
		r.bus.Add(v.pcm[:])
	}
	r.bus.Take(r.shared[:], nil, &r.limiter)
	r.coded = [2]bool{}
	for _, l := range *r.listeners.Load() {
		l.out.Lock()
		m, ended := l.out.mixed, false
		if m != nil && m.room == r {
			ended = l.out.mix(now, m, r, c)
		}
		l.out.Unlock()
		if ended {
			l.post(media.Event{Kind: media.Ended, At: now})
		}
	}
}

// in is what all who are no source hear, in a law: encoded once.
func (r *room) in(law codec.Law) []byte {
	if !r.coded[law] {
		law.Encode(r.codes[law][:], r.shared[:])
		r.coded[law] = true
	}
	return r.codes[law][:]
}
