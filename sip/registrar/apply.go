package registrar

import (
	"slices"
	"strconv"
	"time"

	"strowger/sip/message"
	"strowger/sip/seat"
)

// change is what becomes of a seat's bindings.
type change struct {
	after   []seat.Binding // best q and newest first
	differs bool           // a contact appeared or vanished
	evicted int            // how many had to give way
	late    bool           // what was stored serves as well until the next refresh
}

// apply returns what becomes of the stored bindings (RFC 3261 section 10.3, steps
// 6 and 7), or why nothing does.
func (w *wish) apply(stored []seat.Binding, now time.Time) (change, *refusal) {
	var kept []seat.Binding
	var c change
	for _, b := range stored {
		switch {
		case !b.Expires.After(now):
		case !w.touches(b):
			kept = append(kept, b)
		case b.CallID == w.callID && w.cseq <= b.CSeq:
			return c, &refusal{status: 500, reason: "CSeq Not Above " + strconv.FormatUint(uint64(b.CSeq), 10)}
		case !w.renews(b):
			c.differs = true
		}
	}
	added := w.additions()
	for _, b := range added {
		c.differs = c.differs || !contains(stored, b, now)
	}
	if len(added) > seat.MaxBindings {
		return c, &refusal{status: 403, reason: "More Than " + strconv.Itoa(seat.MaxBindings) + " Contacts"}
	}
	for len(kept)+len(added) > seat.MaxBindings {
		kept = withoutOldest(kept)
		c.evicted++
		c.differs = true
	}
	// There are not too many, so Merge has nothing to refuse.
	c.after, _ = seat.Merge(kept, added...)
	c.late = !c.differs && !slices.ContainsFunc(added, func(b seat.Binding) bool { return !outlives(stored[index(stored, b)], b, now) })
	return c, nil
}

// touches tells whether the wish changes or removes b.
func (w *wish) touches(b seat.Binding) bool { return w.removeAll || index(w.contacts, b) >= 0 }

// renews tells whether b is still there when the wish is done.
func (w *wish) renews(b seat.Binding) bool { return index(w.additions(), b) >= 0 }

// additions are the bindings to be made or refreshed. Of a contact that is named
// twice the last counts.
func (w *wish) additions() []seat.Binding {
	var added []seat.Binding
	for i, b := range w.contacts {
		if !removal(b) && index(w.contacts[i+1:], b) < 0 {
			added = append(added, b)
		}
	}
	return added
}

// lateSlack is by how much a phone that refreshes at half of its time may be late.
const lateSlack = 5 * time.Second

// outlives tells whether a stored binding reaches the phone until its next refresh,
// should this one be lost: it lives as long again as it has lived already.
func outlives(stored, refreshed seat.Binding, now time.Time) bool {
	return stored.Flow == refreshed.Flow && slices.Equal(stored.Path, refreshed.Path) &&
		stored.Expires.Sub(now) >= refreshed.Expires.Sub(now)/2-lateSlack
}

func contains(stored []seat.Binding, b seat.Binding, now time.Time) bool {
	i := index(stored, b)
	return i >= 0 && stored[i].Expires.After(now)
}

func index(bindings []seat.Binding, b seat.Binding) int {
	for i := range bindings {
		if same(bindings[i], b) {
			return i
		}
	}
	return -1
}

// same tells whether two bindings are of one contact: of one instance and reg-id
// (RFC 5626 section 6) or, if one of them has none, with equal URIs.
func same(a, b seat.Binding) bool {
	if a.RegID > 0 && b.RegID > 0 {
		return a.RegID == b.RegID && a.Instance == b.Instance
	}
	if a.Contact == b.Contact {
		return true
	}
	ua, errA := message.ParseURI(a.Contact)
	ub, errB := message.ParseURI(b.Contact)
	return errA == nil && errB == nil && message.URIEqual(&ua, &ub)
}

// withoutOldest returns the bindings without the one refreshed longest ago.
func withoutOldest(bindings []seat.Binding) []seat.Binding {
	oldest := 0
	for i, b := range bindings {
		if b.Registered.Before(bindings[oldest].Registered) {
			oldest = i
		}
	}
	return append(bindings[:oldest], bindings[oldest+1:]...)
}
