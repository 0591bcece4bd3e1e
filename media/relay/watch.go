package relay

import (
	"time"

	"strowger/media"
)

// oneWayAfter is how long packets may go out without one coming in before OneWay.
const oneWayAfter = 5 * time.Second

// watch notices silence. It is pure; the clock asks it now and then.
type watch struct {
	timeout time.Duration // after sound; 0 means never
	quiet   time.Duration // after comfort noise; 0 means never
	last    time.Time     // of RTP, RTCP or setTimeout
	noise   bool          // the last RTP packet was comfort noise
	told    bool          // Timeout was posted and nothing came since

	bothWays   bool // both directions are open
	sound      bool // RTP came since they were opened
	toldOneWay bool
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
	w.sound, w.noise = true, comfortNoise
}

// heardRTCP notes a report.
func (w *watch) heardRTCP(now time.Time) { w.last, w.told = now, false }

// step returns what has to be told. sending is when the first packet went out
// since open, zero if none did.
func (w *watch) step(now, sending time.Time) (media.EventKind, bool) {
	limit := w.timeout
	if w.noise {
		limit = w.quiet
	}
	if limit > 0 && !w.told && now.Sub(w.last) >= limit {
		w.told = true
		return media.Timeout, true
	}
	if w.bothWays && !w.sound && !w.toldOneWay && !sending.IsZero() && now.Sub(later(w.opened, sending)) >= oneWayAfter {
		w.toldOneWay = true
		return media.OneWay, true
	}
	return 0, false
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
