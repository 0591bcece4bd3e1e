package trace

import "math"

// Tail reads what comes into a ring of calls after it was made. It is not safe for
// concurrent use.
type Tail struct {
	ring   *Ring
	at     position
	copied []byte
}

// Tail begins to read.
func (r *Ring) Tail() *Tail {
	t := &Tail{ring: r, copied: make([]byte, 0, blockSize)}
	r.calls.mu.Lock()
	defer r.calls.mu.Unlock()
	t.at = position{r.calls.turn, r.calls.blocks[r.calls.at].used}
	return t
}

// Read shows what has come since, in order: legs with the name of their call, and
// messages with their secrets masked. It is false if something was lost because the
// ring went round meanwhile.
func (t *Tail) Read(leg func(call string, l Leg), message func(m Message)) bool {
	whole := true
	for {
		if t.ring.calls.gone(t.at) {
			whole = false
		}
		var ok bool
		if t.copied, t.at, ok = t.ring.calls.next(t.copied, t.at, math.MinInt64, math.MaxInt64); !ok {
			return whole
		}
		each(t.copied, func(h *head, text []byte) bool {
			if h.kind == aLeg {
				leg(readLeg(h, text))
			} else {
				message(t.ring.message(h, callIDOf(text), text))
			}
			return true
		})
	}
}

// gone tells whether a block was written over that had, or may have had, more behind
// a position.
func (s *store) gone(after position) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.turn >= after.turn+uint64(len(s.blocks))
}
