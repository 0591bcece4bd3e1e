package trace

import "time"

// ways is how many places a dialog may have in a table; together they are one line of
// the processor's cache.
const ways = 4

// dialogs are those of calls, each with its allowance. One more than there is room for
// takes the place of the one that was silent for longest.
type dialogs [][ways]allowance

// allowance is what a dialog may still put into the ring: 16 bytes.
type allowance struct {
	tag   uint32 // of the dialog's hash
	left  int32  // bytes
	since uint32 // Unix, seconds; 0 is none
	whose int16  // Whose of its leg
	hides bool   // digits in its INFO are shown to nobody
}

func newDialogs(n int) dialogs { return make(dialogs, max(n, ways)/ways) }

// find returns the allowance of a dialog, nil if it is not known.
func (d dialogs) find(dialog uint64) *allowance {
	bucket := &d[dialog%uint64(len(d))]
	for i := range bucket {
		if a := &bucket[i]; a.since != 0 && a.tag == uint32(dialog>>32) {
			return a
		}
	}
	return nil
}

// add makes a dialog known, and is false if it is already.
func (d dialogs) add(dialog uint64, at int64) bool {
	if d.find(dialog) != nil {
		return false
	}
	bucket := &d[dialog%uint64(len(d))]
	oldest := &bucket[0]
	for i := range bucket {
		if bucket[i].since < oldest.since {
			oldest = &bucket[i]
		}
	}
	*oldest = allowance{uint32(dialog >> 32), BurstBytes, uint32(at / int64(time.Second)), int16(Unknown), false}
	return true
}

// take takes the bytes of a message; false if there are not enough.
func (a *allowance) take(at int64, bytes int) bool {
	second := at / int64(time.Second)
	if passed := second - int64(a.since); passed > 0 {
		a.left = int32(min(int64(a.left)+passed*RefillBytes, BurstBytes))
		a.since = uint32(second)
	}
	if int(a.left) < bytes {
		return false
	}
	a.left -= int32(bytes)
	return true
}

// fresh is where the first message of a dialog stands among the others, by the
// dialog's hash: it may become a call. One more than there are ways takes the place of
// the oldest.
type fresh [1 << 10][ways]beginning

// beginning is where the first message of a dialog stands.
type beginning struct {
	tag uint32 // of the dialog's hash
	at  uint32
	in  uint64 // turn of the block; 0 is none
}

// note remembers the first message of a dialog, which was added last.
func (f *fresh) note(dialog uint64, s *store, size int) {
	bucket, tag := &f[dialog%uint64(len(f))], uint32(dialog>>32)
	oldest := &bucket[0]
	for i := range bucket {
		one := &bucket[i]
		if one.in != 0 && one.tag == tag && s.turn-one.in < uint64(len(s.blocks)) {
			return
		}
		if one.in < oldest.in || one.in == oldest.in && one.at < oldest.at {
			oldest = one
		}
	}
	b := &s.blocks[s.at]
	*oldest = beginning{tag, uint32(b.used - header - size), b.turn}
}

// find returns where the first message of a dialog stands.
func (f *fresh) find(dialog uint64) (position, bool) {
	bucket := &f[dialog%uint64(len(f))]
	var found position
	for i := range bucket {
		if one := &bucket[i]; one.tag == uint32(dialog>>32) && one.in > found.turn {
			found = position{one.in, int(one.at)}
		}
	}
	return found, found.turn != 0
}

// adopt makes a dialog that of a call, and takes its messages so far over from the
// others. The mutex of the calls is held.
func (r *Ring) adopt(dialog uint64, at int64) {
	if !r.dialogs.add(dialog, at) {
		return
	}
	r.others.mu.Lock()
	defer r.others.mu.Unlock()
	first, ok := r.fresh.find(dialog)
	if !ok || r.others.turn-first.turn >= uint64(len(r.others.blocks)) {
		return
	}
	allowed := r.dialogs.find(dialog)
	for looked := 0; looked < adoptBytes && first.turn <= r.others.turn; first = (position{first.turn + 1, 0}) {
		b := r.others.block(first.turn)
		if b == nil {
			continue
		}
		looked += b.used - first.at
		for data := b.data[first.at:b.used]; len(data) >= header; {
			var h head
			h.get(data)
			end := header + int(h.size)
			if h.dialog == dialog && h.kind != moved && allowed.take(at, end) {
				copy(r.calls.room(&h, int(h.size)), data[header:end])
				data[0] = moved
			}
			data = data[end:]
		}
	}
}

// adoptBytes bounds how far the messages of a call are looked for behind its first.
const adoptBytes = 2 * blockSize

// block returns the block of a turn, nil if it was written over.
func (s *store) block(turn uint64) *block {
	for i := range s.blocks {
		if s.blocks[i].turn == turn {
			return &s.blocks[i]
		}
	}
	return nil
}
