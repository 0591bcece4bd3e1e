// Package logging writes the log of a node: structured lines, of which no flood and no
// secret comes out.
//
// # Contract
//
//   - Each message (its level and words) is written Burst times within Window; what
//     exceeds that is counted, and told once at the end of the window by the same
//     message with the attribute suppressed. Debug lines are all written: who asks
//     for them wants them.
//   - Attributes whose name says that they are a secret are written as "removed"; a
//     password in a URL is hidden.
//   - Telephone numbers are attributes named from, to, caller, callee or number, and
//     are written as Numbers says.
//   - Messages are constants; MaxMessages bounds how many are followed, others share
//     one allowance.
package logging

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of a log.
const (
	Burst       = 10
	Window      = 10 * time.Second
	MaxMessages = 1024
)

// Config is what a log is told.
type Config struct {
	Level   slog.Level
	JSON    bool    // else text
	Numbers Numbers // "" means Full
}

// Counters of a log.
type Counters struct {
	Written    atomic.Uint64 // lines written
	Suppressed atomic.Uint64 // lines left out because their message came too often
}

// Log is where a node's lines go.
type Log struct {
	*slog.Logger
	state *state
}

// New writes lines to w.
func New(w io.Writer, cfg Config) *Log {
	o := &slog.HandlerOptions{Level: cfg.Level, ReplaceAttr: newRedactor(cfg.Numbers).replace}
	var inner slog.Handler = slog.NewTextHandler(w, o)
	if cfg.JSON {
		inner = slog.NewJSONHandler(w, o)
	}
	s := &state{windows: map[key]*window{}}
	return &Log{Logger: slog.New(&handler{inner: inner, state: s}), state: s}
}

// CountersOf are the live figures of a log, nil of one that is not of this package, or nil.
func CountersOf(l *slog.Logger) *Counters {
	if l == nil {
		return nil
	}
	if h, ok := l.Handler().(*handler); ok {
		return &h.state.counters
	}
	return nil
}

// Close tells what is suppressed at present. Lines may still be written after it.
func (l *Log) Close() { l.state.flush() }

// key is a message. The zero key is for those that are not followed.
type key struct {
	level slog.Level
	words string
}

// window is the present one of a message.
type window struct {
	began      time.Time
	written    int
	suppressed int
	handler    slog.Handler // of the last line suppressed
	timer      *time.Timer  // ends the window; nil while nothing is suppressed
}

// state is shared by a handler and those made from it.
type state struct {
	counters Counters
	mu       sync.Mutex
	windows  map[key]*window
}

// allow tells whether a line may be written.
func (s *state) allow(k key, at time.Time, h slog.Handler) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := s.windows[k]
	if w == nil && len(s.windows) >= MaxMessages {
		k = key{}
		w = s.windows[k]
	}
	if w == nil {
		w = &window{}
		s.windows[k] = w
	}
	if w.timer == nil && at.Sub(w.began) >= Window {
		w.began, w.written = at, 0
	}
	if w.written < Burst {
		w.written++
		return true
	}
	w.suppressed++
	w.handler = h
	if w.timer == nil {
		w.timer = time.AfterFunc(Window-at.Sub(w.began), func() { s.tell(k) })
	}
	s.counters.Suppressed.Add(1)
	return false
}

// tell says how many lines of a message were suppressed, and begins anew.
func (s *state) tell(k key) {
	s.mu.Lock()
	w := s.windows[k]
	n, h := w.suppressed, w.handler
	if w.timer != nil {
		w.timer.Stop()
	}
	*w = window{}
	s.mu.Unlock()
	if n == 0 {
		return
	}
	words := k.words
	if words == "" {
		words = "more messages than are followed"
	}
	r := slog.NewRecord(time.Now(), k.level, words, 0)
	r.AddAttrs(slog.Int("suppressed", n))
	s.counters.Written.Add(1)
	_ = h.Handle(context.Background(), r) // nobody can be told
}

func (s *state) flush() {
	s.mu.Lock()
	var waiting []key
	for k, w := range s.windows {
		if w.timer != nil {
			waiting = append(waiting, k)
		}
	}
	s.mu.Unlock()
	for _, k := range waiting {
		s.tell(k)
	}
}

// handler limits what another one writes (slog.Handler).
type handler struct {
	inner slog.Handler
	state *state
}

func (h *handler) Enabled(ctx context.Context, l slog.Level) bool { return h.inner.Enabled(ctx, l) }

func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	if r.Level > slog.LevelDebug && !h.state.allow(key{r.Level, r.Message}, r.Time, h.inner) {
		return nil
	}
	h.state.counters.Written.Add(1)
	return h.inner.Handle(ctx, r)
}

func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{h.inner.WithAttrs(attrs), h.state}
}

func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{h.inner.WithGroup(name), h.state}
}
