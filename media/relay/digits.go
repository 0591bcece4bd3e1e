package relay

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"strowger/media"
	"strowger/media/dtmf"
)

// digit returns the digit that a packet of telephone-event begins, or 0: for the
// further packets of one that was told, and for events that are no digits.
func (in *inbound) digit(now time.Time, h *header, b []byte) byte {
	e, ok := dtmf.ParseEvent(b[h.start:h.end])
	if !ok {
		return 0
	}
	return in.keys.Step(now, dtmf.Packet{SSRC: h.ssrc, Timestamp: h.timestamp, Marker: h.marker}, e)
}

// finder looks for digits in what a party says.
type finder struct {
	dtmf.Detector             // the tap's
	held          atomic.Bool // a tone sounds, or what may become one
	sounds        atomic.Bool // a tone that was told
	untap         func()
}

// toned tells whether a tone sounds that was told: it is given to others in another form.
func (in *inbound) toned() bool { return in.finder != nil && in.finder.sounds.Load() }

// Detect implements media.Endpoint.
func (e *endpoint) Detect(yes bool) error {
	e.in.Lock()
	f := e.in.finder
	if !yes {
		e.in.finder = nil
	}
	e.in.Unlock()
	switch {
	case yes == (f != nil):
		return nil
	case !yes:
		f.untap()
		return nil
	}
	f = new(finder)
	untap, err := e.tapAs(true, func(pcm []int16) {
		digit := f.Step(pcm)
		f.held.Store(f.Held())
		f.sounds.Store(f.Sounds())
		if digit != 0 {
			e.post(media.Event{Kind: media.Digit, At: e.plane.now(), Digit: digit, Form: media.ByTone})
		}
	})
	if err != nil {
		return err
	}
	f.untap = untap
	e.in.Lock()
	e.in.finder = f
	e.in.Unlock()
	return nil
}

// given is the last digit that Press sent as an event. The source may say the same once
// more by an event of its own, which then is not forwarded.
type given struct {
	waits     bool // none of the source's was taken for it yet
	code      byte
	at        time.Time
	swallows  bool // the event with this timestamp
	ssrc      uint32
	timestamp uint32
}

// sameKey is for how long an event of the source may be the key that Press has sent.
const sameKey = 2 * time.Second

// takes tells whether an event of the source is the digit that was sent already.
func (g *given) takes(now time.Time, h *header, event []byte) bool {
	if g.swallows && h.ssrc == g.ssrc && h.timestamp == g.timestamp {
		return true
	}
	e, ok := dtmf.ParseEvent(event)
	if !g.waits || !ok || e.Code != g.code || now.Sub(g.at) >= sameKey {
		return false
	}
	*g = given{swallows: true, ssrc: h.ssrc, timestamp: h.timestamp}
	return true
}

// Press implements media.Endpoint.
func (e *endpoint) Press(digits string) error {
	p := e.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.closed {
		return media.ErrClosed
	}
	e.surface()
	e.out.Lock()
	defer e.out.Unlock()
	if _, _, sound := e.out.format(); e.out.events() == nil && !sound {
		return fmt.Errorf("%s: %w", e.label, errNoDigits)
	}
	d := e.out.dialler
	if d == nil {
		d = new(dialler)
	}
	if err := d.Add(digits); err != nil {
		return fmt.Errorf("%s: %w", e.label, err)
	}
	e.out.dialler = d
	e.pace(pressing, true)
	return nil
}

var errNoDigits = errors.New("the party negotiated neither telephone-event nor a codec that is made here, so it cannot be given digits")

// events is the payload of digits that the far side negotiated, or nil.
func (o *outbound) events() *media.Payload {
	for i := range o.payloads {
		if o.payloads[i].Encoding == telephoneEvent {
			return &o.payloads[i]
		}
	}
	return nil
}

// dialler is the digits that an outbound has still to send.
type dialler struct {
	dtmf.Sender
	timestamp uint32 // of the first of them, as an event
	form      media.Form
}

func (d *dialler) busy() bool { return d != nil && d.Busy() }

// press is called on each tick: it sends what is due of the digits and tells
// whether there are any.
func (o *outbound) press(now time.Time, scratch []byte, c *Counters) bool {
	d := o.dialler
	if !d.busy() {
		o.dialler = nil
		return false
	}
	b := d.Step()
	events := o.events()
	if b.First {
		d.form = media.ByEvent
		if events == nil {
			d.form = media.ByTone
			c.Tones.Add(1)
		}
	}
	switch {
	case d.form == media.ByTone:
		o.sendTone(now, b, scratch, c)
	case events != nil && b.Told: // a later exchange may have taken it away
		if b.First {
			d.timestamp = o.nextTimestamp(now, events.Clock)
			o.given = given{waits: true, code: b.Code, at: now}
		}
		o.sendEvent(now, events, b, scratch, c)
	}
	if b.Through {
		o.fresh = true
	}
	return true
}

// sendEvent sends one packet of the digit that is pressed.
func (o *outbound) sendEvent(now time.Time, events *media.Payload, beat dtmf.Beat, scratch []byte, c *Counters) {
	if !o.open || !o.to.IsValid() {
		c.Dropped.Add(1)
		return
	}
	const volume = 10
	b := scratch[:minRTP+dtmf.EventSize]
	b[0] = 2 << 6
	h := header{
		marker: beat.First, payload: events.Type, seq: o.seq + 1, timestamp: o.dialler.timestamp,
		ssrc: o.ssrc, start: minRTP, end: len(b),
	}
	h.write(b)
	duration := beat.Ticks * events.Clock / int(time.Second/tick)
	dtmf.Event{Code: beat.Code, End: beat.End, Volume: volume, Duration: uint16(min(duration, 1<<16-1))}.Put(b[minRTP:])
	o.transmit(now, &h, events.Clock, b, c)
}

// sendTone sends 20 ms of the sound of the digit that is pressed, or of the pause behind
// it.
func (o *outbound) sendTone(now time.Time, beat dtmf.Beat, scratch []byte, c *Counters) {
	f, payload, ok := o.format()
	if !ok || !o.open || !o.to.IsValid() {
		c.Dropped.Add(1)
		return
	}
	var pcm [frame]int16
	if beat.Sounds {
		dtmf.Tone(pcm[:], beat.Code, (beat.Ticks-1)*frame, dtmf.Press*frame)
	}
	b := scratch[:minRTP+frame]
	b[0] = 2 << 6
	h := header{
		marker: beat.First, payload: payload, seq: o.seq + 1, timestamp: o.timestamp + uint32(frame),
		ssrc: o.ssrc, start: minRTP, end: len(b),
	}
	if beat.First {
		h.timestamp = o.nextTimestamp(now, sampleRate)
	}
	h.write(b)
	o.encode(f, b[minRTP:], pcm[:])
	o.transmit(now, &h, sampleRate, b, c)
}
