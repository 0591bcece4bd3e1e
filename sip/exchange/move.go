package exchange

import (
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// cargo is what goes with a leg from one call to another: its ports, and how messages
// of its dialog find it.
type cargo struct {
	from  *running
	port  *port
	free  func()    // gives its trunk's channel back; nil without one
	trail []*strand // where it has been: they send its messages on
}

// errNoDialog is the verdict about a dialog that no call here has.
var errNoDialog = cause.New(481, "", cause.Caller)

// pack takes out what goes with a leg to another strand. From now on its messages go
// there; they come behind the leg, because a mailbox keeps the order.
func (r *running) pack(m *b2bua.Moving, to *strand) {
	tag := m.Tag()
	c := &cargo{from: r, trail: r.trails[tag]}
	r.untap(m.Leg)
	if m.Leg <= len(r.ports) {
		c.port, r.ports[m.Leg-1] = r.ports[m.Leg-1], nil
	}
	if m.Leg <= len(r.channels) {
		c.free, r.channels[m.Leg-1] = r.channels[m.Leg-1], nil
	}
	delete(r.legs, tag)
	delete(r.trails, tag)
	r.tags = slices.DeleteFunc(r.tags, func(t string) bool { return t == tag })
	m.Cargo = c
	r.forward(c, tag, to)
}

// forward sends the messages of a leg on to another strand, or to the end of this one's
// own mailbox until the leg is attached again.
func (s *strand) forward(c *cargo, tag string, to *strand) {
	s.moved[tag] = to
	if to != s && !slices.Contains(c.trail, s) {
		c.trail = append(slices.Clip(c.trail), s)
	}
}

// Attach takes what came with a leg.
func (r *running) Attach(id int, m *b2bua.Moving) {
	c, tag := m.Cargo.(*cargo), m.Tag()
	for len(r.ports) < id {
		r.ports = append(r.ports, nil)
	}
	r.ports[id-1] = c.port
	if c.port != nil {
		c.port.at.Store(&place{run: r, leg: id})
	}
	if c.free != nil {
		r.hold(id, c.free)
	}
	delete(r.moved, tag)
	if l := r.call.Leg(id); r.know(l) {
		r.note(time.Now(), l, l.Party)
	}
	if len(c.trail) > 0 {
		if r.trails == nil {
			r.trails = map[string][]*strand{}
		}
		r.trails[tag] = c.trail
	}
}

// forget has the strands on a leg's way forget it.
func (r *running) forget(tag string) {
	for _, s := range r.trails[tag] {
		if s != r.strand {
			s.box.post(func(time.Time) { delete(s.moved, tag) })
		}
	}
}

// Find asks the call that has a dialog whether it may be taken over.
func (r *running) Find(f b2bua.Find) {
	o, at, err := r.x.having(f.Dialog)
	if err != nil {
		r.later(b2bua.Found{Err: err, At: at})
		return
	}
	o.box.post(func(time.Time) {
		e := b2bua.Found{Err: errNoDialog}
		if other, l := o.dialog(f.Dialog); l != nil {
			e.Place, e.Err = other.call.Replaceable(l.ID, f)
			r.x.full(e.Err)
		}
		r.later(e)
	})
}

// Fetch asks the call that has a dialog for the party that talks to it.
func (r *running) Fetch(f b2bua.Fetch) {
	o, at, err := r.x.having(f.Dialog)
	if err != nil {
		r.later(b2bua.Fetched{Leg: f.Leg, Err: err, At: at})
		return
	}
	o.box.post(func(now time.Time) {
		other, l := o.dialog(f.Dialog)
		if l == nil {
			r.later(b2bua.Fetched{Leg: f.Leg, Err: errNoDialog})
			return
		}
		var m *b2bua.Moving
		var err error
		o.do(other, func() {
			if m, err = other.call.Yield(now, l.ID, f.By, other); err == nil {
				other.pack(m, r.strand)
			}
		})
		if err != nil {
			r.later(b2bua.Fetched{Leg: f.Leg, Err: err})
			return
		}
		r.box.post(func(now time.Time) {
			if r.calls[r.call.ID] == r {
				r.step(now, r, b2bua.Fetched{Leg: f.Leg, Moving: m})
			} else {
				r.Return(m, errNoDialog)
			}
		})
	})
}

// Give hands a leg of this call to the call that has a dialog, to take its place.
func (r *running) Give(m *b2bua.Moving, d message.Replaces) {
	o, _, err := r.x.having(d)
	if err != nil {
		r.pack(m, r.strand)
		r.Return(m, errNoDialog)
		return
	}
	r.pack(m, o)
	o.box.post(func(now time.Time) {
		other, l := o.dialog(d)
		taken := false
		if l != nil {
			o.do(other, func() { taken = other.call.Take(now, l.ID, m, d.EarlyOnly, other) })
		}
		if !taken {
			o.giveBack(m, errNoDialog)
			return
		}
		r.Keep(m)
	})
}

// Keep tells the call that gave a leg that it has its place.
func (r *running) Keep(m *b2bua.Moving) { m.Cargo.(*cargo).from.later(b2bua.Kept{}) }

// Return gives a leg back to the call that it came from.
func (r *running) Return(m *b2bua.Moving, v cause.Verdict) { r.giveBack(m, v) }

func (s *strand) giveBack(m *b2bua.Moving, v cause.Verdict) {
	c := m.Cargo.(*cargo)
	home := c.from
	s.forward(c, m.Tag(), home.strand)
	home.box.post(func(now time.Time) {
		home.calls[home.call.ID] = home // it may have been dropped
		home.step(now, home, b2bua.Returned{Moving: m, Verdict: v})
	})
}

// later has an event follow when the step under way is over, if the call is there yet.
func (r *running) later(ev b2bua.Event) {
	s := r.strand
	s.box.post(func(now time.Time) {
		if s.calls[r.call.ID] == r {
			s.step(now, r, ev)
		}
	})
}

// having is the strand that has the dialog of a tag of ours. If another node has it, at
// is the way there, or zero if there is none now.
func (x *Exchange) having(d message.Replaces) (s *strand, at transport.Flow, err error) {
	m, ok := x.cfg.Minter.Read(d.ToTag)
	switch {
	case !ok:
		return nil, at, errNoDialog
	case m.Node != x.cfg.Minter.Node():
		if x.cfg.Node == nil {
			return nil, at, b2bua.ErrElsewhere
		}
		if way, ok := x.cfg.Node(m.Node); ok {
			at = way
		}
		return nil, at, b2bua.ErrElsewhere
	}
	if s = x.strand(m.Strand); s != nil {
		return s, at, nil
	}
	return nil, at, errNoDialog
}

// dialog finds the call and leg of a dialog; nil if it is not here.
func (s *strand) dialog(d message.Replaces) (*running, *leg.Leg) {
	r, l := s.find(d.ToTag)
	if l == nil || l.Dialog.CallID != d.CallID || l.Dialog.RemoteTag != d.FromTag {
		return nil, nil
	}
	return r, l
}

// onward is the strand that has the leg of a message which was here once; nil if none
// has, or a transaction of this strand takes the message.
func (s *strand) onward(msg sip.Message) *strand {
	if len(s.moved) == 0 {
		return nil
	}
	if req, ok := msg.(*sip.Request); ok {
		if to := s.moved[message.ToTag(req)]; to != nil && !s.table.Knows(req) {
			return to
		}
	}
	return nil
}

// take takes a message from the wire, or sends it on to where its leg is.
func (s *strand) take(now time.Time, w transport.Received) {
	if to := s.onward(w.Msg); to != nil {
		to.post(w)
		return
	}
	s.table.Receive(now, w)
}

// post puts a message from another strand into the mailbox.
func (s *strand) post(w transport.Received) {
	if !s.box.putWire(w) {
		s.x.counters.MailboxFull.Add(1)
		return
	}
	s.box.signal()
}
