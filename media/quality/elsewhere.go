package quality

import "time"

// Position is where a Receiver stands, for another one of the same stream that goes on
// from it, as one in the kernel does.
type Position struct {
	Highest uint32 // sequence, extended (RFC 3550 A.1)
	Seen    uint64 // bit n: Highest-n came
	Jitter  time.Duration
	Last    time.Time // arrival of the last packet
}

// Position returns where r stands.
func (r *Receiver) Position() Position {
	return Position{Highest: r.extended(), Seen: r.seen, Jitter: time.Duration(r.jitter * float64(time.Second)), Last: r.last}
}

// Elsewhere is what another receiver took of the stream since it was last asked.
type Elsewhere struct {
	Packets, Duplicates, Reordered uint64        // Packets has them all
	Highest                        uint32        // as in Position
	Seen                           uint64        // the same
	Jitter                         time.Duration // as it is now
	MaxGap                         time.Duration // since the Position
	Last                           time.Time
}

// Add counts what was taken elsewhere.
func (r *Receiver) Add(e Elsewhere) {
	if e.Packets == 0 {
		return
	}
	r.count += e.Packets
	r.duplicates += e.Duplicates
	r.reordered += e.Reordered
	if ahead := int32(e.Highest - r.extended()); ahead >= 0 {
		r.seen = r.seen<<ahead | e.Seen
		r.cycles, r.maxSeq = e.Highest&^(1<<16-1), uint16(e.Highest)
	} else {
		r.seen |= e.Seen << -ahead
	}
	r.badSeq = noBadSeq
	r.jitter = e.Jitter.Seconds()
	r.clock = 0 // the next packet here is measured from its own
	r.maxGap = max(r.maxGap, e.MaxGap)
	if e.Last.After(r.last) {
		r.last = e.Last
	}
}
