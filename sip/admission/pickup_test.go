package admission_test

import (
	"testing"
	"time"

	"strowger/sip/b2bua"
	"strowger/sip/seat"
	"strowger/sip/subscribe"
)

const deskPlan = planText + `
dial "*8" {
  pickup {}
}
dial "**." {
  pickup {}
}
dial "*68" {
  park { places = "701-709" }
}
dial "*68." {
  park {
    places  = "701-709"
    timeout = "90s"
  }
}
dial "70Z" {
  retrieve {}
}
`

// TestDesk: what seats dial to have a call, or to keep one.
func TestDesk(t *testing.T) {
	b := newBench(t)
	b.publish(deskPlan)
	b.seat("1001", func(s *seat.Seat) { s.Pickup = "desk" })
	if p := b.fromSeat("1001", "*8"); p.Pick == nil || *p.Pick != (b2bua.Pick{Group: "desk"}) {
		t.Errorf("*8: %+v", p)
	}
	refused(t, b.fromSeat("1002", "*8"), 403, "Seat 1002 has no pick-up group")
	if p := b.fromSeat("1001", "**1002"); p.Pick == nil || *p.Pick != (b2bua.Pick{Seat: "1002"}) {
		t.Errorf("**1002: %+v", p)
	}
	if p := b.fromSeat("1001", "705"); p.Pick == nil || *p.Pick != (b2bua.Pick{Place: "705"}) {
		t.Errorf("705: %+v", p)
	}
	for dialled, want := range map[string]b2bua.Park{
		"*68":    {First: 701, Last: 709, Timeout: 2 * time.Minute},
		"*68702": {First: 701, Last: 709, Place: "702", Timeout: 90 * time.Second},
	} {
		if p := b.fromSeat("1001", dialled); p.App != b2bua.AppPark || p.Park == nil || *p.Park != want {
			t.Errorf("%s: %+v", dialled, p)
		}
	}
	refused(t, b.fromSeat("1001", "*68710"), 404, "There is no place 710")
	if g := b.PickupGroup(t.Context(), tenantName, "1001"); g != "desk" {
		t.Errorf("group %q", g)
	}
	if g := b.PickupGroup(t.Context(), tenantName, "1099"); g != "" {
		t.Errorf("group of nobody: %q", g)
	}
}

// TestSubscribePlace: a place where calls are parked can be watched, any other number
// that is no seat cannot.
func TestSubscribePlace(t *testing.T) {
	b := newBench(t)
	b.publish(deskPlan)
	who := subscribe.Held{Subscriber: subscribe.Name{Tenant: tenantName, Number: "1001"}, Known: true}
	for watched, want := range map[string]int{"701": 0, "700": 404, "*8": 404, "1002": 0} {
		req := b.request("SUBSCRIBE", "sip:"+watched+"@"+realm, "<sip:1001@"+realm+">")
		if _, status, _ := b.Subscribe(t.Context(), b.now, req, phoneFlow, who); status != want {
			t.Errorf("%s: %d, want %d", watched, status, want)
		}
	}
}
