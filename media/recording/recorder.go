package recording

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Config is what a Recorder is told.
type Config struct {
	Dir   string // made if needed
	Node  string // of every Info
	Mixed bool   // files have one channel
	// Ended is told of each recording whose file is complete, from a writer: it must not
	// wait for the recorder. nil: nobody wants to know.
	Ended   func(Info)
	Writers int          // 0 means 2
	Log     *slog.Logger // nil means slog.Default()
}

// Recorder records calls. Safe for concurrent use.
type Recorder struct {
	cfg      Config
	counters Counters
	create   func(name string) (soundFile, error)

	mu      sync.Mutex
	active  map[string]*Recording // by ID
	turn    int
	closed  bool
	idle    chan struct{} // closed when the last recording is done; nil before Close
	writers []*writer
	running sync.WaitGroup // the writers
	stop    chan struct{}  // ends them

	finisher *writer
	last     chan struct{} // ends the finisher
}

// Open begins to record into a folder, and completes what an earlier process left
// there: these it returns.
func Open(cfg Config) (*Recorder, []Info, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Writers == 0 {
		cfg.Writers = 2
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, nil, err
	}
	r := &Recorder{
		cfg: cfg, active: map[string]*Recording{}, stop: make(chan struct{}), last: make(chan struct{}),
		create: func(name string) (soundFile, error) { return os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600) },
	}
	repaired, err := r.repair()
	if err != nil {
		cfg.Log.Error("some recordings of before cannot be completed; they are tried again", "folder", cfg.Dir, "error", err)
	}
	for range cfg.Writers {
		w := newWriter(r)
		r.writers = append(r.writers, w)
		r.running.Go(func() { w.run(r.stop) })
	}
	r.finisher = newWriter(r)
	go r.finisher.run(r.last)
	return r, repaired, nil
}

// Counters are the live figures.
func (r *Recorder) Counters() *Counters { return &r.counters }

// Begin begins a recording. Of info, ID and Call must be set and the ID must be new;
// what the recorder knows itself it sets. Nothing is waited for.
func (r *Recorder) Begin(info Info) (*Recording, error) {
	now := time.Now()
	info.Node, info.Mixed, info.Began = r.cfg.Node, r.cfg.Mixed, now.UTC().Truncate(time.Millisecond)
	if !validID.MatchString(info.ID) {
		return nil, ErrUnknown
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		return nil, ErrClosed
	case r.active[info.ID] != nil:
		return nil, ErrActive
	case len(r.active) >= MaxRecordings:
		r.counters.Refused.Add(1)
		return nil, ErrTooMany
	}
	r.turn++
	rec := &Recording{recorder: r, writer: r.writers[r.turn%len(r.writers)], began: now, info: info, told: true}
	r.active[info.ID] = rec
	r.counters.Began.Add(1)
	r.counters.Active.Add(1)
	rec.writer.order(job{rec: rec})
	return rec, nil
}

// done lets go a recording that has ended.
func (r *Recorder) done(rec *Recording, info Info, err error) {
	if err != nil {
		r.counters.WriteErrors.Add(1)
		r.counters.Unfinished.Add(1)
		r.cfg.Log.Error("the end of a recording cannot be written; it is tried again", "recording", info.ID, "error", err)
	} else {
		r.counters.Done.Add(1)
		r.cfg.Log.Info("call recorded", "call", info.Call, "recording", info.ID, "seconds", info.Seconds, "lost_seconds", info.Lost)
		if r.cfg.Ended != nil {
			r.cfg.Ended(info)
		}
	}
	r.counters.Active.Add(-1)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.active, rec.info.ID)
	if r.idle != nil && len(r.active) == 0 {
		close(r.idle)
		r.idle = nil
	}
}

// Close ends every recording and waits for the files, at most until ctx is done: what
// is not complete then is completed at the next start.
func (r *Recorder) Close(ctx context.Context) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return nil
	}
	r.closed = true
	var left []*Recording
	for _, rec := range r.active {
		left = append(left, rec)
	}
	idle := make(chan struct{})
	if len(left) == 0 {
		close(idle)
	} else {
		r.idle = idle
	}
	r.mu.Unlock()
	for _, rec := range left {
		rec.End()
	}
	close(r.stop)
	defer close(r.last)
	select {
	case <-idle:
		r.running.Wait()
		return nil
	case <-ctx.Done():
		return errors.New("the disk is too slow to complete all recordings; they are completed at the next start")
	}
}

// repair completes the parts that no recording under way owns.
func (r *Recorder) repair() ([]Info, error) {
	parts, err := filepath.Glob(filepath.Join(r.cfg.Dir, "*", "*"+partExt))
	errs := []error{err}
	var repaired []Info
	for _, part := range parts {
		base := strings.TrimSuffix(part, partExt)
		if r.isActive(filepath.Base(base)) {
			continue
		}
		i, err := repair(base)
		if errors.Is(err, fs.ErrNotExist) { // it was completed meanwhile
			continue
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		r.counters.Repaired.Add(1)
		r.cfg.Log.Warn("a recording that was cut off is completed", "recording", i.ID, "call", i.Call, "seconds", i.Seconds)
		repaired = append(repaired, i)
	}
	return repaired, errors.Join(errs...)
}

func (r *Recorder) isActive(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.active[id] != nil
}

// repair completes a part by what there is of it.
func repair(base string) (i Info, err error) {
	f, err := os.OpenFile(base+partExt, os.O_RDWR, 0)
	if err != nil {
		return i, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	i, err = readInfo(base + infoExt)
	day, derr := time.Parse(dayFormat, filepath.Base(filepath.Dir(base)))
	if errors.Is(err, fs.ErrNotExist) && derr == nil { // it came no further
		i, err = Info{ID: filepath.Base(base), Began: day, Why: "unknown", Mixed: isMixed(f)}, nil
	}
	if err != nil {
		return i, err
	}
	st, err := f.Stat()
	if err != nil {
		return i, err
	}
	frames := max(st.Size()-headerSize, 0) / int64(2*i.channels()*Frame)
	if i.Ended.IsZero() || i.Seconds == 0 { // else only its end was not written
		i.Seconds = (time.Duration(frames) * frameTime).Seconds()
		i.Ended, i.Repaired = i.Began.Add(time.Duration(frames)*frameTime), true
	}
	return i, complete(f, &i, base)
}
