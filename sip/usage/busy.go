package usage

import (
	"container/list"
	"slices"
	"time"
)

// toldFor is how long the calls of a seat count that another node told of: it tells of
// them again at every Tick.
const toldFor = 90 * time.Second

// busy is how many calls a seat has.
type busy struct {
	seatKey
	own    int
	at     time.Time // of the last change
	change uint64    // the last one; zero if only others told of the seat
	others []toldCalls
}

// toldCalls are those of a seat at another node.
type toldCalls struct {
	node  string
	calls int
	at    time.Time
}

// Busy is how many calls a seat has at the node that tells of it.
type Busy struct {
	Tenant string `json:"t"`
	Party  string `json:"p"`
	Calls  int    `json:"n"`
}

// occupy counts calls of a seat. The lock is held.
func (m *Meter) occupy(now time.Time, k seatKey, calls int) {
	b := m.line(k)
	b.own = max(b.own+calls, 0)
	m.tell(now, b)
	m.release(b)
}

// line is that of a seat, which is begun if there is none.
func (m *Meter) line(k seatKey) *busy {
	if e := m.busy[k]; e != nil {
		return e.Value.(*busy)
	}
	b := &busy{seatKey: k}
	m.busy[k] = m.lines.PushFront(b)
	return b
}

// tell has a line be told to other nodes.
func (m *Meter) tell(now time.Time, b *busy) {
	m.lineChange++
	b.change, b.at = m.lineChange, now
	m.lines.MoveToBack(m.busy[b.seatKey])
}

// release forgets a line without a call, once nobody is to be told of it.
func (m *Meter) release(b *busy) {
	if b.own == 0 && len(b.others) == 0 && (!m.asked || b.at.IsZero()) {
		m.lines.Remove(m.busy[b.seatKey])
		delete(m.busy, b.seatKey)
	}
}

// tickLines forgets what other nodes tell no more, and tells again of what goes on.
func (m *Meter) tickLines(now time.Time) {
	for _, e := range m.busy {
		b := e.Value.(*busy)
		b.others = slices.DeleteFunc(b.others, func(o toldCalls) bool { return now.Sub(o.at) >= toldFor })
		switch {
		case b.own > 0 && m.asked:
			m.tell(now, b)
		case now.Sub(b.at) >= toldFor:
			b.at = time.Time{}
			m.release(b)
		}
	}
}

// linesSince are the lines that changed behind a place, up to newsLimit.
func (m *Meter) linesSince(last uint64) (lines []Busy, read uint64, more bool) {
	m.asked = true
	read = m.lineChange
	e := after(&m.lines, func(v any) bool { return v.(*busy).change <= last })
	for ; e != nil; e = e.Next() {
		if len(lines) == newsLimit {
			return lines, read, true
		}
		b := e.Value.(*busy)
		lines, read = append(lines, Busy{b.tenant, b.party, b.own}), b.change
	}
	return lines, read, false
}

// after is the first element, of a list in order of change, behind those that were read.
func after(l *list.List, read func(v any) bool) *list.Element {
	e := l.Back()
	for e != nil && !read(e.Value) {
		e = e.Prev()
	}
	if e == nil {
		return l.Front()
	}
	return e.Next()
}

// learnLines takes what another node tells of its seats.
func (m *Meter) learnLines(now time.Time, node string, lines []Busy) {
	for _, l := range lines {
		k := seatKey{l.Tenant, l.Party}
		if m.busy[k] == nil && (l.Calls == 0 || len(m.busy) >= MaxParties) {
			continue
		}
		b := m.line(k)
		b.others = slices.DeleteFunc(b.others, func(o toldCalls) bool { return o.node == node })
		if l.Calls > 0 {
			b.others = append(b.others, toldCalls{node, l.Calls, now})
		}
		m.release(b)
	}
}

// Calls is how many calls a seat has.
func (m *Meter) Calls(tenant, number string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.busy[seatKey{tenant, "seat:" + number}]
	if e == nil {
		return 0
	}
	b := e.Value.(*busy)
	calls := b.own
	for _, o := range b.others {
		calls += o.calls
	}
	return calls
}
