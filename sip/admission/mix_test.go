package admission_test

import (
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan/service"
	"strowger/sip/b2bua"
	"strowger/sip/leg"
	"strowger/sip/seat"
	"strowger/sip/transport"
)

const mixPlan = planText + `
dial "*41." {
  supervise { mode = "whisper" }
}
dial "80Z" {
  conference {
    limit = 5
    pin   = "2468"
    alone = "music"
  }
}
`

// TestMix: who may supervise by a code, and what a conference's number leads to.
func TestMix(t *testing.T) {
	b := newBench(t)
	b.publish(mixPlan)
	refused(t, b.fromSeat("1001", "*411002"), 403, "Seat 1001 may not supervise: its class is none of the supervisors")
	classes(t, b, service.National)
	refused(t, b.fromSeat("1001", "*411002"), 403, "Seat 1001 may not supervise: its class is none of the supervisors")
	if err := b.tenant.Service.LetSupervise([]string{service.Mobile}); err != nil {
		t.Fatal(err)
	}
	refused(t, b.fromSeat("1001", "*411002"), 403, "Seat 1001 may not supervise: its class is none of the supervisors")
	b.change("1001", func(s *seat.Seat) { s.Class = service.Mobile })
	p := b.fromSeat("1001", "*411002")
	if p.Refuse != nil || p.Pick == nil || *p.Pick != (b2bua.Pick{Talks: "1002"}) || p.Part != (b2bua.Part{Supervise: b2bua.Whisper}) {
		t.Errorf("*411002: %+v", p)
	}
	if n := b.Counters().SuperviseRefused.Load(); n != 3 {
		t.Errorf("%d refused, want 3", n)
	}
	p = b.fromSeat("1002", "803")
	want := b2bua.Conference{Room: "803", Limit: 5, PIN: "2468", Music: true}
	if p.Refuse != nil || p.Pick == nil || *p.Pick != (b2bua.Pick{Room: "803"}) || p.Part != (b2bua.Part{Room: "803"}) || p.Conference == nil || *p.Conference != want {
		t.Errorf("803: %+v", p)
	}
}

// TestSummoned: a seat that is to supervise is rung itself, wherever it forwards its calls.
func TestSummoned(t *testing.T) {
	b := newBench(t)
	b.register("1002", "10.0.0.2:5060")
	b.change("1002", func(s *seat.Seat) { s.Features = &seat.Features{}; s.Features.Forward.Always = "1003" })
	ask := b2bua.Ask{
		Leg: 2, By: leg.Party{Kind: leg.Seat, Name: "1002", Tenant: tenantName}, To: sip.Uri{}, Supervise: &b2bua.Supervise{Seat: "1002", Mode: b2bua.Listen},
	}
	p := b.Route(t.Context(), b.now, ask, transport.Flow{Network: "lan"})
	if len(p.Stages) != 1 || len(p.Stages[0].Targets) != 1 || p.Stages[0].Targets[0].Party.Name != "1002" {
		t.Errorf("%+v", p)
	}
	ask.By.Name = "1099"
	if p := b.Route(t.Context(), b.now, ask, transport.Flow{Network: "lan"}); len(p.Stages) != 1 || len(p.Stages[0].Targets) != 0 || p.Stages[0].Empty.Status != 404 {
		t.Errorf("no such seat: %+v", p)
	}
}
