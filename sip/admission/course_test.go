package admission_test

import (
	"slices"
	"strings"
	"testing"

	"strowger/dialplan/flow"
	"strowger/dialplan/service"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/leg"
)

const flowText = `
attribute "language" {
  values  = ["en", "cy"]
  default = "en"
}
group "desk" { seats = ["1001", "1002"] }
queue "claims" {}
service "crm" { url = "https://crm.example/caller" }

switch "notice" {}
hours "line" { week = ["mon-sun 00:00-24:00"] }

number "+448081570001" { flow = flow.menu }
number "+448081570004" { flow = flow.line }
number "+448081570002" { flow = flow.queue }
number "+448081570003" { flow = flow.out }
dial "*1" { flow = flow.early }
dial "*8" { flow = flow.pickup }
dial "9." { flow = flow.outside }

flow "menu" {
  lookup "who" {
    service = service.crm
    on "failed" { next = step.which }
  }
  menu "which" {
    prompt = "announcement"
    key "1" {
      set  = { language = "cy" }
      next = step.desk
    }
    on "no_key"    { next = hangup }
    on "wrong_key" { next = hangup }
  }
  ring "desk" {
    when     = reachable(group.desk) > 0
    seats    = [group.desk]
    order    = "in_order"
    max_ring = "12s"
    on "busy"      { next = step.sorry }
    on "no_answer" { next = step.sorry }
    on "offline"   { next = step.sorry }
  }
  play "sorry" { prompts = ["announcement", "digits:${caller}"] }
}
flow "line" {
  hangup "moved" {
    when   = switch.notice
    status = 410
  }
  hangup "closed" {
    when   = !open(hours.line)
    status = 480
  }
  echo "open" {}
}
flow "queue" {
  queue "wait" {
    queue = queue.claims
    on "timeout"   { next = hangup }
    on "full"      { next = hangup }
    on "no_agents" { next = hangup }
    on "closing"   { next = hangup }
  }
}
flow "out" {
  trunk "out" {
    trunks       = [trunk.carrier]
    to           = "+441632960001"
    presentation = "+448081570003"
    onward       = true
    channels     = 2
    on "refused"     { next = hangup }
    on "busy"        { next = hangup }
    on "unreachable" { next = hangup }
  }
}
flow "outside" {
  trunk "out" {
    trunks   = [trunk.carrier]
    withhold = true
    on "refused"     { next = step.desk }
    on "busy"        { next = step.again }
    on "unreachable" { next = hangup }
  }
  ring "desk" {
    seats = ["1002"]
    on "busy"      { next = hangup }
    on "no_answer" { next = hangup }
    on "offline"   { next = hangup }
  }
  trunk "again" {
    trunks = [trunk.backup]
    on "refused"     { next = hangup }
    on "busy"        { next = hangup }
    on "unreachable" { next = hangup }
  }
}
flow "early" {
  early "first" {}
  play "notice" { prompt = "announcement" }
  pickup "late" {}
}
flow "pickup" {
  pickup "at" { seat = "1002" }
}
`

// next goes on with a flow.
func (b *bench) next(p b2bua.Program, ev flow.Event, outcome cause.Verdict) b2bua.Program {
	b.t.Helper()
	f := phoneFlow
	if p.Caller.Name == "carrier" {
		f = carrierFlow
	}
	course := *p.Course
	course.State = course.State.Clone()
	return b.Follow(b.t.Context(), b.now, b2bua.Follow{
		Leg: 1, By: p.Caller, Shown: identity.Caller{Presentation: p.From}, Course: course, Event: ev, Outcome: outcome,
	}, f)
}

func TestFlowFromCarrier(t *testing.T) {
	b := newBench(t)
	b.publish(flowText)
	b.register("1002", "10.0.0.2:5060")
	p := b.fromCarrier("+448081570001")
	if p.App != b2bua.AppAsk || !slices.Equal(p.Prompts, []string{"en/announcement"}) || p.Ask.Most != 1 || p.Course == nil || p.Refuse != nil {
		t.Fatalf("begins with %+v", p)
	}
	why := strings.Join(p.Why, "; ")
	if !strings.Contains(why, "menu.who: failed -> step.which; menu menu.which") {
		t.Errorf("why: %s", why)
	}

	again := b.next(p, flow.Event{Digits: "7"}, cause.Verdict{})
	if again.App != b2bua.AppAsk {
		t.Errorf("a wrong key: %+v", again)
	}
	desk := b.next(p, flow.Event{Digits: "1"}, cause.Verdict{})
	if len(desk.Stages) != 2 || len(desk.Stages[0].Targets) != 0 || len(desk.Stages[1].Targets) != 1 || !desk.Stages[0].Busy || !desk.Course.Last {
		t.Fatalf("the desk: %+v", desk)
	}
	if got := desk.Stages[1].Timeout.String(); got != "12s" {
		t.Errorf("rings for %s", got)
	}
	sorry := b.next(desk, flow.Event{Outcome: "busy"}, cause.Verdict{Status: 486})
	want := "cy/announcement cy/digit-plus cy/digit-4 cy/digit-4 cy/digit-1"
	if got := strings.Join(sorry.Prompts, " "); sorry.App != b2bua.AppSay || !strings.HasPrefix(got, want) {
		t.Errorf("sorry: %s", got)
	}
	end := b.next(sorry, flow.Event{}, cause.Verdict{})
	if !end.Ends || end.Refuse.Status != 480 {
		t.Errorf("the end: %+v", end)
	}
	failed := b.next(desk, flow.Event{Outcome: "weather"}, cause.Verdict{Status: 486, Q850: 17})
	if !failed.Ends || failed.Refuse.Status != 486 {
		t.Errorf("the end after busy: %+v", failed)
	}
}

func TestFlowConditionOfGroup(t *testing.T) {
	b := newBench(t)
	b.publish(flowText)
	p := b.next(b.fromCarrier("+448081570001"), flow.Event{Digits: "1"}, cause.Verdict{})
	if p.App != b2bua.AppSay {
		t.Errorf("nobody has a phone: %+v", p)
	}
}

// TestFlowOnward: a caller from a trunk goes out again where the plan lets it, in the plan's
// name, and no more of them at once than it says.
func TestFlowOnward(t *testing.T) {
	b := newBench(t)
	b.publish(flowText)
	p := b.fromCarrier("+448081570003")
	if len(p.Stages) != 1 || p.Refuse != nil || !p.Course.Trunk {
		t.Fatalf("%+v", p)
	}
	one := p.Stages[0].Targets[0]
	if !strings.Contains(rung(p), "+441632960001") || one.From.URI.User != "+448081570003" || one.From.Display != "" {
		t.Errorf("it calls %s as %+v", rung(p), one.From)
	}
	if one.Party.Cap != (leg.Cap{Way: "out.out", Most: 2}) {
		t.Errorf("bounded by %+v", one.Party.Cap)
	}
	b.tenant.Presents, b.tenant.Presentation = []string{"+4416329XXXXX"}, "+441632900000"
	if from := b.fromCarrier("+448081570003").Stages[0].Targets[0].From.URI.User; from != "+441632900000" {
		t.Errorf("a number that is not the tenant's is shown: %s", from)
	}
}

// TestFlowNotBuilt: a call that comes to what calls cannot do yet is released with a clear
// cause.
func TestFlowNotBuilt(t *testing.T) {
	b := newBench(t)
	b.publish(flowText)
	refused(t, b.fromCarrier("+448081570002"), 501, "Not on live calls yet: queue claims")
	p := b.fromSeat("1001", "*1")
	if p.App != b2bua.AppSay || !p.Course.Early {
		t.Fatalf("early: %+v", p)
	}
	refused(t, b.next(p, flow.Event{}, cause.Verdict{}), 501, "Not on live calls yet: this step behind another one")
}

func TestFlowFromSeat(t *testing.T) {
	b := newBench(t)
	b.publish(flowText)
	p := b.fromSeat("1001", "901632960999")
	if len(p.Stages) != 1 || !p.Course.Trunk || !strings.Contains(rung(p), "+441632960999") {
		t.Errorf("outside: %+v", p)
	}
	if p := b.fromSeat("1001", "*8"); p.Pick == nil || p.Pick.Seat != "1002" || p.Course != nil {
		t.Errorf("pick-up: %+v", p)
	}
	if p := b.fromSeat("1001", "912"); p.Refuse == nil || p.Refuse.Status != 484 {
		t.Errorf("an incomplete number: %+v", p.Refuse)
	}
}

// TestFlowAfterTrunk: an act behind a trunk is no trunk's. Whoever is transferred to a flow
// goes on with the rights of the seat that did that.
func TestFlowAfterTrunk(t *testing.T) {
	b := newBench(t)
	b.publish(flowText)
	b.register("1002", "10.0.0.2:5060")
	p := b.fromSeat("1001", "901632960999")
	desk := b.next(p, flow.Event{Outcome: "refused"}, cause.Verdict{Status: 403})
	if len(desk.Stages) != 1 || desk.Course.Trunk {
		t.Errorf("behind the trunk: %+v", desk)
	}
	p.Caller = b.fromCarrier("+448081570001").Caller
	again := b.next(p, flow.Event{Outcome: "busy"}, cause.Verdict{Status: 486})
	if len(again.Stages) != 1 || !again.Course.Trunk || again.Presentation != "+441632961001" {
		t.Errorf("transferred: %+v", again)
	}
	service, err := service.New("44", "internal", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.tenant.Service = service
	if barred := b.next(p, flow.Event{Outcome: "busy"}, cause.Verdict{Status: 486}); barred.Refuse == nil || barred.Refuse.Status != 403 {
		t.Errorf("a class that calls nobody outside: %+v", barred.Refuse)
	}
}

// TestFlowSeatGone: the caller's seat was taken away while its call follows a flow.
func TestFlowSeatGone(t *testing.T) {
	b := newBench(t)
	b.publish(flowText)
	p := b.fromSeat("1001", "*1")
	p.Course.By.Name = "1099"
	if out := b.next(p, flow.Event{}, cause.Verdict{}); out.Refuse == nil || out.Refuse.Status != 503 {
		t.Errorf("%+v", out)
	}
	p.Course.By.Tenant = "moon"
	if out := b.next(p, flow.Event{}, cause.Verdict{}); out.Refuse == nil || out.Refuse.Status != 403 {
		t.Errorf("%+v", out)
	}
}

// TestFlowOverrides: what an operator has set aside holds for the next call.
func TestFlowOverrides(t *testing.T) {
	b := newBench(t)
	b.publish(flowText)
	for _, c := range []struct {
		key, value string
		status     int
	}{{"hours.line", "closed", 480}, {"switch.notice", "true", 410}} {
		if p := b.fromCarrier("+448081570004"); p.App != b2bua.AppEcho {
			t.Errorf("before %s: %+v", c.key, p)
		}
		b.overrides[c.key] = c.value
		if p := b.fromCarrier("+448081570004"); p.Refuse == nil || p.Refuse.Status != c.status {
			t.Errorf("%s %s: %+v", c.key, c.value, p.Refuse)
		}
		delete(b.overrides, c.key)
	}
}

// TestFlowHops: legs of later acts have the hops that the caller's INVITE had left, so that a
// call which comes round to us again finds an end.
func TestFlowHops(t *testing.T) {
	b := newBench(t)
	b.publish(flowText)
	b.register("1002", "10.0.0.2:5060")
	p := b.fromCarrier("+448081570001", "Max-Forwards: 9", "Diversion: <sip:+441632960001@a.example>;reason=user-busy")
	if p.Course.Forwards != 9 || p.Course.Diverted != 1 {
		t.Fatalf("%+v", p.Course)
	}
	desk := b.next(p, flow.Event{Digits: "1"}, cause.Verdict{})
	if got := desk.Stages[1].Targets[0].Forwards; got != 8 {
		t.Errorf("the desk's leg has %d hops", got)
	}
}
