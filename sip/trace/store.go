package trace

import (
	"encoding/binary"
	"net/netip"
	"sync"
)

// header is what stands before the text of each entry.
const header = 64

// Kinds of entry.
const (
	moved    = 0 // to another store
	received = 1
	sent     = 2
	aLeg     = 3
)

// head is the header of an entry, without its length.
type head struct {
	kind          byte
	proto         byte
	leg           uint16
	size          uint32 // of the text
	at            int64  // Unix, nanoseconds
	dialog        uint64 // hash of the Call-ID; of a leg that of its call
	local, remote netip.AddrPort
}

func (h *head) put(b []byte) {
	b[0], b[1] = h.kind, h.proto
	binary.LittleEndian.PutUint16(b[2:], h.leg)
	binary.LittleEndian.PutUint32(b[4:], h.size)
	binary.LittleEndian.PutUint64(b[8:], uint64(h.at))
	binary.LittleEndian.PutUint64(b[16:], h.dialog)
	putAddress(b[24:], h.local)
	putAddress(b[42:], h.remote)
}

func (h *head) get(b []byte) {
	h.kind, h.proto = b[0], b[1]
	h.leg = binary.LittleEndian.Uint16(b[2:])
	h.size = binary.LittleEndian.Uint32(b[4:])
	h.at = int64(binary.LittleEndian.Uint64(b[8:]))
	h.dialog = binary.LittleEndian.Uint64(b[16:])
	h.local, h.remote = address(b[24:]), address(b[42:])
}

func putAddress(b []byte, a netip.AddrPort) {
	ip := a.Addr().As16()
	copy(b, ip[:])
	binary.LittleEndian.PutUint16(b[16:], a.Port())
}

func address(b []byte) netip.AddrPort {
	ip := netip.AddrFrom16([16]byte(b[:16])).Unmap()
	return netip.AddrPortFrom(ip, binary.LittleEndian.Uint16(b[16:]))
}

// store is a ring of blocks, each a sequence of entries. An entry is in one block.
type store struct {
	mu     sync.Mutex
	blocks []block
	at     int    // the block that is written
	turn   uint64 // how often a block was begun
}

type block struct {
	data        []byte
	used        int
	turn        uint64 // when it was begun
	first, last int64  // times of its entries, as they came
}

func newStore(memory []byte) *store {
	s := &store{turn: 1}
	for len(memory) >= blockSize {
		s.blocks = append(s.blocks, block{data: memory[:blockSize:blockSize]})
		memory = memory[blockSize:]
	}
	s.blocks[0].turn = 1
	return s
}

// put adds an entry whose text is made of parts; false if it is too long. The mutex
// is held.
func (s *store) put(h *head, parts ...string) bool {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	text := s.room(h, size)
	for _, p := range parts {
		text = text[copy(text, p):]
	}
	return size <= blockSize-header
}

// room makes an entry and returns the place of its text, nil if it is too long. The
// mutex is held.
func (s *store) room(h *head, size int) []byte {
	if size > blockSize-header {
		return nil
	}
	b := &s.blocks[s.at]
	if b.used+header+size > blockSize {
		s.at = (s.at + 1) % len(s.blocks)
		s.turn++
		b = &s.blocks[s.at]
		b.used, b.turn, b.last = 0, s.turn, 0
	}
	if b.used == 0 {
		b.first = h.at
	}
	b.last = max(b.last, h.at)
	h.size = uint32(size)
	h.put(b.data[b.used:])
	text := b.data[b.used+header : b.used+header+size]
	b.used += header + size
	return text
}

// position is how far a reader has come: the turn of a block and a place in it.
type position struct {
	turn uint64
	at   int
}

// scan shows the entries of blocks of a time, oldest block first, until visit says
// false. What visit gets is good until it returns.
func (s *store) scan(when Span, visit func(h *head, text []byte) bool) {
	from, to := when.From.UnixNano(), when.To.UnixNano()
	copied := make([]byte, 0, blockSize)
	for p := (position{}); ; {
		var ok bool
		if copied, p, ok = s.next(copied, p, from, to); !ok {
			return
		}
		if !each(copied, func(h *head, text []byte) bool {
			return h.at < from || h.at > to || visit(h, text)
		}) {
			return
		}
	}
}

// next copies what came after a position in the oldest block that has something of
// a time, and returns the position behind it; false if there is nothing.
func (s *store) next(into []byte, after position, from, to int64) ([]byte, position, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found *block
	for i := range s.blocks {
		b := &s.blocks[i]
		news := b.turn > after.turn || b.turn == after.turn && b.used > after.at
		if b.used > 0 && news && b.last >= from && b.first <= to && (found == nil || b.turn < found.turn) {
			found = b
		}
	}
	if found == nil {
		return into, after, false
	}
	begin := 0
	if found.turn == after.turn {
		begin = after.at
	}
	return append(into[:0], found.data[begin:found.used]...), position{found.turn, found.used}, true
}

// each shows the entries of a block until visit says false.
func each(data []byte, visit func(h *head, text []byte) bool) bool {
	for len(data) >= header {
		var h head
		h.get(data)
		end := header + int(h.size)
		if h.kind != moved && !visit(&h, data[header:end]) {
			return false
		}
		data = data[end:]
	}
	return true
}
