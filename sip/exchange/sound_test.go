package exchange_test

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"strowger/media"
)

// plane is the sound plane.
type plane struct {
	world *world
	next  uint16
	limit int // of ports; 0 means none
	ports []*port
}

// port is an endpoint; its name is the party whose SDP was applied to it.
type port struct {
	media.Endpoint
	plane  *plane
	number uint16
	owner  string
	events media.Events
	closed bool
}

// Open gives the next port while there are any.
func (p *plane) Open(_, _ string, events media.Events) (media.Endpoint, error) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	if p.limit > 0 && len(p.ports) >= p.limit {
		return nil, media.ErrNoPorts
	}
	e := &port{plane: p, number: p.next, events: events}
	p.next += 2
	p.ports = append(p.ports, e)
	p.world.log("sound", fmt.Sprintf("open %d", e.number))
	return e, nil
}

// Stats is not used.
func (p *plane) Stats() media.PlaneStats { return media.PlaneStats{} }

// Close is not used.
func (p *plane) Close() error { return nil }

// tell makes an event happen at the port of a party.
func (p *plane) tell(owner string, args []string) {
	kinds := map[string]media.EventKind{"timeout": media.Timeout, "ended": media.Ended, "oneway": media.OneWay, "digit": media.Digit}
	e := media.Event{Kind: kinds[args[0]], At: time.Now()}
	if len(args) > 1 {
		e.Digit = args[1][0]
	}
	if len(args) > 2 && args[2] == "tone" {
		e.Form = media.ByTone
	}
	p.world.log("sound", owner+" "+strings.Join(args, " "))
	for _, port := range p.ports {
		if port.owner == owner && !port.closed {
			port.events(e)
			return
		}
	}
}

func (p *plane) check() {
	for _, e := range p.ports {
		if !e.closed {
			p.world.t.Errorf("port %d (%s) was never closed", e.number, e.owner)
		}
	}
}

func (e *port) name() string {
	if e.owner != "" {
		return e.owner
	}
	return strconv.Itoa(int(e.number))
}

// note writes to the transcript; world.mu is held.
func (e *port) note(format string, args ...any) {
	if e.closed {
		e.plane.world.t.Errorf("port %d is used after its Close", e.number)
	}
	e.plane.world.log("sound", fmt.Sprintf(format, args...))
}

// MediaSource marks an endpoint as a source.
func (e *port) MediaSource() {}

// Local is its address.
func (e *port) Local() netip.AddrPort { return netip.AddrPortFrom(self.Addr(), e.number) }

// Update notes the far side.
func (e *port) Update(r media.Remote) error {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	for _, p := range e.plane.world.order {
		if p.addr.Addr() == r.RTP.Addr() {
			e.owner = p.name
		}
	}
	var codecs []string
	for _, p := range r.Payloads {
		codecs = append(codecs, fmt.Sprintf("%s/%d", p.Encoding, p.Type))
	}
	e.note("%d is %s: %s send=%t receive=%t %s%s", e.number, e.name(), r.RTP, r.Send, r.Receive, strings.Join(codecs, ","), secureSummary(r.Crypto))
	return nil
}

// Hear notes an edge.
func (e *port) Hear(from ...media.Source) error {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	var names []string
	for _, from := range from {
		switch from := from.(type) {
		case *port:
			names = append(names, from.name())
		case *media.Prompt:
			names = append(names, "prompt "+from.Name)
		}
	}
	if names == nil {
		names = []string{"nothing"}
	}
	e.note("%s hears %s", e.name(), strings.Join(names, " and "))
	return nil
}

// Tap notes who takes the sound, and for how long.
func (e *port) Tap(func(pcm []int16)) (func(), error) {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	e.note("%s is tapped", e.name())
	return func() {
		e.plane.world.mu.Lock()
		defer e.plane.world.mu.Unlock()
		e.note("%s is tapped no more", e.name())
	}, nil
}

// Press notes a key.
func (e *port) Press(digits string) error {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	e.note("%s hears key %s", e.name(), digits)
	return nil
}

// Mask notes that a party is heard by nobody.
func (e *port) Mask(yes bool) error {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	e.note("%s masked=%t", e.name(), yes)
	return nil
}

// Detect notes that tones are looked for.
func (e *port) Detect(yes bool) error {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	e.note("%s tones=%t", e.name(), yes)
	return nil
}

// SetTimeout notes the media timeout.
func (e *port) SetTimeout(d, _ time.Duration) {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	e.note("%s timeout %s", e.name(), d)
}

// Stats are none.
func (e *port) Stats() media.Stats { return media.Stats{} }

// Close notes the end.
func (e *port) Close() media.Stats {
	e.plane.world.mu.Lock()
	defer e.plane.world.mu.Unlock()
	e.note("close %d", e.number)
	e.closed = true
	return media.Stats{}
}
