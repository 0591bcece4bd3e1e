package relay

import (
	"time"

	"strowger/media"
)

// oneWayAfter is how long packets may go out without one coming in before OneWay.
const oneWayAfter = 5 * time.Second

// watch notices silence. It is pure; the clock asks it now and then.
type watch struct {
	timeout time.Duration // 0 means never
	last    time.Time     // of RTP, RTCP or setTimeout
	told    bool          // Timeout was posted and nothing came since

	bothWays   bool // both directions are open
	sound      bool // RTP came since they were opened
	toldOneWay bool
	opened     time.Time
}

func (w *watch) setTimeout(d time.Duration, now time.Time) {
	w.timeout, w.last, w.told = d, now, false
}

// open begins a new wait for sound in both directions, or none.
func (w *watch) open(bothWays bool, now time.Time) {
	w.bothWays, w.sound, w.toldOneWay, w.opened = bothWays, false, false, now
}

// heard notes a packet; rtp tells RTP from RTCP.
func (w *watch) heard(now time.Time, rtp bool) {
	w.last, w.told = now, false
	w.sound = w.sound || rtp
}

// step returns what has to be told. sending is when the first packet went out
// since open, zero if none did.
func (w *watch) step(now, sending time.Time) (media.EventKind, bool) {
	if w.timeout > 0 && !w.told && now.Sub(w.last) >= w.timeout {
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
