package kernel

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/ringbuf"
)

// Limits of copies.
const (
	// CopyEvery is how often the ring is looked into while anything is copied: a copy
	// comes so much later than its packet, at most, unless the process is late.
	CopyEvery = 10 * time.Millisecond
	// MaxCopy is how many bytes of payload a copy has at most.
	MaxCopy = 1600
	// MinRing is the least Config.Ring, in bytes.
	MinRing = 1 << 12
	// MaxRing is the most.
	MaxRing = 1 << 26
	// ringPerEntry is the default, for each entry: five packets of 20 ms in G.711.
	ringPerEntry = 1 << 10
	// defaultMinRing bounds the default.
	defaultMinRing = 1 << 18
)

// Copy is a packet that was carried, as it came.
type Copy struct {
	At        time.Time // arrival
	SSRC      uint32
	Timestamp uint32
	Seq       uint16
	Type      uint8  // payload type
	Length    int    // of the payload, in bytes
	Payload   []byte // MaxCopy bytes of it at most
}

// Taker is given copies, by one goroutine. It must not block, nor keep the copy. Once
// its entry is removed, or has no taker any more, it is still given what was on its way.
type Taker interface{ Copied(c *Copy) }

// copies reads the ring while any entry has a taker. Its goroutine ends with halt.
type copies struct {
	free   func(slot uint32)
	began  chan struct{} // the first entry has a taker
	stop   chan struct{}
	done   chan struct{}
	halted sync.Once

	reading sync.Mutex // of the ring, and of what is read
	reader  *ringbuf.Reader
	record  ringbuf.Record
	copy    Copy

	mu     sync.Mutex
	takers map[uint32]taking // by slot
	ended  []ending
	spare  []ending // what ended was before, for use again
}

// taking is who takes the copies of an entry.
type taking struct {
	generation uint32
	taker      Taker
	ended      bool
}

// ending is a slot whose copies end with what is in the ring. Until then nobody else has
// it, so that none of them is lost and none is taken for another's.
type ending struct {
	slot uint32
	free bool // the entry was removed
}

// copyHead is how long struct copy of the program is before its payload.
const copyHead = 32

// newCopies reads the ring of a map.
func newCopies(m *ebpf.Map, free func(slot uint32)) (*copies, error) {
	r, err := ringbuf.NewReader(m)
	if err != nil {
		return nil, fmt.Errorf("map the ring of copies: %w", err)
	}
	r.SetDeadline(time.Unix(1, 0)) // it never waits
	c := &copies{
		reader: r, record: ringbuf.Record{RawSample: make([]byte, copyHead+MaxCopy)}, free: free, takers: map[uint32]taking{},
		began: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go c.run()
	return c, nil
}

// ringSize is how large the ring is, in bytes: a power of two.
func (c *Config) ringSize() int {
	size := c.Ring
	if size == 0 {
		size = min(max(c.Entries*ringPerEntry, defaultMinRing), MaxRing)
	}
	return 1 << bits.Len(uint(size-1))
}

// run looks into the ring while there are takers.
func (c *copies) run() {
	defer close(c.done)
	for {
		select {
		case <-c.stop:
			return
		case <-c.began:
		}
		if !c.follow() {
			return
		}
	}
}

// follow returns when there are no takers left; false when it was stopped.
func (c *copies) follow() bool {
	pace := time.NewTicker(CopyEvery)
	defer pace.Stop()
	for c.taken() {
		select {
		case <-c.stop:
			return false
		case <-pace.C:
		}
		c.drain()
	}
	return true
}

func (c *copies) taken() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.takers) > 0
}

// begin has copies of an entry given to a taker.
func (c *copies) begin(slot, generation uint32, t Taker) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.takers[slot] = taking{generation: generation, taker: t}
	select {
	case c.began <- struct{}{}:
	default:
	}
}

// end ends that, once what is in the ring was read; free tells that the slot is free
// then. It is false if nobody takes copies.
func (c *copies) end(slot uint32, free bool) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.takers[slot]
	if !ok {
		return false
	}
	t.ended = true
	c.takers[slot] = t
	c.ended = append(c.ended, ending{slot, free})
	return true
}

// drain reads what is in the ring, and ends what was to end with that.
func (c *copies) drain() {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.mu.Lock()
	ended := c.ended
	c.ended, c.spare = c.spare[:0], nil
	c.mu.Unlock()
	elapsed := Monotonic() // asked before, so that nothing seems to have come too early
	start := time.Now().Add(-elapsed)
	for left := c.reader.BufferSize(); left > 0 && c.reader.AvailableBytes() > 0; {
		if err := c.reader.ReadInto(&c.record); err != nil {
			break
		}
		left -= len(c.record.RawSample)
		c.give(start, c.record.RawSample)
	}
	c.mu.Lock()
	for _, e := range ended {
		if c.takers[e.slot].ended {
			delete(c.takers, e.slot)
		}
	}
	c.spare = ended
	c.mu.Unlock()
	for _, e := range ended {
		if e.free {
			c.free(e.slot)
		}
	}
}

// give gives a record to whom it is for, if its entry is still that. start is when the
// machine was started.
func (c *copies) give(start time.Time, record []byte) {
	if len(record) <= copyHead {
		return
	}
	at := binary.NativeEndian
	c.mu.Lock()
	t := c.takers[at.Uint32(record[8:])]
	c.mu.Unlock()
	if t.taker == nil || t.generation != at.Uint32(record[12:]) {
		return
	}
	c.copy = Copy{
		At: start.Add(time.Duration(at.Uint64(record))), Timestamp: at.Uint32(record[16:]), SSRC: at.Uint32(record[20:]),
		Seq: at.Uint16(record[24:]), Length: int(at.Uint16(record[26:])), Type: record[28], Payload: record[copyHead:],
	}
	t.taker.Copied(&c.copy)
}

// halt ends the goroutine.
func (c *copies) halt() {
	c.halted.Do(func() { close(c.stop) })
	<-c.done
}

func (c *copies) close() {
	c.halt()
	_ = c.reader.Close() // a mapping
}

// Copy has a copy of each packet that is carried given to a taker, from the next one on;
// nil ends that.
func (e *Entry) Copy(t Taker) error {
	c := e.plane.copies
	if t == nil {
		e.value.Copies = 0
		err := e.put()
		c.end(e.value.Slot, false)
		return err
	}
	c.begin(e.value.Slot, e.value.Generation, t)
	e.value.Copies = 1
	if err := e.put(); err != nil {
		e.value.Copies = 0
		c.end(e.value.Slot, false)
		return err
	}
	return nil
}
