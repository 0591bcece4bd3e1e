package usage

import (
	"slices"
	"time"
)

const (
	slots      = 12 // of an hour
	slotLength = time.Hour / slots
)

// hour is a ring of the last slots. Slots of all nodes are the same, as far as their
// clocks are.
type hour struct {
	slot  int64 // the latest
	calls [slots]int
	time  [slots]time.Duration
}

func slotOf(t time.Time) int64 { return t.UnixNano() / int64(slotLength) }

// turn forgets the slots that are no longer of the last hour, and returns where the
// latest is in the ring.
func (h *hour) turn(now time.Time) int64 {
	slot := slotOf(now)
	h.slot = max(h.slot, slot-slots)
	for h.slot < slot {
		h.slot++
		h.calls[h.slot%slots], h.time[h.slot%slots] = 0, 0
	}
	return h.slot % slots
}

func (h *hour) empty() bool {
	return h.calls == [slots]int{} && h.time == [slots]time.Duration{}
}

// add adds another hour to this one.
func (h *hour) add(now time.Time, o hour) {
	h.turn(now)
	o.turn(now)
	for i := range slots {
		h.calls[i] += o.calls[i]
		h.time[i] += o.time[i]
	}
}

// total is what a party had to a destination at all nodes.
type total struct {
	key
	own     hour
	past    hour      // of nodes that have begun anew since
	others  []told    // of other nodes
	change  uint64    // the last of own; zero if only others told of the party
	alarmed time.Time // of the last alarm, by any node
}

// told is what another node told.
type told struct {
	node  string
	epoch uint64
	hour
}

// learn takes what a node told in place of what it told before. What it counted before
// it began anew is kept.
func (t *total) learn(now time.Time, node string, epoch uint64, h hour) {
	i := slices.IndexFunc(t.others, func(o told) bool { return o.node == node })
	switch {
	case i < 0:
		t.others = append(t.others, told{node, epoch, h})
		return
	case t.others[i].epoch != epoch:
		t.past.add(now, t.others[i].hour)
	}
	t.others[i] = told{node, epoch, h}
}

// sum is that of all nodes in the hour before now.
func (t *total) sum(now time.Time) (calls int, spent time.Duration) {
	var all hour
	all.add(now, t.own)
	all.add(now, t.past)
	for _, o := range t.others {
		all.add(now, o.hour)
	}
	for i := range slots {
		calls += all.calls[i]
		spent += all.time[i]
	}
	return calls, spent
}

// empty tells whether no node counted anything in the hour before now, and forgets those
// that did not.
func (t *total) empty(now time.Time) bool {
	t.own.turn(now)
	t.past.turn(now)
	t.others = slices.DeleteFunc(t.others, func(o told) bool {
		o.turn(now)
		return o.empty()
	})
	return t.own.empty() && t.past.empty() && len(t.others) == 0
}
