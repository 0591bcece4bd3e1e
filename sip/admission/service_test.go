package admission_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"strowger/dialplan/service"
	"strowger/sip/b2bua"
	"strowger/sip/seat"
)

func classes(t *testing.T, b *bench, fallback string) {
	t.Helper()
	p, err := service.New("44", fallback, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.tenant.Service = p
}

// change edits a seat of the directory.
func (b *bench) change(number string, edit func(s *seat.Seat)) {
	b.t.Helper()
	s, rev, err := b.directory.SeatRev(context.Background(), tenantName, number)
	if err != nil {
		b.t.Fatal(err)
	}
	edit(&s)
	if err := b.directory.PutSeat(context.Background(), s, rev); err != nil {
		b.t.Fatal(err)
	}
}

// TestClassOfService: what a seat's class does not allow is refused with a line that
// says so; help is not.
func TestClassOfService(t *testing.T) {
	b := newBench(t)
	classes(t, b, service.National)
	b.change("1002", func(s *seat.Seat) { s.Class = service.International })
	b.register("1002", "10.0.0.2:5060")
	for _, c := range []struct{ seat, to, reason string }{
		{"1001", "901632960555", ""},
		{"1001", "1002", ""},
		{"1001", "*43", ""},
		{"1001", "907700900123", "Seat 1001 may not call mobile numbers (its class is national)"},
		{"1001", "90012025550100", "Seat 1001 may not call international numbers (its class is national)"},
		{"1002", "90012025550100", ""},
		{"1002", "909098790000", "Seat 1002 may not call premium numbers (its class is international)"},
		{"1001", "9999", ""},
		{"1001", "112", ""},
	} {
		p := b.fromSeat(c.seat, c.to)
		if c.reason == "" && p.Refuse != nil || c.reason != "" && (p.Refuse == nil || p.Refuse.Status != 403 || p.Refuse.Reason != c.reason || p.Silent) {
			t.Errorf("%s calls %s: %+v, want %q", c.seat, c.to, p.Refuse, c.reason)
		}
	}
	if n := b.Counters().ClassRefused.Load(); n != 3 {
		t.Errorf("%d refused by class, want 3", n)
	}
}

// TestCallsOfASeat: the limit of a seat before that of the tenant, both ways, and not
// for help.
func TestCallsOfASeat(t *testing.T) {
	calls := map[string]int{"1001": 2, "1002": 2}
	b := newBench(t)
	b.busy = calls
	b.tenant.SeatCalls = 2
	b.change("1002", func(s *seat.Seat) { s.Calls = 3 })
	b.register("1001", "10.0.0.1:5060")
	b.register("1002", "10.0.0.2:5060")
	refused(t, b.fromSeat("1001", "*43"), 486, "Seat 1001 has as many calls as it may")
	refused(t, b.fromSeat("1002", "1001"), 486, "Seat 1001 has as many calls as it may")
	if p := b.fromSeat("1001", "999"); p.Refuse != nil || !p.Emergency {
		t.Errorf("the call for help: %+v", p)
	}
	calls["1001"] = 1
	if p := b.fromSeat("1001", "1002"); p.Refuse != nil || len(p.Stages[0].Targets) != 1 {
		t.Errorf("below the limits: %+v", p)
	}
	calls["1002"] = 3
	refused(t, b.fromSeat("1001", "1002"), 486, "Seat 1002 has as many calls as it may")
	if n := b.Counters().SeatFull.Load(); n != 3 {
		t.Errorf("%d refused, want 3", n)
	}
}

// TestCallsNotRecordedYet: calls that come while others are decided about, or are not in
// the record yet, find the limit all the same; a decision counts once for each seat.
func TestCallsNotRecordedYet(t *testing.T) {
	b := newBench(t)
	b.busy = map[string]int{}
	b.tenant.SeatCalls = 1
	b.register("1002", "10.0.0.2:5060")
	b.register("1003", "10.0.0.3:5060")
	const busy = "Seat 1002 has as many calls as it may"
	first := b.begins("1001", "1002")
	if first.Refuse != nil || len(first.Stages) != 1 || len(first.Stages[0].Targets) != 1 {
		t.Fatalf("the first: %+v", first)
	}
	refused(t, b.begins("1001", "1003"), 486, "Seat 1001 has as many calls as it may")
	second := b.begins("1003", "1002")
	refused(t, second, 486, busy)
	second.Settled() // 1003 has no call
	first.Settled()  // the call was given up
	third := b.begins("1003", "1002")
	if third.Refuse != nil {
		t.Errorf("the third: %+v", third.Refuse)
	}
	b.busy["1003"], b.busy["1002"] = 1, 1
	third.Settled() // the call is recorded
	refused(t, b.begins("1001", "1002"), 486, busy)
	b.busy = map[string]int{}
	b.features("1002", seat.Features{Forward: seat.Forward{NoAnswer: "1003"}})
	if p := b.begins("1003", "1002"); p.Refuse != nil || outline(p.Stages) == "" {
		t.Errorf("a call that comes back to who called: %+v", p)
	}
}

// TestCallsAtOnce: of many calls that come together a seat has as many as it may.
func TestCallsAtOnce(t *testing.T) {
	b := newBench(t)
	b.busy = map[string]int{}
	b.tenant.SeatCalls = 3
	b.register("1002", "10.0.0.2:5060")
	var passed atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		req := b.request("INVITE", "sip:+448081570002@203.0.113.1", "<sip:+441632960555@carrier.example>")
		all.Go(func() {
			p := b.Admit(t.Context(), b.now, req, carrierFlow)
			if len(p.Stages) == 1 && len(p.Stages[0].Targets) == 1 {
				passed.Add(1)
			}
		})
	}
	all.Wait()
	if passed.Load() != 3 {
		t.Errorf("%d calls ring the seat, want 3", passed.Load())
	}
}

// TestFullSeatForwards: a seat with as many calls as it may have is busy.
func TestFullSeatForwards(t *testing.T) {
	b := newBench(t)
	b.busy = map[string]int{"1002": 1}
	b.tenant.SeatCalls = 1
	b.register("1001", "10.0.0.1:5060")
	b.register("1002", "10.0.0.2:5060")
	b.features("1002", seat.Features{Forward: seat.Forward{Busy: "1001", Unregistered: "1003"}})
	if got, want := outline(b.fromCarrier("+448081570002").Stages), "1001<+441632961002 user-busy"; got != want {
		t.Errorf("rings %s, want %s", got, want)
	}
}

// TestForwardByClass: a seat forwards calls nowhere that it may not call itself.
func TestForwardByClass(t *testing.T) {
	b := newBench(t)
	classes(t, b, service.National)
	b.register("1002", "10.0.0.2:5060")
	for to, want := range map[string]string{
		"901632960999": "+441632960999, +441632960999", "909098790000": "1002",
	} {
		b.features("1002", seat.Features{Forward: seat.Forward{Always: to}})
		for _, p := range []b2bua.Program{b.fromCarrier("+448081570002"), b.fromSeat("1001", "1002")} {
			if got := outline(p.Stages); got != want {
				t.Errorf("forwarded to %s: %s, want %s", to, got, want)
			}
		}
	}
}
