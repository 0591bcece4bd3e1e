package trace

import (
	"time"
)

// Wipe removes what came before a time, and returns how many messages that were.
func (r *Ring) Wipe(before time.Time) int {
	oldest := before.UnixNano()
	return r.wipe(func(h *head, _ []byte) bool { return h.at < oldest })
}

// wipe overwrites the entries that are wanted away; they keep their room.
func (r *Ring) wipe(wanted func(h *head, text []byte) bool) int {
	n := 0
	for _, s := range []*store{r.calls, r.others} {
		for i := range s.blocks {
			n += s.wipe(i, wanted)
		}
	}
	r.counters.Wiped.Add(uint64(n))
	return n
}

// wipe does so in one block: a writer waits for no more than that.
func (s *store) wipe(i int, wanted func(h *head, text []byte) bool) (messages int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := &s.blocks[i]
	for data := b.data[:b.used]; len(data) >= header; {
		var h head
		h.get(data)
		end := header + int(h.size)
		if text := data[header:end]; h.kind != moved && wanted(&h, text) {
			if h.kind != aLeg {
				messages++
			}
			clear(text)
			h.kind = moved
			h.put(data)
		}
		data = data[end:]
	}
	return messages
}
