package usage

import (
	"container/list"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"strowger/dialplan/service"
	"strowger/sip/ledger"
)

// MaxParties is how many parties and destinations are counted; others are not.
const MaxParties = 100_000

// Counters count what a Meter did.
type Counters struct {
	Alarms  atomic.Uint64 // parties that exceeded what is stated
	Ignored atomic.Uint64 // calls that were not counted because of MaxParties
	Calls   atomic.Int64  // calls that are followed
	Parties atomic.Int64  // parties and destinations that are counted

	Learned     atomic.Uint64 // hours of a party that other nodes told of
	NewsIgnored atomic.Uint64 // of those, not kept because of MaxParties
}

// Meter counts. Safe for concurrent use.
type Meter struct {
	node     string
	epoch    uint64
	next     ledger.Recorder
	policy   func(tenant string) *service.Policy // nil result: nothing is counted by hour
	alarm    func(now time.Time, u Use)
	counters Counters

	mu    sync.Mutex
	calls map[string]*call
	busy  map[seatKey]*list.Element // of lines
	// lines has every *busy, that which this node changed last at the end.
	lines      list.List
	lineChange uint64                // number of the last one
	asked      bool                  // another node did, so lines are told
	hours      map[key]*list.Element // of changes
	// changes has every *total, that of which this node counted something last at the end.
	changes list.List
	change  uint64 // number of the last one
}

type seatKey struct{ tenant, party string }

type key struct{ tenant, party, destination string }

// call is a call that is not over.
type call struct {
	tenant string
	payer  string // the seat that calls, or has transferred the call last; "" for none
	legs   []leg
	toll   []string // destinations that the payer was counted a call to
}

type leg struct {
	id          int
	party       string
	destination string    // of a call by a trunk; "" for others
	payer       string    // the seat whose time it is too; "" for none
	counted     time.Time // until when its time is counted; zero before the answer
}

// New returns the Meter of a node before a recorder. The epoch is one that no earlier
// Meter of the node had. alarm is told of a party that exceeds what the policy states, at
// most once an hour; it must not call the Meter.
func New(node string, epoch uint64, next ledger.Recorder, policy func(tenant string) *service.Policy, alarm func(now time.Time, u Use)) *Meter {
	return &Meter{
		node: node, epoch: epoch, next: next, policy: policy, alarm: alarm,
		calls: map[string]*call{}, busy: map[seatKey]*list.Element{}, hours: map[key]*list.Element{},
	}
}

// Counters returns the meter's counters.
func (m *Meter) Counters() *Counters { return &m.counters }

// Record counts the events and passes them on.
func (m *Meter) Record(events ...ledger.Event) {
	m.mu.Lock()
	for i := range events {
		m.event(&events[i])
	}
	m.mu.Unlock()
	m.next.Record(events...)
}

// event counts one. The lock is held.
func (m *Meter) event(e *ledger.Event) {
	if e.Kind == ledger.Arrived {
		c := &call{tenant: e.Tenant}
		if isSeat(e.Party) {
			c.payer = e.Party
		}
		m.calls[e.Call] = c
		m.counters.Calls.Add(1)
		m.begin(e.At, c, leg{id: e.Leg, party: e.Party})
		return
	}
	c := m.calls[e.Call]
	if c == nil {
		return
	}
	i := slices.IndexFunc(c.legs, func(l leg) bool { return l.id == e.Leg })
	switch e.Kind {
	case ledger.Rang:
		m.rang(c, e)
	case ledger.Answered:
		if i >= 0 {
			c.legs[i].counted = e.At
		}
	case ledger.LegEnded:
		if i >= 0 {
			m.end(e.At, c, i)
		}
	case ledger.Transferred:
		if i >= 0 && isSeat(c.legs[i].party) {
			c.payer, c.toll = c.legs[i].party, nil
		}
	case ledger.Joined:
		m.joined(c, e)
	case ledger.Ended:
		for len(c.legs) > 0 {
			m.end(e.At, c, 0)
		}
		delete(m.calls, e.Call)
		m.counters.Calls.Add(-1)
	default: // nothing that is counted
	}
}

func isSeat(party string) bool { return strings.HasPrefix(party, "seat:") }

func (m *Meter) begin(now time.Time, c *call, l leg) {
	c.legs = append(c.legs, l)
	if isSeat(l.party) {
		m.occupy(now, seatKey{c.tenant, l.party}, 1)
	}
}

// joined takes a leg from the call that it came from, as it was. One that has ended
// there meanwhile begins anew, without a time that is counted.
func (m *Meter) joined(c *call, e *ledger.Event) {
	l := leg{party: e.Party}
	if from := m.calls[e.Detail]; from != nil {
		if i := slices.IndexFunc(from.legs, func(l leg) bool { return l.party == e.Party }); i >= 0 {
			l = from.legs[i]
			m.end(e.At, from, i)
			if !l.counted.IsZero() {
				l.counted = e.At
			}
		}
	}
	l.id = e.Leg
	m.begin(e.At, c, l)
}

// rang begins a leg, and counts a call of the trunk and, once a destination, the payer.
func (m *Meter) rang(c *call, e *ledger.Event) {
	l := leg{id: e.Leg, party: e.Party}
	if policy := m.policy(c.tenant); policy != nil && !e.Emergency && strings.HasPrefix(e.Party, "trunk:") {
		l.destination = policy.Of(e.To)
		m.add(e.At, key{c.tenant, l.party, l.destination}, 1, 0)
		if l.payer = c.payer; l.payer != "" && !slices.Contains(c.toll, l.destination) {
			c.toll = append(c.toll, l.destination)
			m.add(e.At, key{c.tenant, l.payer, l.destination}, 1, 0)
		}
	}
	m.begin(e.At, c, l)
}

func (m *Meter) end(now time.Time, c *call, i int) {
	l := c.legs[i]
	m.elapse(now, c, &l)
	c.legs = slices.Delete(c.legs, i, i+1)
	if !isSeat(l.party) {
		return
	}
	m.occupy(now, seatKey{c.tenant, l.party}, -1)
}

// elapse counts the time of an answered leg until now.
func (m *Meter) elapse(now time.Time, c *call, l *leg) {
	if l.counted.IsZero() || l.destination == "" || !now.After(l.counted) {
		return
	}
	spent := now.Sub(l.counted)
	l.counted = now
	m.add(now, key{c.tenant, l.party, l.destination}, 0, spent)
	if l.payer != "" {
		m.add(now, key{c.tenant, l.payer, l.destination}, 0, spent)
	}
}

// Tick counts the time of calls that go on, and forgets hours without a call.
func (m *Meter) Tick(now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.calls {
		for i := range c.legs {
			m.elapse(now, c, &c.legs[i])
		}
	}
	m.tickLines(now)
	for k, e := range m.hours {
		t := e.Value.(*total)
		if !t.alarmed.IsZero() && now.Sub(t.alarmed) >= time.Hour {
			t.alarmed = time.Time{}
		}
		if t.empty(now) && t.alarmed.IsZero() {
			delete(m.hours, k)
			m.changes.Remove(e)
			m.counters.Parties.Add(-1)
		}
	}
}

var _ ledger.Recorder = (*Meter)(nil)
