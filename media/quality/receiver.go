package quality

import (
	"math"
	"time"
)

// Limits of RFC 3550, A.1.
const (
	maxDropout  = 3000 // a larger step forward is a jump
	maxMisorder = 100  // a larger step backward is a jump
	window      = 64   // sequence numbers among which duplicates are found
)

// Verdict says what a packet is to its stream.
type Verdict uint8

// The verdicts.
const (
	InOrder   Verdict = iota + 1 // the next one, or a later one after a loss
	Late                         // fills a gap: arrived after a packet that was sent later
	Duplicate                    // arrived before
	Jump                         // outside of the window; not counted until its successor comes
	Restarted                    // the successor of a Jump: a new count starts here
)

// Receiver keeps the figures of one direction of a stream. The zero value is
// ready.
type Receiver struct {
	started    bool
	maxSeq     uint16
	cycles     uint32 // sequence wraps, in units of 1<<16
	baseSeq    uint32
	badSeq     uint32 // the sequence that would confirm a jump; above 16 bits for none
	seen       uint64 // bit n: maxSeq-n arrived
	count      uint64 // packets of this count
	expected   uint64 // of the counts before
	received   uint64 // of the counts before
	duplicates uint64
	reordered  uint64

	clock      int
	timestamp  uint32        // of the packet that transit was measured with
	transitAt  time.Time     // and its arrival
	jitter     float64       // seconds
	maxGap     time.Duration // between any two packets
	paused     bool          // the next packet ends a pause
	first      time.Time
	last       time.Time
	reportBase struct{ expected, received uint64 } // at the last Report
}

// noBadSeq is a sequence that no packet has (RFC 3550, A.1).
const noBadSeq = 1<<16 + 1

// Figures are what a Receiver knows.
type Figures struct {
	Received   uint64 // packets, duplicates included
	Expected   uint64 // by sequence numbers
	Duplicates uint64
	Reordered  uint64
	Jitter     time.Duration // interarrival jitter, RFC 3550 A.8
	MaxGap     time.Duration // longest time between two packets, pauses left out
	First      time.Time     // arrival of the first packet; zero if none came
	Last       time.Time
}

// Lost is expected minus received (RFC 3550 A.3): negative with duplicates.
func (f Figures) Lost() int64 { return int64(f.Expected) - int64(f.Received) }

// LossShare is the share of the expected packets that did not come, 0 to 1. A
// duplicate is no other packet's replacement.
func (f Figures) LossShare() float64 {
	missing := f.Lost() + int64(f.Duplicates)
	if f.Expected == 0 || missing <= 0 {
		return 0
	}
	return float64(missing) / float64(f.Expected)
}

// Step counts a packet. clock is that of the timestamp in Hz; 0 means that the
// timestamp tells nothing of the time of sending (RFC 4733 events), and leaves
// jitter alone.
func (r *Receiver) Step(seq uint16, timestamp uint32, clock int, at time.Time) Verdict {
	verdict := r.sequence(seq)
	if verdict == Jump {
		return verdict
	}
	if r.first.IsZero() {
		r.first = at
	} else if gap := at.Sub(r.last); gap > r.maxGap && !r.paused {
		r.maxGap = gap
	}
	r.last, r.paused = at, false
	if verdict == Restarted {
		r.clock = 0
	}
	if clock > 0 && verdict != Duplicate {
		r.transit(timestamp, clock, at)
	}
	return verdict
}

// Pause says that no packet need come until the next one does: the party is held, or
// has announced silence.
func (r *Receiver) Pause() { r.paused = true }

// Restart makes the next packet the first of a new count, as after a change of
// SSRC. The sums stay.
func (r *Receiver) Restart() {
	r.expected += r.expectedNow()
	r.received += r.count
	r.count, r.started, r.clock = 0, false, 0
}

// sequence is update_seq of RFC 3550, A.1, with a window that knows duplicates.
func (r *Receiver) sequence(seq uint16) Verdict {
	if !r.started {
		r.start(seq)
		return InOrder
	}
	delta := seq - r.maxSeq
	switch {
	case delta == 0:
		return r.late(0)
	case delta < maxDropout:
		if seq < r.maxSeq {
			r.cycles += 1 << 16
		}
		r.maxSeq = seq
		r.seen = r.seen<<delta | 1
		r.count++
		r.badSeq = noBadSeq
		return InOrder
	case delta > math.MaxUint16-maxMisorder:
		return r.late(-delta)
	case uint32(seq) == r.badSeq:
		r.Restart()
		r.start(seq)
		return Restarted
	}
	r.badSeq = uint32(seq + 1)
	return Jump
}

func (r *Receiver) start(seq uint16) {
	r.started = true
	r.maxSeq, r.baseSeq, r.cycles = seq, uint32(seq), 0
	r.badSeq, r.seen, r.count = noBadSeq, 1, 1
}

// late counts a packet that is behind by back. What came before the first packet
// of the count widens it.
func (r *Receiver) late(back uint16) Verdict {
	r.count++
	if back < window && r.seen&(1<<back) != 0 {
		r.duplicates++
		return Duplicate
	}
	if back < window {
		r.seen |= 1 << back
	}
	if ext := r.extended() - uint32(back); int32(ext-r.baseSeq) < 0 {
		r.baseSeq = ext
	}
	r.reordered++
	return Late
}

// transit is the estimator of RFC 3550, A.8: the difference of spacing at the
// receiver and at the sender, smoothed by 1/16.
func (r *Receiver) transit(timestamp uint32, clock int, at time.Time) {
	if r.clock == clock {
		sent := float64(int32(timestamp-r.timestamp)) / float64(clock)
		d := math.Abs(at.Sub(r.transitAt).Seconds() - sent)
		r.jitter += (d - r.jitter) / 16
	}
	r.clock, r.timestamp, r.transitAt = clock, timestamp, at
}

func (r *Receiver) extended() uint32 { return r.cycles + uint32(r.maxSeq) }

func (r *Receiver) expectedNow() uint64 {
	if !r.started {
		return 0
	}
	return uint64(r.extended()-r.baseSeq) + 1
}

// Figures returns the figures so far.
func (r *Receiver) Figures() Figures {
	return Figures{
		Received:   r.received + r.count,
		Expected:   r.expected + r.expectedNow(),
		Duplicates: r.duplicates,
		Reordered:  r.reordered,
		Jitter:     time.Duration(r.jitter * float64(time.Second)),
		MaxGap:     r.maxGap,
		First:      r.first,
		Last:       r.last,
	}
}

// Report is what a reception report block says (RFC 3550, 6.4.1).
type Report struct {
	FractionLost uint8  // since the report before, in 1/256
	Lost         uint32 // cumulative, 24 bits signed
	Highest      uint32 // extended highest sequence number
	Jitter       uint32 // in units of the clock
}

// Report closes a reporting interval.
func (r *Receiver) Report() Report {
	f := r.Figures()
	expected := int64(f.Expected - r.reportBase.expected)
	lost := expected - int64(f.Received-r.reportBase.received)
	r.reportBase.expected, r.reportBase.received = f.Expected, f.Received
	report := Report{
		Lost:    uint32(min(max(f.Lost(), -1<<23), 1<<23-1)) & (1<<24 - 1),
		Highest: r.extended(),
		Jitter:  uint32(r.jitter * float64(r.clock)),
	}
	if expected > 0 && lost > 0 {
		report.FractionLost = uint8(min(lost<<8/expected, math.MaxUint8))
	}
	return report
}
