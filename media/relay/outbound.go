package relay

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"strowger/media"
	"strowger/media/codec"
	"strowger/media/datagram"
)

// outbound is what we send to an endpoint's party: one stream with an SSRC of its
// own, whose sequence and timestamp run on whatever its source is. Its methods
// need its mutex.
type outbound struct {
	sync.Mutex
	sockets    sockets // never changed; not used for sending once shut, nor for reading once inbound is closed
	named      bool    // SDP names an address, permitted or not
	open       bool    // the far side wants to hear
	mux        bool    // RTCP on the RTP port
	fresh      bool    // the next packet is the first of a source
	spoke      bool    // the last packet was made here, not forwarded
	to, rtcpTo datagram.Address
	payloads   []media.Payload // of the last SDP exchange; changed under the plane's mutex too
	stride     int             // ticks of the clock for each packet of a prompt
	size       int             // bytes of a packet that the party asked for; 0 for any
	packer     *packer         // nil while packets are forwarded as they are

	epoch     uint32 // changes with the source
	source    uint32 // SSRC of the source
	tsOffset  uint32 // from source to us
	seqOffset uint16 // the same

	seq       uint16 // highest sent
	ssrc      uint32
	timestamp uint32    // highest sent
	at        time.Time // when that was sent; zero before the first
	clock     int       // of that, Hz
	sending   time.Time // when the first packet was sent since the last update
	packets   uint64
	bytes     uint64
	reports   uint64    // RTCP packets sent
	reported  uint64    // packets at the last report
	converted uint64    // packets that came in another codec
	player    *player   // nil plays nothing
	mixed     *mixed    // nil hears no mix
	wide      *wide     // nil unless sound is or was added to packets of G.722
	filler    *filler   // nil makes no comfort noise
	dialler   *dialler  // nil has no digits to send
	given     given     // the last digit that was sent as an event
	carrier   *endpoint // whose party the kernel lets be heard; nil for none
	sealer    *sealer   // nil: what is sent is plain

	transcoder *codec.Transcoder // to and from G.722; nil until it is needed
}

// start sets what is random in a stream (RFC 3550, 5.1).
func (o *outbound) start(s sockets) {
	o.sockets = s
	o.ssrc, o.seq, o.timestamp = rand.Uint32(), uint16(rand.Uint32()), rand.Uint32()
	o.fresh, o.stride = true, 1
}

// update applies an SDP exchange. rtp and rtcp are what is permitted of the
// addresses that it named; locked is the latched source, which wins over them.
func (o *outbound) update(r media.Remote, rtp, rtcp, locked netip.AddrPort) {
	o.payloads = r.Payloads
	o.named, o.mux = reachable(unmap(r.RTP)), r.Mux
	open := r.Send && o.named
	o.fresh = o.fresh || open != o.open // what was dropped meanwhile is no loss
	o.open = open
	o.stride = max(1, int((r.PTime+tick/2)/tick))
	if size := packetSize(r.PTime); size != o.size {
		o.size = size
		o.fresh, o.packer = o.fresh || o.packer != nil, nil
	}
	if o.uneven() {
		o.stride = 1
	}
	o.sending = time.Time{}
	o.to, o.rtcpTo = destination(rtp), destination(rtcp)
	if locked.IsValid() {
		o.follow(locked)
	}
}

// reachable tells whether an address can be sent to. Port 0 refuses a stream, and
// the unspecified address holds it (RFC 3264, 8.4); Linux would take that for
// itself.
func reachable(a netip.AddrPort) bool {
	return a.IsValid() && a.Port() != 0 && !a.Addr().IsUnspecified()
}

// destination is an address to send to; none if it cannot be sent to.
func destination(a netip.AddrPort) datagram.Address {
	if !reachable(a) {
		return datagram.Address{}
	}
	return datagram.AddressOf(a)
}

// follow sends to a source that was locked. RTCP goes there too if it is another
// host than SDP named.
func (o *outbound) follow(source netip.AddrPort) {
	moved := !o.to.IsValid() || o.to.AddrPort().Addr() != source.Addr()
	o.to = destination(source)
	switch {
	case !o.named:
	case o.mux:
		o.rtcpTo = o.to
	case moved:
		o.rtcpTo = destination(above(source))
	}
}

// above is the RTCP port that goes with an RTP port.
func above(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr(), a.Port()+1)
}

// forward sends a packet of a source with our header. b is changed.
func (o *outbound) forward(now time.Time, h header, fresh bool, clock int, b []byte, c *Counters) {
	if !o.open || !o.to.IsValid() || o.dialler.busy() {
		c.Dropped.Add(1)
		return
	}
	if o.fresh || fresh || o.spoke || h.ssrc != o.source {
		o.join(now, &h, clock)
		o.wide = nil
	}
	switch {
	case o.mixed != nil:
		o.mixInto(b[h.start:h.end], h.payload)
	case o.wide != nil:
		o.settle(b[h.start:h.end], h.payload)
	}
	if o.packer != nil {
		if o.mixed != nil { // what waits to be packed has its time now
			o.emit(now, h.payload, o.packer.waiting, clock, c)
		}
		o.packer.beside(&h, o.seq)
	} else {
		h.seq += o.seqOffset
	}
	h.timestamp += o.tsOffset
	h.ssrc = o.ssrc
	h.write(b)
	o.transmit(now, &h, clock, b, c)
}

// join lets the stream run on from what was sent before to a new source: the next
// sequence, and a timestamp as much later as time went by.
func (o *outbound) join(now time.Time, h *header, clock int) {
	o.fresh, o.spoke, o.source = false, false, h.ssrc
	o.seqOffset = o.seq + 1 - h.seq
	o.tsOffset = o.nextTimestamp(now, clock) - h.timestamp
	h.marker = true
}

func (o *outbound) nextTimestamp(now time.Time, clock int) uint32 {
	if o.at.IsZero() {
		return o.timestamp
	}
	elapsed := max(now.Sub(o.at), tick)
	return o.timestamp + uint32(int64(elapsed)*int64(clock)/int64(time.Second))
}

// transmit sends b, whose header is h, and remembers how far the stream is.
func (o *outbound) transmit(now time.Time, h *header, clock int, b []byte, c *Counters) {
	b, err := o.sealer.protect(b)
	if err != nil {
		c.SendErrors.Add(1)
		return
	}
	if errno := datagram.Send(o.sockets.rtp, b, &o.to); errno != 0 {
		c.SendErrors.Add(1)
		return
	}
	if int16(h.seq-o.seq) > 0 {
		o.seq = h.seq
	}
	if o.at.IsZero() || int32(h.timestamp-o.timestamp) > 0 {
		o.timestamp, o.at, o.clock = h.timestamp, now, clock
	}
	if o.sending.IsZero() {
		o.sending = now
	}
	o.packets++
	o.bytes += uint64(h.end - h.start)
	c.Sent.Add(1)
}

// change gives the outbound another source; packets of the former one are refused
// by their epoch from now on.
func (o *outbound) change() {
	o.epoch++
	o.fresh, o.packer = true, nil
}

// shut ends all sending.
func (o *outbound) shut() {
	o.open, o.to, o.rtcpTo, o.dialler, o.mixed = false, datagram.Address{}, datagram.Address{}, nil, nil
	o.player = nil
	o.change()
}

func (o *outbound) stats(s *media.Stats) {
	s.Sent, s.SentBytes, s.RTCPSent, s.Converted = o.packets, o.bytes, o.reports, o.converted
	if o.sealer != nil {
		s.SRTP = o.sealer.suite.String()
	}
}

// add counts what the kernel sent.
func (o *outbound) add(packets, bytes uint64, now time.Time) {
	if packets > 0 && o.sending.IsZero() {
		o.sending = now
	}
	o.packets += packets
	o.bytes += bytes
}

// reach notes how far the stream is with a packet of the source that the kernel sent.
func (o *outbound) reach(seq uint16, timestamp uint32, at time.Time, clock int) {
	if seq += o.seqOffset; int16(seq-o.seq) > 0 {
		o.seq = seq
	}
	if timestamp += o.tsOffset; int32(timestamp-o.timestamp) > 0 {
		o.timestamp, o.at, o.clock = timestamp, at, clock
	}
}
