package transport

import (
	"crypto/rand"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"strowger/sip/overload"
)

// Gate tells, before a message is parsed, what it is and whose. Its functions are
// called for messages of anybody and may not wait. See package overload for what is
// made of it.
type Gate struct {
	overload.Judge
	// Trunk tells whether a network has a trunk that sends from an address.
	Trunk func(network string, from netip.Addr) bool
	// Certificate tells whether names that a client certificate is for (Layer.Shown) are
	// those of a trunk of the network. It is asked once a connection; nil: of none.
	Certificate func(network string, names []string) bool
	// Blocked tells whether what comes from an address of a network is dropped unread;
	// nil blocks nobody.
	Blocked func(network string, from netip.Addr) bool
}

// unknownRefusals bounds the refusals that unknown sources are sent, a second and at
// once: their addresses may be others'.
const unknownRefusals = 200

// gate is a Gate with what it remembers.
type gate struct {
	Gate
	sources  *overload.Sources
	inside   overload.Detector  // of what waits behind the layer
	runtime  overload.Scheduler // of the goroutines that read streams
	tag      string             // To tag of refusals
	refusals *rate.Limiter      // to unknown sources
}

func newGate(g Gate) *gate {
	return &gate{
		Gate: g, sources: overload.NewSources(), tag: rand.Text(),
		refusals: rate.NewLimiter(unknownRefusals, unknownRefusals),
	}
}

// Know remembers a flow by which somebody has proved who he is: what comes by it goes
// before what comes from unknown sources.
func (l *Layer) Know(f Flow) {
	if l.gate != nil && !l.elsewhere(f) && !l.gate.sources.Know(time.Now(), f.Listener, f.Remote) {
		l.counters.KnownFull.Add(1)
	}
}

// Delayed tells the layer how long a message waited, behind it, that is handled at now.
func (l *Layer) Delayed(now time.Time, wait time.Duration) {
	if l.gate != nil {
		l.gate.inside.Observe(now, wait)
	}
}

// blocked tells whether a source is sent nothing, and counts.
func (l *Layer) blocked(network string, from netip.Addr) bool {
	if l.gate == nil || l.gate.Blocked == nil || !l.gate.Blocked(network, from) {
		return false
	}
	l.counters.Blocked.Add(1)
	return true
}

// knows tells whether a flow is that of a trunk, or somebody has registered by it.
func (g *gate) knows(f Flow) bool {
	return g.sources.Knows(f.Listener, f.Remote) || g.Trunk(f.Network, f.Remote.Addr())
}

// shedding tells whether there is a standing queue anywhere but at a UDP socket.
func (g *gate) shedding() bool {
	if g.inside.Quiet() && g.runtime.Quiet() {
		return false
	}
	now := time.Now()
	return g.inside.Shedding(now) || g.runtime.Shedding(now)
}

// refuses tells whether what begins now would wait too long there.
func (g *gate) refuses() bool {
	now := time.Now()
	return g.shedding() && (g.inside.Refuses(now) || g.runtime.Refuses(now))
}

// takes tells whether a message is handled that did not wait here. Who is proven is known
// by his connection.
func (l *Layer) takes(f Flow, data []byte, proven bool) bool {
	g := l.gate
	if g == nil {
		return true
	}
	if f.Proto.Reliable() {
		g.runtime.Look(time.Now())
	}
	known := proven || g.knows(f)
	if l.absorbed(data) || !known && !l.allows(f, data) {
		return false
	}
	if !g.shedding() {
		return true
	}
	var h overload.Head
	seen := h.Scan(data)
	class := l.classOf(f, &h, seen, known)
	if class < overload.Known || class == overload.Known && !g.refuses() {
		return true
	}
	return !l.refuse(f, &h, seen, data, class)
}

// allows takes one from what an unknown source may bring.
func (l *Layer) allows(f Flow, data []byte) bool {
	if l.gate.sources.Allow(time.Now(), f.Remote.Addr()) {
		return true
	}
	l.counters.SourceRate.Add(1)
	var h overload.Head
	l.refuse(f, &h, h.Scan(data), data, overload.Unknown)
	return false
}

// classOf is the class of a message. An emergency call of an unknown source has it as
// long as there are not too many.
func (l *Layer) classOf(f Flow, h *overload.Head, seen, known bool) overload.Class {
	g := l.gate
	if !seen {
		if known {
			return overload.Known
		}
		return overload.Unknown
	}
	if !known && f.Proto == UDP && h.Method != nil { // perhaps it registered from there
		if back := h.ReplyTo(f.Remote); back != f.Remote {
			known = g.sources.Knows(f.Listener, back)
		}
	}
	class := g.Class(h, known)
	if class == overload.Emergency && !known && !g.sources.AllowEmergency(time.Now()) {
		return overload.Unknown
	}
	return class
}

// refuse refuses a message of one of the last classes: it answers a request that waits
// for it and drops the rest. It is false for what has to be handled after all: what ends
// or follows something that a known source began.
func (l *Layer) refuse(f Flow, h *overload.Head, seen bool, data []byte, class overload.Class) bool {
	answer := seen && h.Refusable()
	if class == overload.Known && !answer {
		return false
	}
	if answer && (class == overload.Known || l.gate.refusals.Allow()) {
		back := f
		if f.Proto == UDP {
			back.Remote = h.ReplyTo(f.Remote)
		}
		if res := h.Refusal(nil, data, f.Remote, l.gate.tag); res != nil && l.Send(back, res) == nil {
			l.counters.OverloadRefused.Add(1)
			return true
		}
	}
	l.counters.OverloadDropped.Add(1)
	return true
}

// absorbed tells whether a message acknowledges a refusal.
func (l *Layer) absorbed(data []byte) bool {
	if l.counters.OverloadRefused.Load() == 0 || !overload.IsAck(data, l.gate.tag) {
		return false
	}
	l.counters.RefusalAcks.Add(1)
	return true
}
