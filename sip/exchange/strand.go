package exchange

import (
	"sync"
	"time"

	"strowger/sip/b2bua"
	"strowger/sip/deadline"
	"strowger/sip/ledger"
	"strowger/sip/leg"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// strand runs the calls that were born on it. Its fields belong to whoever holds
// own: its goroutine, or the one that brought a message to an idle strand.
type strand struct {
	x      *Exchange
	id     uint16
	box    *mailbox
	own    sync.Mutex
	timer  *time.Timer // posts fired
	armed  time.Time   // when timer fires; zero for never
	table  *transaction.Table
	legs   map[string]place   // by our tag
	moved  map[string]*strand // legs that were here, by our tag: who has them, or knows who
	calls  map[string]*running
	due    deadline.Queue[*running]
	events []ledger.Event  // of the step under way, not written yet
	idle   []chan struct{} // closed when no call is left
	// arrived is when the message at hand came.
	arrived time.Time
	desk    *desk // of the strand of subscriptions, else nil
}

// place is where a dialog lives.
type place struct {
	run *running
	leg int
}

func newStrand(x *Exchange, id uint16) *strand {
	s := &strand{
		x: x, id: id, box: newMailbox(),
		legs: map[string]place{}, moved: map[string]*strand{}, calls: map[string]*running{},
	}
	// Not a timer with a channel: strands of one synctest bubble that receive from
	// theirs at once crash the race detector of Go 1.26.
	fired := s.fired
	s.timer = time.AfterFunc(0, func() { s.box.post(fired) })
	s.table = transaction.NewTable(s, x.cfg.Sender)
	s.table.IsPeer = s.isPeer
	return s
}

// Token makes a word that leads back to this strand (leg.Tokens).
func (s *strand) Token() string { return s.x.cfg.Minter.Token(s.id) }

// Random returns a number from 0 to below n (leg.Tokens).
func (s *strand) Random(n int) int { return s.x.cfg.Random(n) }

// run is the strand's goroutine: it ends when the mailbox is closed.
func (s *strand) run() {
	defer s.timer.Stop()
	for range s.box.wake {
		s.own.Lock()
		open := s.drain()
		if !open {
			s.abandon()
		}
		s.own.Unlock()
		if !open {
			return
		}
		s.again()
	}
}

// fired has arm look for the next deadline.
func (s *strand) fired(time.Time) { s.armed = time.Time{} }

// help runs what waits on the caller's goroutine if the strand is idle: that saves
// two switches of goroutine a message. If it is not, its owner looks again.
func (s *strand) help() {
	if s.own.TryLock() {
		open := s.drain()
		s.own.Unlock()
		if open {
			s.again()
		} else {
			s.box.signal() // the goroutine has to see the end
		}
	}
}

// again has the goroutine run what came while the strand was owned.
func (s *strand) again() {
	if s.box.waiting() {
		s.box.signal()
	}
}

// drain runs what waits and what is due; false when the mailbox is closed. The
// strand must be owned.
func (s *strand) drain() bool {
	items, open := s.box.take()
	now := time.Now()
	if len(items) > 0 && items[0].run == nil {
		s.x.cfg.Delayed(now, now.Sub(items[0].wire.At))
	}
	for i := range items {
		if run := items[i].run; run != nil {
			run(now)
		} else {
			s.arrived = items[i].wire.At
			s.x.cfg.Delays.Waited(now.Sub(s.arrived))
			s.take(now, items[i].wire)
		}
	}
	s.tick(now)
	s.arm(now)
	return open
}

// Grids on which strands wake for what is due: one wake-up then serves much, and
// all strands. Most of what is due is the end of a transaction, which nobody waits
// for.
const (
	slack  = 20 * time.Millisecond
	linger = time.Second // for ends of transactions
)

// arm sets the timer to the next deadline of the table or a call, unless it fires
// before that anyway.
func (s *strand) arm(now time.Time) {
	d := earlier(onGrid(s.table.Urgent(), slack), onGrid(s.table.Deadline(), linger))
	d = earlier(d, onGrid(s.due.Next(), slack))
	if s.desk != nil {
		d = earlier(d, onGrid(s.desk.book.Deadline(), slack))
	}
	if d.IsZero() || !s.armed.IsZero() && !d.Before(s.armed) {
		return
	}
	s.armed = d
	s.timer.Reset(max(d.Sub(now), 0))
}

// onGrid is the first point of a grid that is not before t; zero stays zero.
func onGrid(t time.Time, grid time.Duration) time.Time {
	if late := t.Sub(t.Truncate(grid)); late > 0 {
		return t.Add(grid - late)
	}
	return t
}

// earlier is the earlier of two times; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (s *strand) tick(now time.Time) {
	s.table.Tick(now)
	for range s.due.Len() { // each call at most once, whatever deadline it sets
		r, ok := s.due.First(now)
		if !ok {
			break
		}
		s.due.Set(r, time.Time{})
		s.step(now, r, b2bua.Tick{})
	}
	if s.desk != nil {
		s.desk.tick(now)
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
	s.do(r, func() { r.call.Step(now, ev, r) })
}

// do has something done to a call, and settles what follows as step does.
func (s *strand) do(r *running, what func()) {
	wasOver := r.call.Over()
	what()
	r.holds()
	r.company()
	s.write()
	r.publish()
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
	s.due.Set(r, r.call.Deadline())
}

// write takes the events of the step so far to the ledger.
func (s *strand) write() {
	if len(s.events) > 0 {
		s.x.cfg.Ledger.Record(s.events...)
		clear(s.events)
		s.events = s.events[:0]
	}
}

// drop forgets a call that is done.
func (s *strand) drop(r *running) {
	s.due.Set(r, time.Time{})
	delete(s.calls, r.call.ID)
	for _, tag := range r.tags {
		delete(s.legs, tag)
		r.forget(tag)
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
		r.endTape("switch")
		for i := range r.ports {
			r.Close(i + 1)
		}
		for i := range r.channels {
			r.Free(i + 1)
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
	_ transaction.User = (*strand)(nil)

	_ transaction.Redialler = (*strand)(nil)
	_ transaction.Widener   = (*strand)(nil)

	_ leg.Tokens        = (*strand)(nil)
	_ transport.Handler = (*Exchange)(nil)
)
