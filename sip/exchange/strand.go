package exchange

import (
	"time"

	"strowger/sip/b2bua"
	"strowger/sip/leg"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// strand runs the calls that were born on it. Its fields belong to its goroutine.
type strand struct {
	x     *Exchange
	id    uint16
	box   *mailbox
	table *transaction.Table
	legs  map[string]place // by our tag
	calls map[string]*running
	due   timers
	idle  []chan struct{} // closed when no call is left
}

// place is where a dialog lives.
type place struct {
	run *running
	leg int
}

func newStrand(x *Exchange, id uint16) *strand {
	s := &strand{x: x, id: id, box: newMailbox(), legs: map[string]place{}, calls: map[string]*running{}}
	s.table = transaction.NewTable(s, x.cfg.Sender)
	return s
}

// Token makes a word that leads back to this strand (leg.Tokens).
func (s *strand) Token() string { return s.x.cfg.Minter.Token(s.id) }

// run is the strand's goroutine: it ends when the mailbox is closed.
func (s *strand) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.arm(timer)
		select {
		case <-s.box.wake:
		case <-timer.C:
		}
		items, open := s.box.take()
		now := time.Now()
		for i := range items {
			if run := items[i].run; run != nil {
				run(now)
			} else {
				s.table.Receive(now, items[i].wire)
			}
		}
		s.tick(time.Now())
		if !open {
			s.abandon()
			return
		}
	}
}

// arm sets the timer to the next deadline of the table or a call.
func (s *strand) arm(timer *time.Timer) {
	d := s.table.Deadline()
	if c := s.due.first(); !c.IsZero() && (d.IsZero() || c.Before(d)) {
		d = c
	}
	wait := time.Hour
	if !d.IsZero() {
		wait = max(time.Until(d), 0)
	}
	timer.Reset(wait)
}

func (s *strand) tick(now time.Time) {
	s.table.Tick(now)
	for r := s.due.pop(now); r != nil; r = s.due.pop(now) {
		s.step(now, r, b2bua.Tick{})
	}
	if len(s.calls) == 0 {
		for _, c := range s.idle {
			close(c)
		}
		s.idle = nil
	}
}

// step advances a call and settles what follows: its timer, its place in the
// tables, its end.
func (s *strand) step(now time.Time, r *running, ev b2bua.Event) {
	wasOver := r.call.Over()
	r.call.Step(now, ev, r)
	if !wasOver && r.call.Over() {
		s.x.calls.Add(-1)
		if r.call.Recorded() {
			s.x.counters.CallsEnded.Add(1)
		}
	}
	if r.call.Done() {
		s.drop(r)
		return
	}
	s.due.set(r, r.call.Deadline())
}

// drop forgets a call that is done.
func (s *strand) drop(r *running) {
	s.due.set(r, time.Time{})
	delete(s.calls, r.call.ID)
	for _, tag := range r.tags {
		delete(s.legs, tag)
	}
}

// onIdle has idle closed when the strand has no call.
func (s *strand) onIdle(idle chan struct{}) { s.idle = append(s.idle, idle) }

func (s *strand) hangUpAll(now time.Time) {
	for _, r := range s.calls {
		s.step(now, r, b2bua.Hangup{By: "switch", Verdict: shutdown})
	}
}

// abandon closes the ports of calls that did not end in time.
func (s *strand) abandon() {
	for _, r := range s.calls {
		for i := range r.ports {
			r.Close(i + 1)
		}
	}
	for _, c := range s.idle {
		close(c)
	}
}

// find returns the call and leg of one of our tags.
func (s *strand) find(tag string) (*running, *leg.Leg) {
	p, ok := s.legs[tag]
	if !ok {
		return nil, nil
	}
	return p.run, p.run.call.Leg(p.leg)
}

var (
	_ transaction.User  = (*strand)(nil)
	_ leg.Tokens        = (*strand)(nil)
	_ transport.Handler = (*Exchange)(nil)
)
