// Package segment is an append-only log of checksummed frames in numbered files.
// It serves the ledger and whatever else must survive the process.
//
// # Contract
//
//   - Append returns after write(2): what it wrote survives the end of the process
//     at once, and a power cut after the next Sync, which runs at most SyncEvery
//     after the write.
//   - Opening cuts off a torn last frame. A bad frame before the end of a file is
//     an error that names file and offset: nothing is skipped silently.
//   - A segment begins with the snapshot given when it was opened, so that reading
//     the newest segment is enough to go on.
//
// # Format
//
// A file NNNNNNNN.log is a sequence of frames: length (4 bytes, little endian),
// CRC-32C of the payload (4 bytes), payload. The first frame is the snapshot.
package segment

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// SyncEvery bounds what a power cut takes.
const SyncEvery = 200 * time.Millisecond

// MaxFrame bounds a frame, so that a damaged length is recognised.
const MaxFrame = 1 << 20

const header = 8

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Errors of a Log.
var (
	ErrTooLarge = errors.New("frame exceeds the limit")
	ErrDamaged  = errors.New("log file is damaged")
)

// Log is an open log. Safe for concurrent use.
type Log struct {
	dir string

	mu    sync.Mutex
	file  *os.File
	size  int64
	seq   int
	dirty bool
	buf   []byte
	writer

	closed atomic.Bool
	stop   chan struct{}
	done   chan struct{}
}

// Open opens the log in dir, which is made if needed, and passes the frames of its
// newest segment to replay, the snapshot first (nil for a new log). Appends go to
// the end of that segment.
func Open(dir string, replay func(frame []byte, snapshot bool) error) (*Log, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	names, err := Files(dir)
	if err != nil {
		return nil, err
	}
	l := &Log{dir: dir, stop: make(chan struct{}), done: make(chan struct{})}
	if len(names) == 0 {
		err = l.create(1, nil)
	} else {
		err = l.resume(names[len(names)-1], replay)
	}
	if err != nil {
		return nil, err
	}
	go l.syncer()
	return l, nil
}

// Files are the segments of a log, oldest first.
func Files(dir string) ([]string, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(n string) bool { return number(n) == 0 })
	slices.SortFunc(names, func(a, b string) int { return number(a) - number(b) })
	return names, nil
}

func number(name string) int {
	n, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(name), ".log"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// create begins a segment with a snapshot: written aside, synced, renamed.
func (l *Log) create(seq int, snapshot []byte) error {
	name := filepath.Join(l.dir, fmt.Sprintf("%08d.log", seq))
	f, err := os.OpenFile(name+".new", os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o640) //nolint:gosec // G304: our own folder
	if err != nil {
		return err
	}
	frame := appendFrame(nil, snapshot)
	if _, err = f.Write(frame); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(name+".new", name)
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	if l.file != nil {
		_ = l.file.Close() // synced before
	}
	l.file, l.size, l.seq, l.dirty = f, int64(len(frame)), seq, false
	return syncDir(l.dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// resume reads the newest segment and cuts off a torn end.
func (l *Log) resume(name string, replay func([]byte, bool) error) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	good, err := read(f, replay)
	if err == nil {
		err = f.Truncate(good)
	}
	if err == nil {
		_, err = f.Seek(good, io.SeekStart)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", name, err), f.Close())
	}
	l.file, l.size, l.seq = f, good, number(name)
	return nil
}

// Read passes the frames of one segment file to fn, without a torn last one.
func Read(name string, fn func(frame []byte, snapshot bool) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if _, err = read(f, fn); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Append writes frames at the end, with one write(2): all of them or none.
func (l *Log) Append(frames ...[]byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf = l.buf[:0]
	for _, frame := range frames {
		if len(frame) > MaxFrame {
			return ErrTooLarge
		}
		l.buf = appendFrame(l.buf, frame)
	}
	n, err := l.write(l.file, l.buf)
	if err != nil {
		if n > 0 { // a full disk took a part: take it back
			err = errors.Join(err, l.file.Truncate(l.size))
			_, serr := l.file.Seek(l.size, io.SeekStart)
			err = errors.Join(err, serr)
		}
		return err
	}
	l.size += int64(n)
	l.dirty = true
	return nil
}

// Size is that of the segment being written, in bytes.
func (l *Log) Size() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.size
}

// Rotate begins a new segment with a snapshot of what must be known to go on.
func (l *Log) Rotate(snapshot []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.file.Sync(); err != nil {
		return err
	}
	return l.create(l.seq+1, snapshot)
}

// Sync waits until everything appended is on disk.
func (l *Log) Sync() error {
	l.mu.Lock()
	f, dirty := l.file, l.dirty
	l.dirty = false
	l.mu.Unlock()
	if !dirty {
		return nil
	}
	if err := f.Sync(); err != nil && !errors.Is(err, os.ErrClosed) {
		l.mu.Lock()
		l.dirty = true
		l.mu.Unlock()
		return err
	}
	return nil
}

// Close syncs and closes the log. Closing again is harmless.
func (l *Log) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	close(l.stop)
	<-l.done
	err := l.Sync()
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(err, l.file.Close())
}

func (l *Log) syncer() {
	defer close(l.done)
	t := time.NewTicker(SyncEvery)
	defer t.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-t.C:
			_ = l.Sync() // tried again at the next tick
		}
	}
}

func appendFrame(dst, payload []byte) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(payload)))
	dst = binary.LittleEndian.AppendUint32(dst, crc32.Checksum(payload, castagnoli))
	return append(dst, payload...)
}
