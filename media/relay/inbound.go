package relay

import (
	"net/netip"
	"sync"
	"time"

	"strowger/media"
	"strowger/media/codec"
	"strowger/media/dtmf"
	"strowger/media/quality"
)

// inbound is what an endpoint's party sends us. Its methods need its mutex.
type inbound struct {
	sync.Mutex
	latch       latch
	opener      *opener // nil: what comes is plain
	payloads    []media.Payload
	closed      bool
	touched     bool // a datagram came, of whatever kind: the ports have to rest
	hasSSRC     bool
	ssrc        uint32
	newcomer    claim // of an SSRC that may replace ssrc with its next packet
	quality     quality.Receiver
	bytes       uint64
	foreign     uint64
	invalid     uint64
	undecrypted uint64
	overrun     uint64 // packets that there was no time for
	encoding    string // of the last packet
	sound       string // of the last packet of sound
	silence     quality.Silence
	watch       watch
	spoke       bool // sound came
	// kernelDrops is what the kernel had thrown away when it was last asked.
	kernelDrops uint32
	sieve       *sieve // nil while nothing came but the call
	reception   reception
	keys        dtmf.Receiver
	finder      *finder // nil while no tones are looked for
	mask        mask
	ear         *ear           // nil while nobody taps
	playout     *media.Playout // of former ears; nil if there was none
	carried     *carriage      // nil while packets come to the socket
	retryAt     time.Time      // when the kernel may be asked again
}

// update applies an SDP exchange.
func (in *inbound) update(r media.Remote, now time.Time) {
	in.latch.open(r, now)
	in.payloads = r.Payloads
	if !r.Receive {
		in.pause()
	}
	in.watch.open(r.Send && r.Receive && reachable(r.RTP), now)
}

// accept rules on an RTP packet and counts it. forward tells whether listeners may
// have it; fresh that its sequence does not follow from the one before.
func (in *inbound) accept(now time.Time, from netip.AddrPort, h *header, c *Counters) (r ruling, forward, fresh bool) {
	payload := in.payload(h.payload)
	r = in.latch.step(now, from, h, payload != nil && h.end > h.start)
	switch r {
	case foreign, barred:
		in.foreign++
		c.Foreign.Add(1)
		if r == barred {
			c.LatchRefused.Add(1)
		}
		return r, false, false
	case waiting:
		c.Unlatched.Add(1)
		return r, false, false
	case locks:
		in.hasSSRC = in.hasSSRC && h.ssrc == in.ssrc
	case accepted:
	}
	restarted, ok := in.source(h, c)
	if !ok {
		return r, false, false
	}
	in.latch.keep(now, h)
	clock := 0
	if payload != nil {
		in.encoding = payload.Encoding
		if payload.Encoding != telephoneEvent {
			clock = payload.Clock
		}
	}
	noise := h.payload == comfortNoise || payload != nil && payload.Encoding == "CN"
	if clock > 0 && !noise {
		in.sound = payload.Encoding
	}
	in.watch.heardRTP(now, noise)
	in.bytes += uint64(h.end - h.start)
	c.Received.Add(1)
	switch in.quality.Step(h.seq, h.timestamp, clock, now) {
	case quality.Duplicate:
		c.Duplicate.Add(1)
		return r, false, false
	case quality.Jump:
		c.Jump.Add(1)
		return r, false, false
	case quality.Restarted:
		restarted = true
	case quality.InOrder, quality.Late:
	}
	if noise {
		in.pause()
	}
	return r, true, restarted
}

// pause says that the party need not send until it does.
func (in *inbound) pause() {
	in.quality.Pause()
	in.silence.Pause()
}

// look tells silence from sound.
func (in *inbound) look(now time.Time, encoding string, codes []byte) {
	switch encoding {
	case "PCMU":
		in.silence.Step(codec.ULaw, codes, now)
	case "PCMA":
		in.silence.Step(codec.ALaw, codes, now)
	case "G722":
		in.silence.StepG722(codes, now)
	}
}

// comfortNoise is the static payload type of RFC 3389.
const comfortNoise = 13

// telephoneEvent is the encoding name of RFC 4733: its timestamps stand still
// while a key is pressed.
const telephoneEvent = "telephone-event"

// source follows the SSRC of the locked source. A new one is taken with its second
// consecutive packet.
func (in *inbound) source(h *header, c *Counters) (restarted, ok bool) {
	switch {
	case in.hasSSRC && h.ssrc == in.ssrc:
		return false, true
	case !in.hasSSRC, in.newcomer == claim{h.ssrc, h.seq}:
		restarted = in.hasSSRC
		in.ssrc, in.hasSSRC, in.newcomer = h.ssrc, true, claim{}
		in.quality.Restart()
		return restarted, true
	}
	in.newcomer = claim{h.ssrc, h.seq + 1}
	c.WrongSSRC.Add(1)
	return false, false
}

func (in *inbound) payload(number uint8) *media.Payload {
	for i := range in.payloads {
		if in.payloads[i].Type == number {
			return &in.payloads[i]
		}
	}
	return nil
}

// unwrap opens and parses an RTP packet; what is none is counted.
func (in *inbound) unwrap(now time.Time, from netip.AddrPort, k kind, b []byte, h *header, c *Counters) ([]byte, bool) {
	if in.closed {
		return nil, false
	}
	if k == kindRTP && h.parse(b) {
		var ok bool
		if b, ok = in.open(now, from, b, c); !ok {
			return nil, false
		}
		if h.unpad(b) {
			return b, true
		}
	}
	if k == kindRTP {
		k = kindInvalid
	}
	in.reject(k, c)
	return nil, false
}

// reject counts what is no RTP and no RTCP.
func (in *inbound) reject(k kind, c *Counters) {
	switch k {
	case kindSTUN:
		c.STUN.Add(1)
	case kindDTLS:
		c.DTLS.Add(1)
		in.invalid++
	default:
		c.Malformed.Add(1)
		in.invalid++
	}
}

// stats fills in the figures of this direction.
func (in *inbound) stats(s *media.Stats) {
	f := in.quality.Figures()
	s.Received, s.ReceivedBytes = f.Received, in.bytes
	s.Lost, s.Duplicate, s.Reordered = f.Lost(), f.Duplicates, f.Reordered
	s.Jitter, s.MaxGap, s.First, s.Last = f.Jitter, f.MaxGap, f.First, f.Last
	s.Foreign, s.Invalid, s.Undecrypted, s.Overrun = in.foreign, in.invalid, in.undecrypted, in.overrun
	s.RTCPReceived, s.RoundTrip, s.FarLoss = in.reception.packets, in.reception.roundTrip, in.reception.farLoss
	s.Silence, s.MaxSilence, s.Silent = in.silence.Now(), in.silence.Longest(), in.silence.Dead()
	s.Encoding, s.Source = in.sound, in.latch.source
	s.Playout, s.InKernel = in.heard(), in.carried != nil
	if f.Received > 0 {
		s.Loss = f.LossShare()
		s.MOS = quality.MOS(quality.CodecOf(in.sound), s.Loss, in.reception.roundTrip/2+playout+2*f.Jitter)
	}
}

// playout is what a phone's jitter buffer and one packet add to the delay, beside
// twice the jitter.
const playout = 40 * time.Millisecond
