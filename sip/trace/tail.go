package trace

import (
	"math"
	"slices"

	"strowger/sip/message"
)

// Tail reads what comes into a ring after it was made. It is not safe for concurrent use.
type Tail struct {
	ring    *Ring
	from    *store
	methods []string // the only ones, and their responses; nil is all
	at      position
	copied  []byte
}

// Tail begins to read the messages of calls.
func (r *Ring) Tail() *Tail { return r.tail(r.calls, nil) }

// OtherTail begins to read those messages of no call that have a method, or answer it.
func (r *Ring) OtherTail(methods ...string) *Tail { return r.tail(r.others, methods) }

func (r *Ring) tail(from *store, methods []string) *Tail {
	t := &Tail{ring: r, from: from, methods: methods, copied: make([]byte, 0, blockSize)}
	from.mu.Lock()
	defer from.mu.Unlock()
	t.at = position{from.turn, from.blocks[from.at].used}
	return t
}

// reads tells whether a message is one that is read.
func (t *Tail) reads(text []byte) bool {
	return t.methods == nil || slices.Contains(t.methods, string(message.Look(text).Method))
}

// Read shows what has come since, in order: legs with the name of their call, and
// messages with their secrets masked. It is false if something was lost because the
// ring went round meanwhile.
func (t *Tail) Read(leg func(call string, l Leg), take func(m Message)) bool {
	whole := true
	for {
		if t.from.gone(t.at) {
			whole = false
		}
		var ok bool
		if t.copied, t.at, ok = t.from.next(t.copied, t.at, math.MinInt64, math.MaxInt64); !ok {
			return whole
		}
		each(t.copied, func(h *head, text []byte) bool {
			switch {
			case h.kind == aLeg:
				leg(readLeg(h, text))
			case t.reads(text):
				take(t.ring.message(h, callIDOf(text), text))
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
