package relay

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/pion/rtcp"

	"strowger/media"
	"strowger/media/datagram"
)

// maxTrip is the longest round trip that is believed: a party may echo what it likes.
const maxTrip = 10 * time.Second

// ntpEpoch is the start of NTP time, in seconds before that of Unix time.
const ntpEpoch = 2208988800

// reception is what the far side's RTCP told.
type reception struct {
	packets   uint64
	roundTrip time.Duration
	farLoss   float64
	farJitter uint32 // in units of our clock
	left      bool   // it said BYE, and no report came since
	lastSR    uint32 // middle of the NTP time of its last sender report; 0 for none
	lastSRAt  time.Time
}

// control takes an RTCP packet. It is believed if it comes from the host that RTP
// is expected from; false if it is not.
func (e *endpoint) control(now time.Time, from netip.AddrPort, b []byte) bool {
	c := &e.plane.counters
	e.in.Lock()
	defer e.in.Unlock()
	if e.in.closed {
		return false
	}
	if from.Addr() != e.in.latch.peer() {
		e.in.foreign++
		c.Foreign.Add(1)
		return false
	}
	if o := e.in.opener; o != nil {
		plain, err := o.openControl(b)
		if !e.in.proven(err, c) {
			return false
		}
		b = plain
	}
	packets, err := readCompound(b)
	if err != nil {
		e.in.reject(kindInvalid, c)
		return false
	}
	c.RTCPReceived.Add(1)
	e.in.reception.packets++
	for _, p := range packets {
		e.in.reception.step(now, e.out.ssrc, p)
	}
	if !e.in.reception.left {
		e.in.watch.heardRTCP(now)
	}
	return true
}

// step reads one packet of a compound; ours is the SSRC that we send with.
func (r *reception) step(now time.Time, ours uint32, p rtcp.Packet) {
	switch p := p.(type) {
	case *rtcp.Goodbye: // the call ends by SIP, not by whoever can send from its host
		r.left = true
	case *rtcp.SenderReport:
		r.left = false
		r.lastSR, r.lastSRAt = uint32(p.NTPTime>>16), now
		r.blocks(now, ours, p.Reports)
	case *rtcp.ReceiverReport:
		r.left = false
		r.blocks(now, ours, p.Reports)
	}
}

// blocks finds the report on our stream. The round trip is the time since our
// sender report that it names, less the time that it was held (RFC 3550, 6.4.1).
func (r *reception) blocks(now time.Time, ours uint32, blocks []rtcp.ReceptionReport) {
	for _, b := range blocks {
		if b.SSRC != ours {
			continue
		}
		r.farLoss, r.farJitter = float64(b.FractionLost)/256, b.Jitter
		trip := int32(middle(ntp(now)) - b.LastSenderReport - b.Delay)
		if d := time.Duration(trip) * time.Second >> 16; b.LastSenderReport != 0 && d >= 0 && d <= maxTrip {
			r.roundTrip = d
		}
	}
}

// ntp is a time in NTP's format of 32.32 bits.
func ntp(t time.Time) uint64 {
	return uint64(t.Unix()+ntpEpoch)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}

func middle(ntp uint64) uint32 { return uint32(ntp >> 16) }

// report sends the RTCP report that is due, if there is anything to tell.
func (e *endpoint) report(now time.Time) {
	if !e.reports.Due(now, rand.Float64) {
		return
	}
	e.dropped()
	e.in.Lock()
	blocks := e.in.report(now)
	e.in.Unlock()
	e.out.Lock()
	defer e.out.Unlock()
	if err := e.out.report(now, blocks, &e.plane.counters); err != nil {
		e.plane.counters.SendErrors.Add(1)
	}
}

// goodbye tells the party that the stream ends, with a last report, unless it never
// heard of it (RFC 3550, 6.3.7).
func (e *endpoint) goodbye(now time.Time) {
	if e.out.packets == 0 && e.out.reports == 0 || !e.out.rtcpTo.IsValid() {
		return
	}
	c := &e.plane.counters
	bye := &rtcp.Goodbye{Sources: []uint32{e.out.ssrc}}
	if err := e.out.control(c, e.out.compile(now, e.in.report(now)), bye); err != nil {
		c.SendErrors.Add(1)
	}
}

// report makes the block on what the endpoint's party sent, if it ever did.
func (in *inbound) report(now time.Time) []rtcp.ReceptionReport {
	if !in.hasSSRC {
		return nil
	}
	r := in.quality.Report()
	block := rtcp.ReceptionReport{
		SSRC: in.ssrc, FractionLost: r.FractionLost, TotalLost: r.Lost,
		LastSequenceNumber: r.Highest, Jitter: r.Jitter, LastSenderReport: in.reception.lastSR,
	}
	if block.LastSenderReport != 0 {
		block.Delay = uint32(now.Sub(in.reception.lastSRAt) << 16 / time.Second)
	}
	return []rtcp.ReceptionReport{block}
}

// report sends a report, unless there is nothing to tell.
func (o *outbound) report(now time.Time, blocks []rtcp.ReceptionReport, c *Counters) error {
	if !o.rtcpTo.IsValid() || o.packets == o.reported && len(blocks) == 0 {
		return nil
	}
	return o.control(c, o.compile(now, blocks))
}

// compile makes a sender report if RTP was sent since the last report, else a receiver
// report (RFC 3550, 6.4).
func (o *outbound) compile(now time.Time, blocks []rtcp.ReceptionReport) rtcp.Packet {
	if o.packets == o.reported {
		return &rtcp.ReceiverReport{SSRC: o.ssrc, Reports: blocks}
	}
	o.reported = o.packets
	return &rtcp.SenderReport{
		SSRC: o.ssrc, NTPTime: ntp(now), RTPTime: o.nextTimestamp(now, o.clock),
		PacketCount: uint32(o.packets), OctetCount: uint32(o.bytes), Reports: blocks,
	}
}

// control sends RTCP packets: a report first, then the canonical name (RFC 3550, 6.1).
func (o *outbound) control(c *Counters, report rtcp.Packet, more ...rtcp.Packet) error {
	name := rtcp.NewCNAMESourceDescription(o.ssrc, fmt.Sprintf("%08x", o.ssrc))
	b, err := rtcp.Marshal(append([]rtcp.Packet{report, name}, more...))
	if err != nil {
		return fmt.Errorf("make RTCP report: %w", err)
	}
	if b, err = o.sealer.protectControl(b); err != nil {
		return fmt.Errorf("protect RTCP report: %w", err)
	}
	fd := o.sockets.rtcp
	if o.mux {
		fd = o.sockets.rtp
	}
	if errno := datagram.Send(fd, b, &o.rtcpTo); errno != 0 {
		return fmt.Errorf("send RTCP report: %w", errno)
	}
	o.reports++
	c.RTCPSent.Add(1)
	return nil
}

// check posts what the watch noticed, and the report that is due. The process stood
// still for stall before.
func (e *endpoint) check(now time.Time, stall time.Duration) {
	e.out.Lock()
	sending, sent := e.out.sending, e.out.at
	e.out.Unlock()
	e.in.Lock()
	if e.in.closed {
		e.in.Unlock()
		return
	}
	e.tend(now)
	e.strain(now)
	e.in.watch.excuse(stall)
	event, ok := e.in.watch.step(now, sending, sent, e.in.silence.Dead())
	unmask := e.in.mask.blocked && !e.in.isMasked(now)
	e.in.Unlock()
	if unmask {
		e.unmask()
	}
	if ok {
		e.plane.counters.event(event)
		e.post(media.Event{Kind: event, At: now})
	}
	e.report(now)
}
