package admission_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"strowger/sip/b2bua"
	"strowger/sip/seat"
	"strowger/sip/state"
)

func TestNumberNotInPlan(t *testing.T) {
	b := newBench(t)
	refused(t, b.fromCarrier("+448081570009"), 404, "Number not in plan")
	refused(t, b.fromCarrier("1001"), 404, "Number not in plan") // the dial list is for seats
	refused(t, b.fromSeat("1001", "55"), 404, "Number not in plan")
	refused(t, b.fromSeat("1001", "1019"), 404, "No seat 1019")
	if n := b.Counters().NotInPlan.Load(); n != 4 {
		t.Errorf("%d not in plan, want 4", n)
	}
	b.tenant.SetPlan(nil, "")
	refused(t, b.fromSeat("1001", "1002"), 503, "No plan is published")
}

func TestRingsEveryPhone(t *testing.T) {
	b := newBench(t)
	b.register("1001", "10.0.0.5:5060", "10.0.0.6:5062")
	b.register("1002", "10.0.0.2:5060")
	p := b.fromCarrier("08081570001")
	const shown = " as sip:+441632960555@10.0.0.1"
	rings(t, p, "sip:1001@10.0.0.5:5060"+shown+", sip:1001@10.0.0.6:5062"+shown+", sip:1002@10.0.0.2:5060"+shown)
	if p.To != "+448081570001" || p.Entry != `number "+448081570001"` || len(p.Why) == 0 || p.Stages[0].Timeout != 30*time.Second {
		t.Errorf("%+v", p)
	}
	for _, target := range p.Stages[0].Targets {
		if target.Flow.Node != "" || target.Party.Network != "phones" || target.To.URI.Host != "10.0.0.1" || target.From.Display != "Alice" {
			t.Errorf("%+v", target)
		}
	}
	rings(t, b.fromSeat("1001", "1002"), "sip:1002@10.0.0.2:5060 as sip:1001@10.0.0.1")
}

// TestBindingOfAnotherNode: its flow keeps the node, its Path becomes the route, and
// a binding that cannot be read is left out.
func TestBindingOfAnotherNode(t *testing.T) {
	b := newBench(t)
	flow := phoneFlow
	flow.Node = "node-2"
	binding := seat.Binding{
		Contact: "sip:1001@10.0.0.5", Flow: flow, Path: []string{"<sip:edge.example;lr>"},
		Q: 1, CallID: "c", CSeq: 1, Registered: b.now, Expires: b.now.Add(time.Hour),
	}
	bad, path := binding, binding
	bad.Contact, path.Contact, path.Path = "sip:", "sip:1001@10.0.0.6", []string{"<sip:"}
	if err := b.directory.PutBindings(t.Context(), tenantName, "1001", []seat.Binding{binding, bad, path}, state.Any, false); err != nil {
		t.Fatal(err)
	}
	p := b.fromSeat("1002", "1001")
	rings(t, p, "sip:1001@10.0.0.5 as sip:1002@10.0.0.1")
	target := p.Stages[0].Targets[0]
	if target.Flow.Node != "node-2" || len(target.Routes) != 1 || target.Routes[0].Host != "edge.example" {
		t.Errorf("%+v", target)
	}
}

// TestNobodyToRing: seats are told what to do, carriers nothing about seats.
func TestNobodyToRing(t *testing.T) {
	b := newBench(t)
	refused(t, b.fromSeat("1001", "1002"), 480, "Seat 1002 has no phone registered")
	refused(t, b.fromCarrier("+448081570002"), 480, "")
	refused(t, b.fromSeat("1001", "+448081570001"), 480, "No seat has a phone registered")
	refused(t, b.fromCarrier("+448081570001"), 480, "")
	refused(t, b.fromSeat("1001", "1009"), 404, "There is no seat 1009") // it was removed since the plan was checked
}

func TestSeatReachedElsewhere(t *testing.T) {
	b := newBench(t)
	rings(t, b.fromCarrier("+448081570005"), "sip:+447700900001@192.0.2.9:5060 as sip:+441632961005@203.0.113.1 confirmed"+
		" or sip:+447700900001@192.0.2.10:5060 or sip:+447700900001@198.51.100.1:5061;transport=tcp")
	rings(t, b.fromSeat("1001", "1006"), "sip:+447700900002@198.51.100.1:5061;transport=tcp as sip:+441632961006@203.0.113.1 confirmed")

	b.sender.blocked = blocked(carrierAddrs[0], carrierAddrs[1])
	p := b.fromSeat("1001", "1005")
	rings(t, p, "sip:+447700900001@198.51.100.1:5061;transport=tcp as sip:+441632961005@203.0.113.1 confirmed")
	if got := p.Stages[0].Targets[0].Party.String(); got != "trunk:backup" {
		t.Errorf("by %s", got)
	}
	b.sender.blocked = blocked(backupAddr)
	refused(t, b.fromSeat("1001", "1006"), 480, "No trunk reaches seat 1006")
	refused(t, b.fromCarrier("+448081570006"), 480, "")
}

func TestDialOut(t *testing.T) {
	b := newBench(t)
	const shown = " as sip:+441632961001@203.0.113.1"
	p := b.fromSeat("1001", "901632960777")
	rings(t, p, "sip:+441632960777@192.0.2.9:5060"+shown+" or sip:+441632960777@192.0.2.10:5060",
		"sip:+441632960777@198.51.100.1:5061;transport=tcp"+shown)
	if p.To != "+441632960777" || p.Emergency || slices.ContainsFunc(p.Stages, func(s b2bua.Stage) bool { return s.Timeout != 45*time.Second || s.Busy }) {
		t.Errorf("%+v", p)
	}
	refused(t, b.fromSeat("1003", "901632960777"), 403, "Seat has no presentation number")

	b.sender.blocked = blocked(carrierAddrs[0], carrierAddrs[1], backupAddr)
	refused(t, b.fromSeat("1001", "901632960777"), 503, "No trunk available")
	if n := b.Counters().TrunkBlocked.Load(); n != 3 {
		t.Errorf("%d blocked, want 3", n)
	}
}

// TestCallerOfATrunk: who calls, as the trunk says it, and what phones are shown.
func TestCallerOfATrunk(t *testing.T) {
	b := newBench(t)
	b.register("1002", "10.0.0.2:5060")
	const withheld = "sip:anonymous@anonymous.invalid"
	for _, tt := range []struct {
		name    string
		headers []string
		number  string
		shown   string
	}{
		{"From", nil, "+441632960555", "sip:+441632960555@10.0.0.1"},
		{"asserted by nobody who is trusted", []string{`P-Asserted-Identity: "Bob" <sip:+441632960556@carrier.example>`}, "+441632960555", "sip:+441632960555@10.0.0.1"},
		{"unreadable identity", []string{"P-Asserted-Identity: <sip:"}, "+441632960555", "sip:+441632960555@10.0.0.1"},
		{"withheld", []string{"Privacy: id"}, "", withheld},
		{"withheld among others", []string{"P-Asserted-Identity: <sip:+441632960556@carrier.example>", "Privacy: user;ID;critical"}, "", withheld},
		{"not withheld", []string{"Privacy: none"}, "+441632960555", "sip:+441632960555@10.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := b.fromCarrier("+448081570002", tt.headers...)
			rings(t, p, "sip:1002@10.0.0.2:5060 as "+tt.shown)
			if p.From != tt.number {
				t.Errorf("from %q, want %q", p.From, tt.number)
			}
		})
	}
}

func TestOwnNumberIsSpoken(t *testing.T) {
	b := newBench(t)
	p := b.fromSeat("1001", "*45")
	if want := []string{"digit-1", "digit-0", "digit-0", "digit-1"}; p.App != b2bua.AppPlay || !slices.Equal(p.Prompts, want) {
		t.Errorf("app %v plays %q", p.App, p.Prompts)
	}
}

func TestForwards(t *testing.T) {
	b := newBench(t)
	b.register("1002", "10.0.0.2:5060")
	for header, want := range map[string]uint32{"": 70, "Max-Forwards: 70": 69, "Max-Forwards: 2": 1} {
		var headers []string
		if header != "" {
			headers = append(headers, header)
		}
		for i, p := range []b2bua.Program{
			b.fromCarrier("+448081570002", headers...), b.fromSeat("1001", "901632960777", headers...), b.fromSeat("1001", "999", headers...),
		} {
			if got := p.Stages[0].Targets[0].Forwards; got != want {
				t.Errorf("call %d with %q goes on with %d, want %d", i, header, got, want)
			}
		}
	}
}

// TestPlanOfTheMoment: a plan that is published meanwhile leaves a program alone.
func TestPlanOfTheMoment(t *testing.T) {
	b := newBench(t)
	b.register("1002", "10.0.0.2:5060")
	before := b.fromCarrier("+448081570002")
	b.publish("number \"+448081570002\" {\n  echo {}\n}\n")
	after := b.fromCarrier("+448081570002")
	if before.App != b2bua.NoApp || len(before.Stages) != 1 || after.App != b2bua.AppEcho || len(after.Stages) != 0 {
		t.Errorf("before %s, after %s", fmt.Sprint(before), fmt.Sprint(after))
	}
}
