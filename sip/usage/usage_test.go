package usage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"strowger/dialplan/service"
	"strowger/sip/ledger"
)

var start = time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)

// book is a ledger of nothing but the number of events.
type book struct{ events int }

func (b *book) Record(events ...ledger.Event) { b.events += len(events) }

// desk is a meter whose tenant states 3 calls and 20 minutes of a seat, and 5 calls of
// a trunk, to international numbers.
type desk struct {
	*Meter
	ledger book
	alarms []string
	calls  int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	p, err := service.New("44", "", []service.Destination{{
		Name: service.International, Alarm: service.Alarm{SeatCalls: 3, SeatMinutes: 20, TrunkCalls: 5},
	}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{}
	d.Meter = New("node-1", 1, &d.ledger, func(tenant string) *service.Policy {
		if tenant != "demo" {
			return nil
		}
		return p
	}, func(now time.Time, u Use) {
		d.alarms = append(d.alarms, fmt.Sprint(now.Sub(start), " ", u.Party, " ", u.Calls, " ", u.Minutes))
	})
	return d
}

// dials begins a call of a seat to a number; answered after a second.
func (d *desk) dials(now time.Time, seat, to string) (call string) {
	d.calls++
	call = fmt.Sprint("call", d.calls)
	d.Record(
		ledger.Event{Kind: ledger.Arrived, At: now, Call: call, Tenant: "demo", Leg: 1, Party: "seat:" + seat},
		ledger.Event{Kind: ledger.Decided, At: now, Call: call},
	)
	d.Record(ledger.Event{Kind: ledger.Rang, At: now, Call: call, Leg: 2, Party: "trunk:carrier", To: to})
	d.Record(ledger.Event{Kind: ledger.Answered, At: now.Add(time.Second), Call: call, Leg: 2})
	return call
}

func (d *desk) ends(now time.Time, call string) {
	d.Record(
		ledger.Event{Kind: ledger.LegEnded, At: now, Call: call, Leg: 1}, ledger.Event{Kind: ledger.LegEnded, At: now, Call: call, Leg: 2},
		ledger.Event{Kind: ledger.Ended, At: now, Call: call},
	)
}

func (d *desk) wants(t *testing.T, alarms ...string) {
	t.Helper()
	if !slices.Equal(d.alarms, alarms) {
		t.Errorf("alarms %q, want %q", d.alarms, alarms)
	}
}

func TestCallsAtOnce(t *testing.T) {
	d := newDesk(t)
	one := d.dials(start, "1001", "+441632960123")
	two := d.dials(start, "1001", "+441632960123")
	d.Record(ledger.Event{Kind: ledger.Rang, At: start, Call: two, Leg: 3, Party: "seat:1002", To: "1002"})
	if a, b := d.Calls("demo", "1001"), d.Calls("demo", "1002"); a != 2 || b != 1 || d.Calls("other", "1001") != 0 {
		t.Errorf("1001 has %d calls, 1002 %d", a, b)
	}
	d.ends(start, one)
	d.ends(start, two)
	d.ends(start, two)
	if len(d.busy) != 0 || len(d.Meter.calls) != 0 || d.counters.Calls.Load() != 0 {
		t.Errorf("left are %v and %v", d.busy, d.Meter.calls)
	}
	if d.ledger.events != 18 {
		t.Errorf("%d events were passed on", d.ledger.events)
	}
}

// TestTooManyCalls: one alarm an hour for a party, and again the next.
func TestTooManyCalls(t *testing.T) {
	d := newDesk(t)
	for i := range 3 {
		now := start.Add(time.Duration(i) * time.Minute)
		d.ends(now.Add(10*time.Second), d.dials(now, "1001", "+12025550100"))
		d.dials(now, "1002", "+441632960123") // national: nothing is stated
	}
	d.wants(t)
	for i := range 3 {
		now := start.Add(time.Duration(10+i) * time.Minute)
		d.ends(now.Add(10*time.Second), d.dials(now, "1001", "+12025550100"))
	}
	d.wants(t, "10m0s seat:1001 4 1", "12m0s trunk:carrier 6 1")
	uses := d.Uses(start.Add(13*time.Minute), "demo")
	if len(uses) != 4 || uses[0] != (Use{Tenant: "demo", Party: "seat:1001", Destination: "international", Calls: 6, Minutes: 1, MaxCalls: 3, MaxMinutes: 20, Alarmed: true}) {
		t.Errorf("uses %+v", uses)
	}
	later := start.Add(3 * time.Hour)
	for range 4 {
		d.ends(later, d.dials(later, "1001", "+12025550100"))
	}
	d.wants(t, "10m0s seat:1001 4 1", "12m0s trunk:carrier 6 1", "3h0m0s seat:1001 4 0")
}

// TestTooManyMinutes: the time of a call that goes on is counted.
func TestTooManyMinutes(t *testing.T) {
	d := newDesk(t)
	call := d.dials(start, "1001", "+12025550100")
	for now := start; now.Before(start.Add(30 * time.Minute)); now = now.Add(30 * time.Second) {
		d.Tick(now)
	}
	d.wants(t, "20m30s seat:1001 1 21")
	d.ends(start.Add(30*time.Minute), call)
	d.Tick(start.Add(3 * time.Hour))
	if len(d.hours) != 0 || d.counters.Parties.Load() != 0 {
		t.Errorf("%d hours are kept", len(d.hours))
	}
}

// TestNotCounted: emergency calls, the second trunk that is tried for a call, and what
// a trunk's caller is sent on to.
func TestNotCounted(t *testing.T) {
	d := newDesk(t)
	for range 9 {
		call := d.dials(start, "1001", "+441632960123")
		d.Record(ledger.Event{Kind: ledger.Rang, At: start, Call: call, Leg: 3, Party: "trunk:backup", To: "+12025550100", Emergency: true})
		d.ends(start, call)
	}
	d.wants(t)
	call := d.dials(start, "1003", "+12025550100")
	for leg := range 5 {
		d.Record(ledger.Event{Kind: ledger.Rang, At: start, Call: call, Leg: 3 + leg, Party: "trunk:backup", To: "+12025550100"})
	}
	d.wants(t)
	for _, u := range d.Uses(start, "demo") {
		if u.Party == "seat:1003" && u.Calls != 1 {
			t.Errorf("a call that was tried by several ways is counted as %d", u.Calls)
		}
	}
}

// TestTransferred: the time of a leg that goes to another call is still its seat's, and
// who transfers a call pays for where it goes.
func TestTransferred(t *testing.T) {
	d := newDesk(t)
	d.Record(ledger.Event{Kind: ledger.Arrived, At: start, Call: "in", Tenant: "demo", Leg: 1, Party: "trunk:carrier"})
	d.Record(ledger.Event{Kind: ledger.Rang, At: start, Call: "in", Leg: 2, Party: "seat:1001", To: "1001"})
	out := d.dials(start, "1001", "+12025550100")
	now := start.Add(2 * time.Minute)
	d.Record(ledger.Event{Kind: ledger.Transferred, At: now, Call: "in", Leg: 2, Peer: 1})
	d.Record(ledger.Event{Kind: ledger.Moved, At: now, Call: out, Leg: 2})
	d.Record(ledger.Event{Kind: ledger.Joined, At: now, Call: "in", Leg: 3, Party: "trunk:carrier", Detail: out})
	d.Record(ledger.Event{Kind: ledger.Ended, At: now, Call: out})
	d.Record(ledger.Event{Kind: ledger.LegEnded, At: now, Call: "in", Leg: 2})
	if n := d.Calls("demo", "1001"); n != 0 {
		t.Errorf("the seat has %d calls", n)
	}
	d.Record(ledger.Event{Kind: ledger.Rang, At: now, Call: "in", Leg: 4, Party: "trunk:carrier", To: "+33123456789"})
	now = start.Add(25 * time.Minute)
	d.Tick(now)
	d.wants(t, "25m0s seat:1001 2 25")
	d.Record(ledger.Event{Kind: ledger.Ended, At: now, Call: "in"})
	if len(d.Meter.calls) != 0 || len(d.busy) != 0 {
		t.Errorf("left are %v, %v", d.Meter.calls, d.busy)
	}
}
