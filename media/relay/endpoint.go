package relay

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"strowger/media"
	"strowger/media/quality"
)

// Limits of an endpoint.
const (
	maxListeners = 16  // endpoints that hear the same one
	maxPayloads  = 128 // payload types of an SDP exchange
)

// endpoint is one leg's port pair and the two halves of its sound.
type endpoint struct {
	plane  *Plane
	label  string
	events media.Events
	pair   int32
	local  netip.AddrPort

	route  atomic.Pointer[route] // of what its party says; nil for nowhere
	in     inbound
	out    outbound
	wanted atomic.Bool // in the kernel, after the next packet

	// Guarded by the plane's mutex.
	closed    bool
	speaks    bool // the party does, by the last SDP exchange
	masked    bool // nobody may hear it
	pacing    pacing
	paced     *clock      // by which; nil before it was needed
	hears     *endpoint   // whose packets it is sent
	listeners []*endpoint // who is sent its packets
	voice     *voice      // what it says to rooms; nil if none hears it

	reports quality.Schedule // of RTCP; the clock's own
}

// MediaSource marks an endpoint as a media.Source.
func (*endpoint) MediaSource() {}

// Local implements media.Endpoint.
func (e *endpoint) Local() netip.AddrPort { return e.local }

// Update implements media.Endpoint.
func (e *endpoint) Update(r media.Remote) error {
	if len(r.Payloads) > maxPayloads {
		return fmt.Errorf("%s: %d payload types, at most %d are possible", e.label, len(r.Payloads), maxPayloads)
	}
	refused, err := e.update(r)
	if refused.to.IsValid() {
		e.plane.counters.NotAllowed.Add(1)
		e.refuse(&e.plane.sdpLines, "sound is not sent to", refused.to, refused.setting)
		if e.plane.disallowed != nil {
			e.plane.disallowed(refused.network, refused.to, e.label)
		}
	}
	return err
}

// refusal is an address of SDP that is sent nothing, and the setting of a network or its
// trunk that does not list it.
type refusal struct {
	to               netip.AddrPort
	network, setting string
}

// update returns what of the exchange is sent nothing; its address is invalid if all is.
func (e *endpoint) update(r media.Remote) (refused refusal, err error) {
	p := e.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.closed {
		return refused, media.ErrClosed
	}
	e.surface()
	if err := e.apply(r, &refused); err != nil {
		return refused, fmt.Errorf("%s: %w", e.label, err)
	}
	e.speaks = r.Receive
	e.reroute()
	if e.hears != nil {
		e.hears.reroute()
	}
	e.rearrange()
	return refused, nil
}

// apply gives both halves the exchange; nothing of it if its keys are none.
func (e *endpoint) apply(r media.Remote, refused *refusal) error {
	e.in.Lock()
	defer e.in.Unlock()
	e.out.Lock()
	defer e.out.Unlock()
	if err := e.secure(r.Crypto); err != nil {
		return err
	}
	now := e.plane.now()
	e.in.update(r, now)
	e.filter(now)
	latch := &e.in.latch
	rtp, rtcp, to := latch.screen(destinations(r))
	if to.IsValid() {
		*refused = refusal{to, latch.network.name, latch.missing(to.Addr())}
	}
	e.out.update(r, rtp, rtcp, latch.source)
	return nil
}

// reroute makes the route of what e's party says. It needs the plane's mutex.
func (e *endpoint) reroute() {
	e.surface()
	if len(e.listeners) == 0 || !e.speaks || e.masked {
		e.route.Store(nil)
		for _, l := range e.listeners {
			l.fills(false)
		}
		return
	}
	r := make(route, len(e.listeners))
	for i, l := range e.listeners {
		l.out.Lock()
		r[i] = edge{to: l, epoch: l.out.epoch, types: translate(e.out.payloads, l.out.payloads), events: share(e.out.events(), l.out.events())}
		r[i].noise = unshared(e.out.payloads, l.out.payloads)
		l.out.Unlock()
		l.fills(r[i].noise != noNoise)
	}
	e.route.Store(&r)
}

// SetTimeout implements media.Endpoint.
func (e *endpoint) SetTimeout(sound, noise time.Duration) {
	e.in.Lock()
	defer e.in.Unlock()
	e.in.watch.setTimeout(sound, noise, e.plane.now())
}

// Stats implements media.Endpoint.
func (e *endpoint) Stats() media.Stats {
	var s media.Stats
	e.catchUpSource()
	e.in.Lock()
	defer e.in.Unlock()
	e.catchUp(e.plane.now())
	if s := e.in.sieve; s != nil && s.on && !e.in.closed {
		e.in.dropped(e.out.sockets, &e.plane.counters)
	}
	e.out.Lock()
	defer e.out.Unlock()
	e.in.stats(&s)
	e.out.stats(&s)
	if clock := e.out.clock; clock > 0 {
		s.FarJitter = time.Duration(e.in.reception.farJitter) * time.Second / time.Duration(clock)
	}
	return s
}

// Close implements media.Endpoint. A second call returns the same figures.
func (e *endpoint) Close() media.Stats {
	p := e.plane
	p.mu.Lock()
	defer p.mu.Unlock()
	if !e.closed {
		e.close()
	}
	return e.Stats()
}

// close needs the plane's mutex. Once both halves are shut no worker touches the
// sockets, and their numbers may be used again.
func (e *endpoint) close() {
	p := e.plane
	e.closed = true
	e.surface()
	e.mute()
	e.route.Store(nil)
	e.pacing = 0
	if e.paced != nil {
		e.paced.follow(e, false)
	}
	p.slots[e.pair].Store(nil)

	e.in.Lock()
	e.in.dropped(e.out.sockets, &p.counters)
	if e.in.spoke {
		p.speaking.Add(-1)
	}
	e.in.closed = true
	var taps []*tap
	if e.in.ear != nil {
		taps = e.in.ear.taps
		e.in.deafen()
	}
	e.out.Lock()
	e.goodbye(p.now())
	e.out.shut()
	tired := e.in.touched || e.out.packets > 0 || e.out.reports > 0
	e.out.Unlock()
	e.in.Unlock()
	for _, t := range taps {
		t.end()
	}

	delete(p.endpoints, e)
	p.release(e.pair, e.out.sockets, tired)
}

// post hands an event to the owner of the endpoint.
func (e *endpoint) post(event media.Event) {
	if e.events != nil && event.Kind != 0 {
		e.events(event)
	}
}
