package usage

import "time"

// newsLimit is how many hours, and how many seats, one answer tells.
const newsLimit = 1000

// Place is how far a node has read what another one counts. The zero one is that of who has
// read nothing.
type Place struct {
	Epoch uint64 `json:"e"`
	Last  uint64 `json:"l"`
	Line  uint64 `json:"b"` // the same of seats with calls
}

// Hour is what a node itself counted of a party to a destination.
type Hour struct {
	Tenant      string               `json:"t"`
	Party       string               `json:"p"`
	Destination string               `json:"d"`
	Slot        int64                `json:"s"`
	Calls       [slots]int           `json:"c"`
	Time        [slots]time.Duration `json:"m"`
	Alarmed     time.Time            `json:"a,omitzero"`
}

// News is what a node tells another one.
type News struct {
	Place Place  `json:"at"`             // after this
	More  bool   `json:"more,omitempty"` // there is more to ask for at once
	Hours []Hour `json:"hours,omitempty"`
	Busy  []Busy `json:"busy,omitempty"`
}

// Since is what has changed for a node that has read to a place.
func (m *Meter) Since(at Place) News {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at.Epoch != m.epoch {
		at = Place{}
	}
	n := News{Place: Place{Epoch: m.epoch, Last: m.change}}
	n.Busy, n.Place.Line, n.More = m.linesSince(at.Line)
	e := after(&m.changes, func(v any) bool { return v.(*total).change <= at.Last })
	for ; e != nil; e = e.Next() {
		t := e.Value.(*total)
		if len(n.Hours) == newsLimit {
			n.More = true
			break
		}
		n.Hours = append(n.Hours, Hour{t.tenant, t.party, t.destination, t.own.slot, t.own.calls, t.own.time, t.alarmed})
		n.Place.Last = t.change
	}
	return n
}

// Learn takes the news of another node. If a party now had too much, the first by name
// of the nodes that counted something tells of it.
func (m *Meter) Learn(now time.Time, node string, n News) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.learnLines(now, node, n.Busy)
	for i := range n.Hours {
		h := &n.Hours[i]
		m.counters.Learned.Add(1)
		t := m.total(now, key{h.Tenant, h.Party, h.Destination})
		if t == nil {
			m.counters.NewsIgnored.Add(1)
			continue
		}
		slot := min(h.Slot, slotOf(now)) // a clock that is ahead keeps nothing for ever
		t.learn(now, node, n.Place.Epoch, hour{slot, h.Calls, h.Time})
		if h.Alarmed.After(t.alarmed) {
			t.alarmed = h.Alarmed
		}
		if !t.own.empty() && m.first(t) {
			before := t.alarmed
			if m.judge(now, t); t.alarmed != before {
				m.changed(t)
			}
		}
	}
}

// first tells whether this node is the first by name of those that counted something.
func (m *Meter) first(t *total) bool {
	for _, o := range t.others {
		if o.node < m.node {
			return false
		}
	}
	return true
}
