package recording

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// job is something to be written: a chunk, the info, or the end.
type job struct {
	rec   *Recording
	chunk *chunk
	end   bool
}

// writer writes the files of its recordings, in order. The finisher is one that has
// their ends, as to sync and sum up a long file takes its time.
type writer struct {
	recorder *Recorder
	wake     chan struct{} // something waits

	mu     sync.Mutex
	queue  []job // chunks up to MaxWaiting; each recording's info and end beside them once
	chunks int   // in queue

	buf []byte // scratch, of write
}

func newWriter(r *Recorder) *writer { return &writer{recorder: r, wake: make(chan struct{}, 1)} }

// put has a chunk written, false if too many wait.
func (w *writer) put(j job) bool {
	w.mu.Lock()
	full := w.chunks >= MaxWaiting
	if !full {
		w.chunks++
		w.queue = append(w.queue, j)
		w.recorder.counters.Waiting.Add(1)
	}
	w.mu.Unlock()
	w.signal()
	return !full
}

// order has the info or the end of a recording written.
func (w *writer) order(j job) {
	w.mu.Lock()
	w.queue = append(w.queue, j)
	w.mu.Unlock()
	w.signal()
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run writes until stop is closed and nothing waits.
func (w *writer) run(stop <-chan struct{}) {
	for ending := false; ; {
		w.mu.Lock()
		jobs := w.queue
		w.queue = nil
		w.mu.Unlock()
		for _, j := range jobs {
			w.do(j)
		}
		switch {
		case len(jobs) > 0:
			continue
		case ending:
			return
		}
		select {
		case <-w.wake:
		case <-stop: // what was ordered before is in the queue
			ending = true
		}
	}
}

func (w *writer) do(j job) {
	switch {
	case j.chunk != nil:
		w.write(j.rec, j.chunk)
		w.mu.Lock()
		w.chunks--
		w.mu.Unlock()
		w.recorder.counters.Waiting.Add(-1)
		chunks.Put(j.chunk)
	case j.end && w != w.recorder.finisher:
		w.recorder.finisher.order(j)
	case j.end:
		w.finish(j.rec)
	default:
		info := j.rec.snapshot()
		err := w.open(j.rec)
		if err == nil {
			err = writeInfo(w.recorder.base(&info), &info)
		}
		w.complain(j.rec, err)
	}
}

// soundFile is what a recording is written to.
type soundFile interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
}

// open makes the file of a recording, unless it is there.
func (w *writer) open(rec *Recording) error {
	if rec.file != nil {
		return nil
	}
	base := w.recorder.base(&rec.info)
	if err := os.MkdirAll(filepath.Dir(base), 0o700); err != nil {
		return err
	}
	f, err := w.recorder.create(base + partExt)
	if err != nil {
		return err
	}
	if _, err := f.WriteAt(header(rec.info.channels(), unknown), 0); err != nil {
		return errors.Join(err, f.Close())
	}
	rec.file = f
	return nil
}

func (i *Info) channels() int {
	if i.Mixed {
		return 1
	}
	return 2
}

// write puts a chunk into its place.
func (w *writer) write(rec *Recording, c *chunk) {
	err := w.open(rec)
	if err == nil {
		w.buf = w.buf[:0]
		for i, left := range c.pcm[Left] {
			right := c.pcm[Right][i]
			if rec.info.Mixed {
				w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(mix(left, right)))
			} else {
				w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(left))
				w.buf = binary.LittleEndian.AppendUint16(w.buf, uint16(right))
			}
		}
		_, err = rec.file.WriteAt(w.buf, headerSize+int64(c.index)*int64(len(w.buf)))
	}
	if err != nil {
		w.complain(rec, err)
		rec.mu.Lock()
		rec.lost += c.taken
		rec.mu.Unlock()
	}
}

// complain counts an error of the disk, and tells the first of each recording.
func (w *writer) complain(rec *Recording, err error) {
	if err == nil {
		return
	}
	w.recorder.counters.WriteErrors.Add(1)
	if !rec.bad {
		w.recorder.cfg.Log.Error("a recording cannot be written; the call goes on, its sound is lost until it can", "recording", rec.info.ID, "error", err)
	}
	rec.bad = true
}

// finish completes the files of a recording.
func (w *writer) finish(rec *Recording) {
	info := rec.snapshot()
	err := w.open(rec)
	if err == nil {
		err = errors.Join(complete(rec.file, &info, w.recorder.base(&info)), rec.file.Close())
		rec.file = nil
	}
	w.recorder.done(rec, info, err)
}

// complete gives a file its true length and header, and its name.
func complete(f soundFile, i *Info, base string) error {
	block := int64(2 * i.channels())
	size := int64(time.Duration(i.Seconds*float64(time.Second))/frameTime) * Frame * block
	err := f.Truncate(headerSize + size)
	if err == nil {
		_, err = f.WriteAt(header(i.channels(), uint32(size)), 0)
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		return err
	}
	sum := sha256.New()
	if i.Bytes, err = io.Copy(sum, io.NewSectionReader(f, 0, headerSize+size)); err != nil {
		return err
	}
	i.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if err := writeInfo(base, i); err != nil {
		return err
	}
	if err := os.Rename(base+partExt, base+soundExt); err != nil {
		return err
	}
	return syncDir(filepath.Dir(base))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
