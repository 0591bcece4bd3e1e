package exchange_test

import (
	"cmp"
	"fmt"
	"strings"

	"strowger/sip/ledger"
)

// recorder is the ledger.
type recorder struct {
	world  *world
	name   string
	events []ledger.Event
}

// Record notes events.
func (r *recorder) Record(events ...ledger.Event) {
	r.world.mu.Lock()
	defer r.world.mu.Unlock()
	for _, e := range events {
		r.note(e)
	}
}

func (r *recorder) note(e ledger.Event) {
	r.events = append(r.events, e)
	var b strings.Builder
	b.WriteString(string(e.Kind))
	add := func(name string, value any, show bool) {
		if show {
			fmt.Fprintf(&b, " %s=%v", name, value)
		}
	}
	add("leg", e.Leg, e.Leg != 0)
	add("peer", e.Peer, e.Peer != 0)
	add("party", e.Party, e.Party != "")
	add("to", e.To, e.To != "")
	add("status", e.Status, e.Status != 0)
	add("q850", e.Q850, e.Q850 != 0)
	add("by", e.By, e.By != "")
	add("digits", e.Digits, e.Kind == ledger.Unmasked)
	add("reason", fmt.Sprintf("%q", e.Reason), e.Reason != "")
	add("detail", fmt.Sprintf("%q", e.Detail), e.Detail != "" && (e.Kind == ledger.Alarm || e.Kind == ledger.Supervised || e.Kind == ledger.Conference))
	if e.Kind == ledger.Recording { // it begins with the name of the call
		_, what, _ := strings.Cut(strings.TrimPrefix(e.Detail, e.Call), " ")
		add("what", what, true)
	}
	add("emergency", e.Emergency, e.Emergency)
	r.world.log(cmp.Or(r.name, "ledger"), b.String())
}

// check asserts that every call and every leg has one beginning and one end.
func (r *recorder) check() {
	count := map[string]int{}
	for _, e := range r.events {
		count[fmt.Sprintf("%s %s %d", e.Kind, e.Call, e.Leg)]++
		switch e.Kind {
		case ledger.Arrived:
			count["begun "+e.Call]++
		case ledger.Ended:
			count["begun "+e.Call]--
		default:
		}
	}
	for what, n := range count {
		begun := strings.HasPrefix(what, "begun ")
		once := strings.HasPrefix(what, string(ledger.Ended)) || strings.HasPrefix(what, string(ledger.LegEnded))
		if begun && n != 0 || once && n != 1 {
			r.world.t.Errorf("ledger: %s: %d", what, n)
		}
	}
}
