package dtmf

import "time"

// lost is how long after its last packet a digit is held whose end did not come: some
// packets may be lost.
const lost = 200 * time.Millisecond

// longest is the duration at which an event goes on in another segment (RFC 4733 section
// 2.5.1.3).
const longest = 1<<16 - 1

// Receiver reads the events of one party. The zero value has heard nothing.
type Receiver struct {
	known    bool
	held     bool // its end did not come
	code     byte
	ssrc     uint32
	segment  uint32    // timestamp of its packets
	duration uint16    // of the segment so far
	at       time.Time // of the last packet
}

// Packet is what the RTP header of an event says.
type Packet struct {
	SSRC, Timestamp uint32
	Marker          bool
}

// Step takes an event and returns the digit that it begins, or 0: for the further
// packets of one that was told, and for events that are no digits.
func (r *Receiver) Step(now time.Time, p Packet, e Event) (digit byte) {
	if int(e.Code) >= len(Digits) {
		return 0
	}
	if r.known && p.SSRC == r.ssrc {
		age := int32(p.Timestamp - r.segment)
		switch {
		case age < 0: // late
			return 0
		case e.Code == r.code && (age == 0 || r.goesOn(p, age)):
			if age > 0 {
				r.segment, r.duration = p.Timestamp, 0
			}
			r.duration, r.at = max(r.duration, e.Duration), now
			r.held = r.held && !e.End
			return 0
		}
	}
	*r = Receiver{
		known: true, held: !e.End, code: e.Code,
		ssrc: p.SSRC, segment: p.Timestamp, duration: e.Duration, at: now,
	}
	return Digits[e.Code]
}

// goesOn tells whether a packet is of another segment of the event that is held.
func (r *Receiver) goesOn(p Packet, age int32) bool {
	return r.held && !p.Marker && (age == int32(r.duration) || age%longest == 0)
}

// Held tells whether a key is held, as far as is known.
func (r *Receiver) Held(now time.Time) bool { return r.held && now.Sub(r.at) < lost }
