package kernel

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Figures are what the program counted of an entry since Install. Times are since the
// start of the machine (Monotonic); 0 means never.
type Figures struct {
	Highest          uint32 // sequence, extended as in RFC 3550 A.1
	Seen             uint64 // bit n: Highest-n came
	Packets, Bytes   uint64 // taken from the source, duplicates among them; bytes of payload
	Sent, SentBytes  uint64
	Duplicates       uint64
	Reordered        uint64
	Foreign          uint64        // of strangers, dropped as too many came
	Limited          uint64        // of the source, dropped as too many would have gone up
	Raised           uint64        // went up to the socket
	Expired          uint64        // went up as the deadline had passed
	Uncopied         uint64        // sent, but their copies were lost: the ring was full
	Looked, Heard    uint64        // packets of G.711, duplicates left out, that it looked for silence in, and heard something in
	Loud             time.Duration // arrival of the last of those
	Last             time.Duration // arrival of the last packet
	At               time.Duration // arrival of the highest
	Gap              time.Duration // longest between two packets
	Jitter           time.Duration // RFC 3550 A.8
	HighestTimestamp uint32        // of the packet that is the highest
	Payload          uint8         // payload type of the last packet; means nothing without Packets
}

// Start is where an entry goes on from.
type Start struct {
	Highest uint32        // sequence before, extended
	Seen    uint64        // bit n: Highest-n came
	Last    time.Duration // arrival of the last packet before, as in Figures
	Jitter  time.Duration // before
}

// Monotonic is the time of Figures now: CLOCK_MONOTONIC.
func Monotonic() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // every kernel has it
	return time.Duration(t.Nano())
}

// counts is struct figures of the program.
type counts struct {
	Generation, Highest   uint32
	Seen                  uint64
	Packets, Bytes        uint64
	Sent, SentBytes       uint64
	Duplicates, Reordered uint64
	Foreign, Limited      uint64
	Raised, Expired       uint64
	Last, At, Gap, Jitter uint64
	Timestamp, Payload    uint32
	Stranger, Party       uint64
	Uncopied              uint64
	Looked, Heard, Loud   uint64
}

const (
	slotSize   = int64(unsafe.Sizeof(counts{}))
	lastOffset = int64(unsafe.Offsetof(counts{}.Last))
)

func (s *Start) counts(generation uint32) counts {
	return counts{Generation: generation, Highest: s.Highest, Seen: s.Seen, Last: uint64(s.Last), Jitter: uint64(s.Jitter) << 4}
}

func (c *counts) figures() Figures {
	return Figures{
		Highest: c.Highest, Seen: c.Seen, Packets: c.Packets, Bytes: c.Bytes, Sent: c.Sent, SentBytes: c.SentBytes,
		Duplicates: c.Duplicates, Reordered: c.Reordered, Foreign: c.Foreign, Limited: c.Limited,
		Raised: c.Raised, Expired: c.Expired, Uncopied: c.Uncopied, Last: time.Duration(c.Last), At: time.Duration(c.At),
		Looked: c.Looked, Heard: c.Heard, Loud: time.Duration(c.Loud),
		Gap: time.Duration(c.Gap), Jitter: time.Duration(c.Jitter >> 4), HighestTimestamp: c.Timestamp, Payload: uint8(c.Payload),
	}
}

// bytes is the memory of the counts, which has the layout of the program.
func (c *counts) bytes() []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(c)), slotSize) //nolint:gosec // plain numbers without padding
}
