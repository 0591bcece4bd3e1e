package relay

import (
	"time"

	"strowger/media"
)

// The packet times that are made, in bytes of G.711 or G.722: 10 ms to 100 ms.
const (
	leastPacket = sampleRate / 100
	mostPacket  = sampleRate / 10
)

// packer makes packets of the length that the party asked for (a=ptime) of those of a
// source that have another one. A stream that has a packer keeps it until the source
// changes: its sequence numbers are counted here.
type packer struct {
	seq     uint16 // of the source's last packet
	next    uint32 // the source's timestamp behind it
	marker  bool   // the next packet begins a talkspurt
	waiting int    // bytes of codes
	codes   [mostPacket + MaxPacket]byte
	packet  [minRTP + mostPacket]byte
}

// packetSize is the length of packets that a party asked for; 0 if it takes any, or asks
// for what is not made.
func packetSize(ptime time.Duration) int {
	size := int(ptime * sampleRate / time.Second)
	if size < leastPacket || size > mostPacket {
		return 0
	}
	return size
}

// packs tells whether sound of a payload type of the party has to be packed anew.
func (o *outbound) packs(payload *media.Payload, length int) bool {
	if o.size == 0 || o.mixed != nil || o.wide != nil || length == o.size && o.packer == nil {
		return false
	}
	_, ok := formatOf(payload)
	return ok
}

// pack takes a packet of a source and sends what is due. What the party asked for is
// waited for: up to one packet time more than the source's. A packet that comes too late
// to be in order is left out.
func (o *outbound) pack(now time.Time, h header, fresh bool, clock int, codes []byte, c *Counters) {
	if !o.open || !o.to.IsValid() || o.dialler.busy() {
		c.Dropped.Add(1)
		return
	}
	if o.packer == nil {
		o.packer, o.fresh = new(packer), true
	}
	p := o.packer
	switch gap := int32(h.timestamp - p.next); {
	case o.fresh || fresh || o.spoke || h.ssrc != o.source:
		o.join(now, &h, clock)
		p.waiting = 0
	case gap < 0:
		c.Dropped.Add(1)
		return
	case gap > 0:
		o.emit(now, h.payload, p.waiting, clock, c)
		if int16(h.seq-p.seq) > 1 { // lost, which the sequence has to tell
			o.seq += uint16((int(gap) + o.size - 1) / o.size)
		}
	}
	p.marker = p.marker || h.marker
	p.seq, p.next = h.seq, h.timestamp+uint32(len(codes))
	p.waiting += copy(p.codes[p.waiting:], codes)
	for p.waiting >= o.size {
		o.emit(now, h.payload, o.size, clock, c)
	}
}

// uneven tells that the party asked for packets that are no whole number of ticks.
func (o *outbound) uneven() bool { return o.size%frame != 0 }

// packOurs sends sound that is made here, as if it came from a source with our own SSRC.
func (o *outbound) packOurs(now time.Time, payload uint8, codes []byte, c *Counters) {
	h := header{payload: payload, ssrc: o.ssrc}
	if p := o.packer; p != nil {
		h.seq, h.timestamp = p.seq+1, p.next
	}
	o.pack(now, h, false, sampleRate, codes, c)
}

// emit sends the oldest n bytes as a packet.
func (o *outbound) emit(now time.Time, payload uint8, n, clock int, c *Counters) {
	if n == 0 {
		return
	}
	p := o.packer
	b := p.packet[:minRTP+copy(p.packet[minRTP:], p.codes[:n])]
	h := header{
		marker: p.marker, payload: payload, seq: o.seq + 1, ssrc: o.ssrc, start: minRTP, end: len(b),
		timestamp: p.next - uint32(p.waiting) + o.tsOffset,
	}
	p.marker = false
	p.waiting = copy(p.codes[:], p.codes[n:p.waiting])
	b[0] = 2 << 6
	h.write(b)
	o.transmit(now, &h, clock, b, c)
	c.Packed.Add(1)
}

// beside gives a packet that is no sound its place in a stream that is packed.
func (p *packer) beside(h *header, last uint16) {
	p.seq = h.seq
	h.seq = last + 1
}
