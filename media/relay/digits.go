package relay

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"strowger/media"
)

// Digits of RFC 4733 (section 3.2), in the order of their event codes.
const digitCodes = "0123456789*#ABCD"

// A digit of ours, in ticks, and how many may wait.
const (
	pressTicks = 5 // 100 ms
	pauseTicks = 4 // 80 ms
	endPackets = 3 // RFC 4733 section 2.5.1.4
	eventSize  = 4
	maxDigits  = 64
)

// press is a digit that came in: all packets of one have its timestamp.
type press struct {
	known     bool
	ssrc      uint32
	timestamp uint32
}

// digit returns the digit that a packet of telephone-event begins, or 0: for the
// further packets of one that was told, and for events that are no digits.
func (in *inbound) digit(h *header, b []byte) byte {
	if h.end-h.start < eventSize || int(b[h.start]) >= len(digitCodes) {
		return 0
	}
	last := &in.pressed
	if last.known && last.ssrc == h.ssrc && int32(h.timestamp-last.timestamp) <= 0 {
		return 0
	}
	*last = press{known: true, ssrc: h.ssrc, timestamp: h.timestamp}
	return digitCodes[b[h.start]]
}

// dialler is the digits that an outbound has still to send.
type dialler struct {
	codes     []byte
	tick      int // of the first code
	timestamp uint32
}

func (d *dialler) busy() bool { return d != nil && len(d.codes) > 0 }

// Press implements media.Endpoint.
func (e *endpoint) Press(digits string) error {
	codes := make([]byte, 0, len(digits))
	for _, digit := range strings.ToUpper(digits) {
		code := strings.IndexRune(digitCodes, digit)
		if code < 0 {
			return fmt.Errorf("%s: %q is no digit: 0-9, *, # and A-D are", e.label, digit)
		}
		codes = append(codes, byte(code))
	}
	p := e.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.closed {
		return media.ErrClosed
	}
	e.surface()
	e.out.Lock()
	defer e.out.Unlock()
	if e.out.events() == nil {
		return fmt.Errorf("%s: %w", e.label, errNoEvents)
	}
	d := e.out.dialler
	if d == nil {
		d = new(dialler)
	}
	if len(d.codes)+len(codes) > maxDigits {
		return fmt.Errorf("%s: more than %d digits wait", e.label, maxDigits)
	}
	d.codes = append(d.codes, codes...)
	e.out.dialler = d
	e.pace(pressing, true)
	return nil
}

var errNoEvents = errors.New("the party did not negotiate telephone-event")

// events is the payload of digits that the far side negotiated, or nil.
func (o *outbound) events() *media.Payload {
	for i := range o.payloads {
		if o.payloads[i].Encoding == telephoneEvent {
			return &o.payloads[i]
		}
	}
	return nil
}

// press is called on each tick: it sends what is due of the digits and tells
// whether there are any.
func (o *outbound) press(now time.Time, scratch []byte, c *Counters) bool {
	d := o.dialler
	if !d.busy() {
		o.dialler = nil
		return false
	}
	events := o.events()
	if events == nil { // a later exchange took it away
		o.dialler = nil
		return false
	}
	if d.tick == 0 {
		d.timestamp = o.nextTimestamp(now, events.Clock)
	}
	d.tick++
	switch {
	case d.tick <= pressTicks:
		o.sendEvent(now, events, d.tick, false, scratch, c)
	case d.tick == pressTicks+1:
		for range endPackets {
			o.sendEvent(now, events, pressTicks, true, scratch, c)
		}
	case d.tick >= pressTicks+pauseTicks:
		d.codes, d.tick = d.codes[1:], 0
		o.fresh = true
	}
	return true
}

// sendEvent sends one packet of the digit that is pressed.
func (o *outbound) sendEvent(now time.Time, events *media.Payload, ticks int, end bool, scratch []byte, c *Counters) {
	if !o.open || !o.to.IsValid() {
		c.Dropped.Add(1)
		return
	}
	const volume, endBit = 10, 0x80
	b := scratch[:minRTP+eventSize]
	b[0] = 2 << 6
	h := header{
		marker: ticks == 1, payload: events.Type, seq: o.seq + 1, timestamp: o.dialler.timestamp,
		ssrc: o.ssrc, start: minRTP, end: len(b),
	}
	h.write(b)
	b[minRTP], b[minRTP+1] = o.dialler.codes[0], volume
	if end {
		b[minRTP+1] |= endBit
	}
	duration := ticks * events.Clock / int(time.Second/tick)
	binary.BigEndian.PutUint16(b[minRTP+2:], uint16(min(duration, 1<<16-1)))
	o.transmit(now, &h, events.Clock, b, c)
}
