package security

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
)

// Limits of a Log.
const (
	FileName = "security.log" // in the data folder
	MaxFile  = 16 << 20       // bytes of the file
	Kept     = 4              // older files
	MaxRate  = 200            // lines a second, with a burst of ten times as many
	maxQueue = 4096           // lines waiting for the writer

	lookEvery = time.Second // for a file that somebody else has renamed
)

// Counters count what a Log did.
type Counters struct {
	Written     atomic.Uint64 // lines written
	Dropped     atomic.Uint64 // events dropped because of MaxRate or a full queue
	WriteErrors atomic.Uint64 // lines lost because the file could not be written
	Rotated     atomic.Uint64 // files begun because one was full
}

// Log writes events to a file. Safe for concurrent use.
type Log struct {
	path     string
	maxFile  int64
	log      *slog.Logger
	counters Counters
	limit    *rate.Limiter
	missing  atomic.Uint64 // dropped since the last line about it
	lines    chan string
	done     chan struct{}

	mu     sync.RWMutex
	closed bool

	// Of the writer alone.
	file   *os.File
	size   int64
	looked time.Time
	warned bool
}

// Open begins or continues the file in a folder.
func Open(dir string, log *slog.Logger) (*Log, error) {
	l := &Log{
		path: filepath.Join(dir, FileName), maxFile: MaxFile, log: log, limit: rate.NewLimiter(MaxRate, 10*MaxRate),
		lines: make(chan string, maxQueue), done: make(chan struct{}),
	}
	if err := l.open(); err != nil {
		return nil, fmt.Errorf("the log of security events cannot be written: %w", err)
	}
	go l.run()
	return l, nil
}

// Counters returns the log's counters.
func (l *Log) Counters() *Counters { return &l.counters }

// Report has an event written. See Reporter.
func (l *Log) Report(now time.Time, e Event) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return
	}
	if !l.limit.AllowN(now, 1) {
		l.drop(1)
		return
	}
	if n := l.missing.Swap(0); n > 0 {
		l.put(Event{Kind: Dropped, Detail: strconv.FormatUint(n, 10) + " events"}.Line(now))
	}
	l.put(e.Line(now))
}

func (l *Log) put(line string) {
	select {
	case l.lines <- line:
	default:
		l.drop(1)
	}
}

func (l *Log) drop(n uint64) {
	l.missing.Add(n)
	l.counters.Dropped.Add(n)
}

// Close writes what waits and closes the file.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return nil
	}
	l.closed = true
	close(l.lines)
	l.mu.Unlock()
	<-l.done
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

// run is the writer: it ends when the log is closed.
func (l *Log) run() {
	defer close(l.done)
	for line := range l.lines {
		if err := l.write(line + "\n"); err != nil {
			l.counters.WriteErrors.Add(1)
			if !l.warned {
				l.warned = true
				l.log.Error("a security event is lost: make room in the data folder, or give it to the node's user", "file", l.path, "error", err)
			}
			continue
		}
		l.warned = false
		l.counters.Written.Add(1)
	}
}

func (l *Log) write(line string) error {
	if l.file != nil && l.size+int64(len(line)) > l.maxFile {
		if err := l.rotate(); err != nil {
			return err
		}
	}
	if now := time.Now(); now.Sub(l.looked) >= lookEvery {
		l.looked = now
		l.follow()
	}
	if l.file == nil {
		if err := l.open(); err != nil {
			return err
		}
	}
	n, err := l.file.WriteString(line)
	l.size += int64(n)
	return err
}

// open begins or continues the file.
func (l *Log) open() error {
	f, err := os.OpenFile(l.path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return errors.Join(err, f.Close())
	}
	l.file, l.size = f, info.Size()
	return nil
}

// rotate renames the file, and older ones before it.
func (l *Log) rotate() error {
	for i := Kept - 1; i > 0; i-- {
		_ = os.Rename(l.path+"."+strconv.Itoa(i), l.path+"."+strconv.Itoa(i+1)) // there may be none
	}
	if err := os.Rename(l.path, l.path+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	l.release()
	l.counters.Rotated.Add(1)
	return nil
}

// follow lets go of a file that is no longer at its path.
func (l *Log) follow() {
	if l.file == nil {
		return
	}
	own, err := l.file.Stat()
	there, err2 := os.Stat(l.path)
	if err != nil || err2 != nil || !os.SameFile(own, there) {
		l.release()
	}
}

func (l *Log) release() {
	_ = l.file.Close() // each line was written when it came
	l.file, l.size = nil, 0
}

var _ Reporter = (*Log)(nil)
