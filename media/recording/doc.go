// Package recording keeps the sound of calls as WAV files: what a caller says in the
// left channel, in the right one what an agent says and whom else the caller hears, or all
// mixed.
//
// # Contract
//
//   - What brings sound never waits for a disk. Frames are put into chunks of half a
//     second in memory; a small pool of writers takes them from there. A chunk that
//     finds MaxWaiting before it is dropped and counted: its place in the file is
//     silence, so that all that follows is where it belongs.
//   - A frame's place is the time at which it came. Both channels run by the same
//     time, so that they are aligned to 20 ms; where nothing came is silence.
//   - Pause and mask are silence of the true length. What is masked never was in the
//     memory of a writer.
//   - A file under way is ID.wav.part. It is given its true header, synced and renamed
//     when the recording ends. A crash leaves the part, which the next start finishes:
//     of its sound the last second, which was in memory, may be missing.
//   - Each recording has ID.json beside it (Info): who was in which channel when, and
//     the marks. It is written when the recording begins, at each mark and at the end.
//   - An error of the disk is counted, logged once a recording, and costs sound of
//     that recording alone.
//
// # Files
//
// DIR/DATE/ID.wav, ID.json and ID.wav.part, by the UTC day on which the recording
// began, readable by the node's user alone. A file is 16-bit PCM of 8000 Hz with a
// header of 44 bytes; pauses are holes in it, which take no room on most disks.
//
// # Ownership
//
// A Recorder owns the folder and its writers. A recording belongs to one writer, which
// alone touches its files, until it is done. A Recording may be used from any
// goroutine.
package recording

import (
	"errors"
	"sync/atomic"
	"time"
)

// Frame is the number of samples of 20 ms at SampleRate.
const (
	SampleRate = 8000 // Hz
	Frame      = SampleRate / 50
	frameTime  = 20 * time.Millisecond
)

// Limits.
const (
	// MaxWaiting is how many chunks of 16 KB wait for one writer at most.
	MaxWaiting = 1024
	// MaxRecordings is how many recordings are under way at once, with those that wait
	// for their end to be written.
	MaxRecordings = 16384
	// MaxLength ends a recording: the lengths of a WAV file have 32 bits.
	MaxLength = 24 * time.Hour
	// MaxMarks is how many marks one recording keeps.
	MaxMarks = 1000

	chunkFrames = 25 // half a second
	slack       = 5  // frames that a channel may run before or behind the clock
)

// Errors of Begin and of what looks for a recording.
var (
	ErrTooMany = errors.New("too many recordings are under way")
	ErrClosed  = errors.New("no recording begins any more")
	ErrUnknown = errors.New("there is no such recording")
	ErrActive  = errors.New("the recording is under way")
)

// Counters of a Recorder.
type Counters struct {
	Began       atomic.Uint64 // recordings begun
	Done        atomic.Uint64 // recordings whose file is complete
	Repaired    atomic.Uint64 // files of an earlier process that were completed
	Refused     atomic.Uint64 // recordings not begun because there were too many
	Frames      atomic.Uint64 // frames of one party taken
	Dropped     atomic.Uint64 // frames lost because the writer had too many waiting
	Late        atomic.Uint64 // frames that came too late for their place
	WriteErrors atomic.Uint64 // writes that the disk refused; their sound is lost
	Unfinished  atomic.Uint64 // ends that could not be written; tried again by Sweep
	Waiting     atomic.Int64  // chunks that wait for a writer now
	Active      atomic.Int64  // recordings under way now
	Removed     atomic.Uint64 // recordings removed because they are older than is kept
	Erased      atomic.Uint64 // recordings erased by somebody
}
