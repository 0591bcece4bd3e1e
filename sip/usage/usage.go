// Package usage counts what seats and trunks do, as the ledger tells it: how many calls
// each seat has, and the calls and minutes of an hour that each party had to each
// destination, with an alarm when they are more than the tenant's policy states (toll
// fraud).
//
// A Meter stands before the ledger and passes every event on. It knows the calls of this
// node alone, and begins anew when the node does. Emergency calls are not counted.
// All it keeps is bounded by named limits. It reads no clock.
package usage

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"strowger/dialplan/service"
	"strowger/sip/ledger"
)

// Limits.
const (
	MaxParties = 100_000 // parties and destinations that are counted; others are not

	slots      = 12 // of an hour
	slotLength = time.Hour / slots
)

// Counters count what a Meter did.
type Counters struct {
	Alarms  atomic.Uint64 // parties that exceeded what is stated
	Ignored atomic.Uint64 // calls that were not counted because of MaxParties
	Calls   atomic.Int64  // calls that are followed
	Parties atomic.Int64  // parties and destinations that are counted
}

// Use is what a party had to a destination in the last hour.
type Use struct {
	Tenant      string `json:"tenant"`
	Party       string `json:"party"` // "seat:1001", "trunk:carrier"
	Destination string `json:"destination"`
	Calls       int    `json:"calls"`
	Minutes     int    `json:"minutes"`     // begun
	MaxCalls    int    `json:"max_calls"`   // 0: no alarm
	MaxMinutes  int    `json:"max_minutes"` // 0: no alarm
	Alarmed     bool   `json:"alarmed"`     // it has exceeded one of them, and the hour is not over
}

// Meter counts. Safe for concurrent use.
type Meter struct {
	next     ledger.Recorder
	policy   func(tenant string) *service.Policy // nil result: nothing is counted by hour
	alarm    func(now time.Time, u Use)
	counters Counters

	mu    sync.Mutex
	calls map[string]*call
	busy  map[seatKey]int
	hours map[key]*hour
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

// hour is a ring of the last slots.
type hour struct {
	slot    int64 // the latest
	calls   [slots]int
	time    [slots]time.Duration
	alarmed time.Time // of the last alarm
}

// New returns a Meter before a recorder. alarm is told of a party that exceeds what the
// policy states, at most once an hour; it must not call the Meter.
func New(next ledger.Recorder, policy func(tenant string) *service.Policy, alarm func(now time.Time, u Use)) *Meter {
	return &Meter{
		next: next, policy: policy, alarm: alarm,
		calls: map[string]*call{}, busy: map[seatKey]int{}, hours: map[key]*hour{},
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
		m.begin(c, leg{id: e.Leg, party: e.Party})
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

func (m *Meter) begin(c *call, l leg) {
	c.legs = append(c.legs, l)
	if isSeat(l.party) {
		m.busy[seatKey{c.tenant, l.party}]++
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
	m.begin(c, l)
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
	m.begin(c, l)
}

func (m *Meter) end(now time.Time, c *call, i int) {
	l := c.legs[i]
	m.elapse(now, c, &l)
	c.legs = slices.Delete(c.legs, i, i+1)
	if !isSeat(l.party) {
		return
	}
	k := seatKey{c.tenant, l.party}
	if m.busy[k]--; m.busy[k] <= 0 {
		delete(m.busy, k)
	}
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

// add counts calls and time of a party, and tells of it if that is too much.
func (m *Meter) add(now time.Time, k key, calls int, spent time.Duration) {
	h := m.hours[k]
	if h == nil {
		if len(m.hours) >= MaxParties {
			m.counters.Ignored.Add(uint64(calls))
			return
		}
		h = &hour{slot: slotOf(now)}
		m.hours[k] = h
		m.counters.Parties.Add(1)
	}
	h.turn(now)
	at := h.slot % slots
	h.calls[at] += calls
	h.time[at] += spent
	u := m.use(k, h)
	over := u.MaxCalls > 0 && u.Calls > u.MaxCalls || u.MaxMinutes > 0 && u.Minutes > u.MaxMinutes
	if over && (h.alarmed.IsZero() || now.Sub(h.alarmed) >= time.Hour) {
		h.alarmed = now
		u.Alarmed = true
		m.counters.Alarms.Add(1)
		m.alarm(now, u)
	}
}

func slotOf(t time.Time) int64 { return t.UnixNano() / int64(slotLength) }

// turn forgets the slots that are no longer of the last hour.
func (h *hour) turn(now time.Time) {
	for slot := slotOf(now); h.slot < slot; {
		if slot-h.slot > slots {
			h.slot = slot - slots
		}
		h.slot++
		h.calls[h.slot%slots], h.time[h.slot%slots] = 0, 0
	}
}

func (h *hour) empty() bool {
	return h.calls == [slots]int{} && h.time == [slots]time.Duration{}
}

func (m *Meter) use(k key, h *hour) Use {
	u := Use{Tenant: k.tenant, Party: k.party, Destination: k.destination, Alarmed: !h.alarmed.IsZero()}
	var spent time.Duration
	for i := range slots {
		u.Calls += h.calls[i]
		spent += h.time[i]
	}
	u.Minutes = int((spent + time.Minute - 1) / time.Minute)
	if policy := m.policy(k.tenant); policy != nil {
		stated := policy.Alarm(k.destination)
		u.MaxCalls, u.MaxMinutes = stated.SeatCalls, stated.SeatMinutes
		if strings.HasPrefix(k.party, "trunk:") {
			u.MaxCalls, u.MaxMinutes = stated.TrunkCalls, stated.TrunkMinutes
		}
	}
	return u
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
	for k, h := range m.hours {
		if h.turn(now); !h.alarmed.IsZero() && now.Sub(h.alarmed) >= time.Hour {
			h.alarmed = time.Time{}
		}
		if h.empty() && h.alarmed.IsZero() {
			delete(m.hours, k)
			m.counters.Parties.Add(-1)
		}
	}
}

// Calls is how many calls a seat has.
func (m *Meter) Calls(tenant, number string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.busy[seatKey{tenant, "seat:" + number}]
}

// Uses are those of a tenant's parties in the hour before now, alarmed ones and most
// calls first.
func (m *Meter) Uses(now time.Time, tenant string) []Use {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := []Use{}
	for k, h := range m.hours {
		if k.tenant == tenant {
			h.turn(now)
			all = append(all, m.use(k, h))
		}
	}
	slices.SortFunc(all, func(a, b Use) int {
		if a.Alarmed != b.Alarmed {
			if a.Alarmed {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(b.Minutes, a.Minutes), strings.Compare(a.Party+a.Destination, b.Party+b.Destination))
	})
	return all
}

var _ ledger.Recorder = (*Meter)(nil)
