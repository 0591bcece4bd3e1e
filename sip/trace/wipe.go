package trace

import (
	"time"

	"strowger/sip/privacy"
)

// Wipe removes what came before a time, and returns how many messages that were.
func (r *Ring) Wipe(before time.Time) int {
	oldest := before.UnixNano()
	return r.wipe(func(h *head, _ []byte) bool { return h.at < oldest })
}

// Forget removes the messages in which a person's number is, and returns how many.
func (r *Ring) Forget(s privacy.Subject) int {
	return r.wipe(func(h *head, text []byte) bool { return h.kind != aLeg && s.In(text) })
}

// Mentions are the messages in which a person's number is, masked, and as many as
// MaxFound bytes hold.
func (r *Ring) Mentions(s privacy.Subject) []Message {
	var found []Message
	size := 0
	for _, store := range []*store{r.calls, r.others} {
		store.scan(r.kept(Span{To: time.Now().Add(time.Hour)}), func(h *head, text []byte) bool {
			if h.kind != aLeg && s.In(text) {
				found, size = append(found, r.message(h, callIDOf(text), text)), size+len(text)
			}
			return size < MaxFound
		})
	}
	sortByTime(found)
	return found
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
