package relay

import (
	"cmp"
	"fmt"
	"slices"

	"strowger/media"
)

// maxBeside is how many others may be mixed into the packets of one that is heard.
// Where more are heard, all share one mix.
const maxBeside = 2

// wish is what an endpoint was told to hear.
type wish struct {
	voices []*endpoint // by pair, each once
	prompt *media.Prompt
}

// Hear implements media.Endpoint.
func (e *endpoint) Hear(from ...media.Source) error {
	p := e.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.closed {
		return media.ErrClosed
	}
	w, err := e.wish(from)
	if err != nil {
		return err
	}
	if err := e.mayHear(w); err != nil {
		return err
	}
	e.surface() // of its sources, who has a listener more does so itself
	var play *player
	if w.prompt != nil {
		play = &player{prompt: w.prompt}
	}
	e.out.Lock()
	e.out.player = play
	e.out.Unlock()
	e.pace(prompting, play != nil)
	return e.arrange(w)
}

// wish reads a list of sources.
func (e *endpoint) wish(from []media.Source) (w wish, err error) {
	if len(from) > media.MaxSources {
		return w, fmt.Errorf("%s cannot hear %d at once, at most %d", e.label, len(from), media.MaxSources)
	}
	for _, s := range from {
		switch s := s.(type) {
		case nil:
		case *endpoint:
			w.voices = append(w.voices, s)
		case *media.Prompt:
			if w.prompt != nil {
				return w, fmt.Errorf("%s cannot hear two prompts at once", e.label)
			}
			w.prompt = s
		default:
			return w, fmt.Errorf("%s cannot hear a %T: it is neither an endpoint of this plane nor a prompt", e.label, s)
		}
	}
	slices.SortFunc(w.voices, func(a, b *endpoint) int { return cmp.Compare(a.pair, b.pair) })
	w.voices = slices.Compact(w.voices)
	return w, nil
}

// mayHear checks the sources of a wish. It needs the plane's mutex.
func (e *endpoint) mayHear(w wish) error {
	for _, s := range w.voices {
		switch {
		case s.plane != e.plane:
			return fmt.Errorf("%s cannot hear %s: they are of different planes", e.label, s.label)
		case s.closed:
			return fmt.Errorf("%s cannot hear %s: %w", e.label, s.label, media.ErrClosed)
		}
	}
	if s := e.direct(w); s != nil && len(s.listeners) >= maxListeners && e.hears != s {
		return fmt.Errorf("%s cannot hear %s: it has %d listeners, as many as are possible", e.label, s.label, maxListeners)
	}
	return nil
}

// direct is whose packets are forwarded by a wish, nil for nobody's. Who is heard
// already stays so while a few others are mixed in: its sound has no gap and no delay.
func (e *endpoint) direct(w wish) *endpoint {
	others := w.others(e)
	switch {
	case len(others) == 1 && w.prompt == nil:
		return others[0]
	case len(others) <= 1+maxBeside && slices.Contains(others, e.hears) && e.hears != e && e.joins(e.hears):
		return e.hears
	}
	return nil
}

// others are the voices without e itself, unless it is the only one (echo).
func (w wish) others(e *endpoint) []*endpoint {
	if len(w.voices) < 2 || !slices.Contains(w.voices, e) {
		return w.voices
	}
	return slices.DeleteFunc(slices.Clone(w.voices), func(s *endpoint) bool { return s == e })
}

// joins tells whether other sound can be mixed into packets of s for e: both first use
// what is known here.
func (e *endpoint) joins(s *endpoint) bool {
	for _, o := range []*outbound{&e.out, &s.out} {
		if len(o.payloads) == 0 {
			return false
		}
		if _, ok := formatOf(&o.payloads[0]); !ok {
			return false
		}
	}
	return true
}

// arrange makes the edges and the room of what e is to hear, and keeps those that are
// right. It needs the plane's mutex.
func (e *endpoint) arrange(w wish) error {
	direct, rest := e.direct(w), w.voices
	if direct != nil && len(w.others(e)) == 1 {
		rest = nil
	} else if direct != nil {
		rest = slices.DeleteFunc(slices.Clone(rest), func(s *endpoint) bool { return s == direct })
	}
	mixes, mixed := len(rest) > 0 || direct != nil && w.prompt != nil, e.out.mixed != nil
	if err := e.enter(rest, direct != nil, mixes); err != nil {
		return err
	}
	if m := e.out.mixed; m != nil {
		m.wants = w
	}
	if e.hears != direct || direct == nil && (!mixed || !mixes) {
		e.detach()
		e.out.Lock()
		e.out.change()
		e.out.Unlock()
	}
	if direct != nil && e.hears == nil {
		e.hears = direct
		direct.listeners = append(direct.listeners, e)
		direct.reroute()
	}
	return nil
}

// rearrange does so for whom it may matter that e's codecs changed: their packets may
// be no place to mix into any more.
func (e *endpoint) rearrange() {
	for _, l := range append(slices.Clip(e.listeners), e) {
		if m := l.out.mixed; m != nil && l.hears != nil {
			_ = l.arrange(m.wants) // nothing new is tapped
		}
	}
}

// detach ends the edge to e. It needs the plane's mutex.
func (e *endpoint) detach() {
	if e.hears == nil {
		return
	}
	source := e.hears
	e.hears = nil
	e.fills(false)
	source.listeners = slices.DeleteFunc(source.listeners, func(l *endpoint) bool { return l == e })
	source.reroute()
}

// mute ends all that e hears, and that anybody hears of it. It needs the plane's mutex.
func (e *endpoint) mute() {
	_ = e.enter(nil, false, false) // it leaves
	e.detach()
	hearers := slices.Clone(e.listeners)
	if e.voice != nil {
		for _, r := range e.voice.rooms {
			hearers = append(hearers, *r.listeners.Load()...)
		}
	}
	for _, l := range hearers {
		switch m := l.out.mixed; {
		case m == nil && l.hears == e:
			_ = l.arrange(wish{})
		case m != nil && slices.Contains(m.wants.voices, e):
			w := m.wants
			w.voices = slices.DeleteFunc(slices.Clone(w.voices), func(s *endpoint) bool { return s == e })
			_ = l.arrange(w) // it only has less to hear
		}
	}
}
