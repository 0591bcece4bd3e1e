package overload

import (
	"hash/maphash"
	"time"
)

// Limits of what is remembered of requests that were taken.
const (
	recentLife = 32 * time.Second // at least; a request is repeated for no longer
	maxRecent  = 1 << 16          // younger than that; more are not remembered
)

// Recent remembers the branches of requests that were taken: one that comes again is of a
// transaction that stands, and no refusal may contradict what that says. Its zero value
// is ready. It is not safe for concurrent use.
type Recent struct {
	young, old map[uint64]struct{}
	turned     time.Time
}

// Key is what a request is remembered by; 0 for one that nobody refuses.
func (h *Head) Key() uint64 {
	if !h.Refusable() || len(h.Branch) == 0 {
		return 0
	}
	return maphash.Bytes(seed, h.Branch) | 1
}

// Add remembers a request. It is false if there are too many.
func (r *Recent) Add(now time.Time, key uint64) bool {
	if now.Sub(r.turned) > recentLife {
		r.old, r.young, r.turned = r.young, map[uint64]struct{}{}, now
	}
	if len(r.young) >= maxRecent {
		return false
	}
	r.young[key] = struct{}{}
	return true
}

// Has tells whether a request is remembered.
func (r *Recent) Has(key uint64) bool {
	if _, ok := r.young[key]; ok {
		return true
	}
	_, ok := r.old[key]
	return ok
}
