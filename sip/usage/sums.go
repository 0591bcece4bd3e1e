package usage

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

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

// add counts calls and time of a party, and tells of it if that is too much.
func (m *Meter) add(now time.Time, k key, calls int, spent time.Duration) {
	t := m.total(now, k)
	if t == nil {
		m.counters.Ignored.Add(uint64(calls))
		return
	}
	at := t.own.turn(now)
	t.own.calls[at] += calls
	t.own.time[at] += spent
	m.judge(now, t)
	m.changed(t)
}

// judge tells of a party if what it had is too much, unless this node or another told of
// it within the hour.
func (m *Meter) judge(now time.Time, t *total) {
	u := m.use(now, t)
	over := u.MaxCalls > 0 && u.Calls > u.MaxCalls || u.MaxMinutes > 0 && u.Minutes > u.MaxMinutes
	if over && (t.alarmed.IsZero() || now.Sub(t.alarmed) >= time.Hour) {
		t.alarmed = now
		u.Alarmed = true
		m.counters.Alarms.Add(1)
		m.alarm(now, u)
	}
}

// total is that of a party, which is begun if there is none; nil if there are too many.
func (m *Meter) total(now time.Time, k key) *total {
	if e := m.hours[k]; e != nil {
		return e.Value.(*total)
	}
	if len(m.hours) >= MaxParties {
		return nil
	}
	t := &total{key: k, own: hour{slot: slotOf(now)}}
	m.hours[k] = m.changes.PushFront(t)
	m.counters.Parties.Add(1)
	return t
}

// changed notes that other nodes are to be told of a total.
func (m *Meter) changed(t *total) {
	m.change++
	t.change = m.change
	m.changes.MoveToBack(m.hours[t.key])
}

func (m *Meter) use(now time.Time, t *total) Use {
	calls, spent := t.sum(now)
	u := Use{
		Tenant: t.tenant, Party: t.party, Destination: t.destination,
		Calls: calls, Minutes: int((spent + time.Minute - 1) / time.Minute), Alarmed: !t.alarmed.IsZero(),
	}
	if policy := m.policy(t.tenant); policy != nil {
		stated := policy.Alarm(t.destination)
		u.MaxCalls, u.MaxMinutes = stated.SeatCalls, stated.SeatMinutes
		if strings.HasPrefix(t.party, "trunk:") {
			u.MaxCalls, u.MaxMinutes = stated.TrunkCalls, stated.TrunkMinutes
		}
	}
	return u
}

// Uses are those of a tenant's parties in the hour before now, alarmed ones and most
// calls first.
func (m *Meter) Uses(now time.Time, tenant string) []Use {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := []Use{}
	for k, e := range m.hours {
		if k.tenant == tenant {
			all = append(all, m.use(now, e.Value.(*total)))
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
