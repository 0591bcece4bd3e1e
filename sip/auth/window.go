package auth

import (
	"sync"
	"time"
)

// slotLength is the step in which windows are forgotten.
const slotLength = 10 * time.Second

// window is the nonce counts used with one nonce.
type window struct {
	top  uint32 // the highest
	seen uint64 // bit i: top-i was used
}

// use marks nc as used and tells whether it was not. Counts windowSize and more
// below the highest count as used.
func (w *window) use(nc uint32) bool {
	if nc > w.top {
		w.seen = w.seen<<(nc-w.top) | 1 // a shift of 64 and more gives 0
		w.top = nc
		return true
	}
	below := w.top - nc
	if below >= windowSize || w.seen&(1<<below) != 0 {
		return false
	}
	w.seen |= 1 << below
	return true
}

// windows keeps the window of each nonce that was used, in slots by time of issue,
// so that the old are forgotten together and without a timer.
type windows struct {
	mu    sync.Mutex
	limit int
	count int
	slots map[int64]map[uint64]window // by slot, then serial; few slots, see forget
	floor int64                       // slots below it are forgotten
}

func newWindows(limit int) *windows {
	return &windows{limit: limit, slots: map[int64]map[uint64]window{}}
}

func slotOf(t time.Duration) int64 { return int64(t / slotLength) }

// use marks nc of a nonce as used, at now since the Authenticator was made. It is not fresh if it was used before or can no
// longer be known. dropped is how many windows had to be forgotten early.
func (ws *windows) use(now time.Duration, n nonce, nc uint32) (fresh bool, dropped int) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.forget(slotOf(now - NonceLife))
	slot := slotOf(n.issued)
	w, known := ws.slots[slot][n.serial]
	if slot >= ws.floor && !known && ws.count >= ws.limit {
		dropped = ws.dropOldest()
	}
	if slot < ws.floor || !w.use(nc) {
		return false, dropped
	}
	if !known {
		ws.count++
	}
	if ws.slots[slot] == nil {
		ws.slots[slot] = map[uint64]window{}
	}
	ws.slots[slot][n.serial] = w
	return true, dropped
}

// forget drops all slots below floor.
func (ws *windows) forget(floor int64) {
	if floor <= ws.floor {
		return
	}
	ws.floor = floor
	for slot, m := range ws.slots {
		if slot < floor {
			ws.count -= len(m)
			delete(ws.slots, slot)
		}
	}
}

func (ws *windows) dropOldest() int {
	oldest := int64(1<<63 - 1)
	for slot := range ws.slots {
		oldest = min(oldest, slot)
	}
	dropped := len(ws.slots[oldest])
	ws.forget(oldest + 1)
	return dropped
}
