package relay

import (
	"time"

	"strowger/media"
)

const (
	// oneWayAfter is how long packets may go out without one coming in before OneWay,
	// of a party that was not heard yet.
	oneWayAfter = 5 * time.Second
	// ceasedAfter is the same of one that was heard: neither sound nor a report comes. A
	// phone that leaves pauses out goes on to report.
	ceasedAfter = 10 * time.Second
	// sentOfLate is how long ago the last packet went out, if they go out.
	sentOfLate = time.Second
)

// watch notices silence. It is pure; the clock asks it now and then.
type watch struct {
	timeout time.Duration // after sound; 0 means never
	quiet   time.Duration // after comfort noise; 0 means never
	last    time.Time     // of RTP, RTCP or setTimeout
	noise   bool          // the last RTP packet was comfort noise
	told    bool          // Timeout was posted and nothing came since

	bothWays   bool // both directions are open
	sound      bool // RTP came since they were opened
	toldOneWay bool // and no RTP came since
	toldSilent bool
	opened     time.Time
}

func (w *watch) setTimeout(sound, noise time.Duration, now time.Time) {
	w.timeout, w.quiet, w.last, w.told = sound, noise, now, false
}

// open begins a new wait for sound in both directions, or none.
func (w *watch) open(bothWays bool, now time.Time) {
	w.bothWays, w.sound, w.toldOneWay, w.opened = bothWays, false, false, now
}

// heardRTP notes an RTP packet.
func (w *watch) heardRTP(now time.Time, comfortNoise bool) {
	w.last, w.told = now, false
	w.sound, w.noise, w.toldOneWay = true, comfortNoise, false
}

// heardRTCP notes a report.
func (w *watch) heardRTCP(now time.Time) { w.last, w.told = now, false }

// excuse leaves a time out of account in which this process did not run.
func (w *watch) excuse(stall time.Duration) {
	w.last, w.opened = w.last.Add(stall), w.opened.Add(stall)
}

// step returns what has to be told. sending is when the first packet went out since
// open, zero if none did, sent when the last one went out; dead tells that all of the
// party's sound was silent.
func (w *watch) step(now, sending, sent time.Time, dead bool) (media.EventKind, bool) {
	limit := w.timeout
	if w.noise {
		limit = w.quiet
	}
	switch {
	case limit > 0 && !w.told && now.Sub(w.last) >= limit:
		w.told = true
		return media.Timeout, true
	case !w.toldOneWay && w.oneWay(now, sending, sent):
		w.toldOneWay = true
		return media.OneWay, true
	case dead && !w.toldSilent:
		w.toldSilent = true
		return media.Silent, true
	}
	return 0, false
}

// oneWay tells whether packets go out and none come that should.
func (w *watch) oneWay(now, sending, sent time.Time) bool {
	switch {
	case !w.bothWays || sending.IsZero():
		return false
	case !w.sound:
		return now.Sub(later(w.opened, sending)) >= oneWayAfter
	}
	return !w.noise && now.Sub(w.last) >= ceasedAfter && now.Sub(sent) < sentOfLate
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
