package ledger

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"strowger/sip/segment"
)

// Limits.
const (
	// Backlog is how many events are kept while the disk takes none.
	Backlog = 1 << 16
	// FlushEvery is how long a call record waits for others before it is written.
	FlushEvery = 200 * time.Millisecond
	// segmentSize begins a new segment.
	segmentSize = 64 << 20
	// maxEnded is how many ended calls wait for the next flush at most; one more is
	// written at once.
	maxEnded = 1024
	// maxOpen bounds the calls that are followed for their CDR.
	maxOpen = 1 << 18
)

// Counters of a ledger.
type Counters struct {
	Events      atomic.Uint64 // events recorded
	WriteErrors atomic.Uint64 // writes that the disk refused
	Lost        atomic.Uint64 // events lost because the backlog was full
	Waiting     atomic.Int64  // events in the backlog now
	NodeLost    atomic.Uint64 // calls closed at start
	Records     atomic.Uint64 // CDRs written
	Removed     atomic.Uint64 // files removed because they are older than is kept
}

// Ledger is a node's record. Safe for concurrent use.
type Ledger struct {
	node     string
	log      *slog.Logger
	counters Counters
	started  time.Time // of the process, for the monotonic clock

	mu      sync.Mutex
	events  *segment.Log
	open    map[string]*call
	ended   []*call // their records wait for the next flush
	backlog []Event
	frames  [][]byte // reused by write
	text    []byte   // the same
	full    bool     // the disk refused last time
	files   *files
	stuck   bool // the records could not be written last time
	closed  bool

	tidy sync.Mutex // held by who replaces or removes files: Sweep, Erase
	day  time.Time  // when a segment was begun last, by Sweep

	stop, done chan struct{}
}

// Open opens or makes the ledger in dir for a node, closes the calls that an
// earlier process left open, and returns how many those were.
func Open(dir, node string, now time.Time, log *slog.Logger) (*Ledger, int, error) {
	if log == nil {
		log = slog.Default()
	}
	l := &Ledger{
		node: node, log: log, started: now, open: map[string]*call{}, files: newFiles(dir),
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	var ended []*call
	events, err := segment.Open(filepath.Join(dir, "events"), func(frame []byte, snapshot bool) error {
		if snapshot {
			return l.restore(frame)
		}
		if c := l.replay(frame); c != nil {
			ended = append(ended, c)
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("the ledger cannot be opened: %w", err)
	}
	l.events = events
	if err := l.files.complete(ended); err != nil {
		return nil, 0, fmt.Errorf("the call records cannot be written: %w", err)
	}
	lost := l.closeLost(now)
	go l.flusher()
	return l, lost, l.Flush()
}

// restore takes the calls that were open when the segment began.
func (l *Ledger) restore(snapshot []byte) error {
	if len(snapshot) == 0 {
		return nil
	}
	return json.Unmarshal(snapshot, &l.open)
}

// replay follows an event of an earlier process; it returns a call that it ended.
func (l *Ledger) replay(frame []byte) *call {
	var e Event
	if json.Unmarshal(frame, &e) != nil {
		return nil // an event of another version that we cannot read
	}
	return l.follow(&e)
}

// closeLost ends the calls that nobody ended.
func (l *Ledger) closeLost(now time.Time) int {
	lost := make([]string, 0, len(l.open))
	for id := range l.open {
		lost = append(lost, id)
	}
	for _, id := range lost {
		c := l.open[id]
		l.Record(Event{
			Kind: Ended, At: now, Call: id, Tenant: c.Tenant, By: "node lost",
			Status: 500, Q850: 41, Reason: "Node lost", Mono: c.Latest,
		})
	}
	l.counters.NodeLost.Add(uint64(len(lost)))
	return len(lost)
}

// Counters are the live figures.
func (l *Ledger) Counters() *Counters { return &l.counters }

// Record writes events (Recorder).
func (l *Ledger) Record(events ...Event) {
	for i := range events {
		e := &events[i]
		if e.Mono == 0 {
			e.Mono = int64(e.At.Sub(l.started)) // both carry a monotonic reading
		}
		e.At, e.Node = e.At.UTC().Truncate(time.Millisecond), l.node
	}
	l.counters.Events.Add(uint64(len(events)))
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full { // the flusher tries again; calls do not wait for it
		l.keep(events)
		return
	}
	l.write(events)
}

// write puts events into the log and follows their calls.
func (l *Ledger) write(events []Event) {
	l.frames, l.text = l.frames[:0], l.text[:0]
	for i := range events {
		begin := len(l.text)
		l.text = appendEvent(l.text, &events[i])
		l.frames = append(l.frames, l.text[begin:])
	}
	if err := l.events.Append(l.frames...); err != nil {
		l.refused(err)
		l.keep(events)
		return
	}
	for i := range events {
		if ended := l.follow(&events[i]); ended != nil {
			l.ended = append(l.ended, ended)
		}
	}
	if len(l.ended) > maxEnded {
		l.project()
	}
	if l.events.Size() > segmentSize {
		l.rotate()
	}
}

// project makes the records of ended calls: of many at once, as the calls
// themselves have no use for them.
func (l *Ledger) project() {
	for _, c := range l.ended {
		if err := l.files.add(c); err != nil {
			l.counters.WriteErrors.Add(1) // it is written at the next start
		} else {
			l.counters.Records.Add(1)
		}
	}
	clear(l.ended)
	l.ended = l.ended[:0]
}

// Flush writes what waits: events that the disk refused, and call records.
func (l *Ledger) Flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full {
		l.flush()
	}
	return l.flushFiles()
}

func (l *Ledger) flushFiles() error {
	l.project()
	err := l.files.flush()
	if err != nil {
		l.counters.WriteErrors.Add(1)
		if !l.stuck {
			l.log.Error("call records cannot be written; they wait", "error", err)
		}
	}
	l.stuck = err != nil
	return err
}

// flusher writes what waits each FlushEvery until Close.
func (l *Ledger) flusher() {
	defer close(l.done)
	t := time.NewTicker(FlushEvery)
	defer t.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-t.C:
			_ = l.Flush() // counted and tried again
		}
	}
}

// follow takes an event to its call; it returns a call that the event ends.
func (l *Ledger) follow(e *Event) *call {
	c := l.open[e.Call]
	switch {
	case c != nil:
		c.step(e)
	case e.Kind == Arrived && e.Call != "" && len(l.open) < maxOpen:
		l.open[e.Call] = arrived(e)
	}
	if c == nil || e.Kind != Ended {
		return nil
	}
	delete(l.open, e.Call)
	return c
}

// rotate begins a new segment that opens with the calls that are open.
func (l *Ledger) rotate() {
	snapshot, err := json.Marshal(l.open)
	if err == nil && len(snapshot) <= segment.MaxFrame {
		err = l.events.Rotate(snapshot)
	}
	if err != nil {
		l.log.Error("the ledger cannot begin a new file", "error", err)
	}
}

// Close writes what waits and closes the files. Closing again is harmless.
func (l *Ledger) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	l.mu.Unlock()
	close(l.stop)
	<-l.done
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full && !l.flush() {
		l.log.Error("events of the ledger were lost at the end", "events", len(l.backlog))
	}
	l.project()
	return errors.Join(l.files.close(), l.events.Close())
}

var _ Recorder = (*Ledger)(nil)
