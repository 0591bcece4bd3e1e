package admission_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"strowger/sip/b2bua"
	"strowger/sip/seat"
)

// outline is who is rung by stages, and in their place: 1002 busy(1003).
func outline(stages []b2bua.Stage) string {
	var list []string
	for _, s := range stages {
		var one []string
		for _, t := range s.Targets {
			who := []string{t.Target.User}
			if t.Confirm {
				who[0] += "!"
			}
			for _, h := range t.Headers {
				if h.Name() == "Diversion" {
					user, rest, _ := strings.Cut(strings.TrimPrefix(h.Value(), "<sip:"), "@")
					_, reason, _ := strings.Cut(rest, "reason=")
					reason, _, _ = strings.Cut(reason, ";")
					who = append(who, user+" "+reason)
				}
			}
			one = append(one, strings.Join(who, "<"))
		}
		if s.Empty.Status != 0 && len(one) == 0 {
			one = append(one, strconv.Itoa(s.Empty.Status))
		}
		if d := s.Divert; d != nil {
			for _, more := range []struct {
				why    string
				stages []b2bua.Stage
			}{{"busy", d.Busy}, {"no-answer", d.NoAnswer}, {"unreached", d.Unreached}} {
				if more.stages != nil {
					one = append(one, more.why+"("+outline(more.stages)+")")
				}
			}
		}
		list = append(list, strings.Join(one, " "))
	}
	return strings.Join(list, ", ")
}

// features sets what a seat has.
func (b *bench) features(n string, f seat.Features) {
	b.t.Helper()
	_, err := b.directory.EditFeatures(b.t.Context(), tenantName, n, func(have *seat.Features) { *have = f })
	if err != nil {
		b.t.Fatal(err)
	}
}

func TestForward(t *testing.T) {
	quiet := seat.Features{DoNotDisturb: true}
	for _, c := range []struct {
		name     string
		features map[string]seat.Features
		want     string
	}{
		{"nothing", nil, "1002"},
		{"always", map[string]seat.Features{"1002": {Forward: seat.Forward{Always: "1003"}}}, "1003<+441632961002 unconditional"},
		{"always before others", map[string]seat.Features{"1002": {DoNotDisturb: true, Forward: seat.Forward{Always: "1003", Busy: "1001"}}}, "1003<+441632961002 unconditional"},
		{"busy and no answer", map[string]seat.Features{"1002": {Forward: seat.Forward{Busy: "1001", NoAnswer: "1003"}}}, "1002 busy(1001<+441632961002 user-busy) no-answer(1003<+441632961002 no-answer)"},
		{"out by a trunk", map[string]seat.Features{"1002": {Forward: seat.Forward{Always: "901632960999"}}}, "+441632960999, +441632960999"},
		{"without a presentation number", map[string]seat.Features{"1002": {Forward: seat.Forward{Always: "1003"}}, "1003": {Forward: seat.Forward{Always: "901632960999"}}}, "1003<+441632961002 unconditional"},
		{"unregistered", map[string]seat.Features{"1002": {Forward: seat.Forward{Always: "1007"}}, "1007": {Forward: seat.Forward{Unregistered: "1001"}}}, "1001<+441632960000 unavailable<+441632961002 unconditional"},
		{"do not disturb", map[string]seat.Features{"1002": quiet}, "486"},
		{"do not disturb, busy elsewhere", map[string]seat.Features{"1002": {DoNotDisturb: true, Forward: seat.Forward{Busy: "1001"}}}, "1001<+441632961002 do-not-disturb"},
		{"in a circle", map[string]seat.Features{"1002": {Forward: seat.Forward{Always: "1001"}}, "1001": {Forward: seat.Forward{Always: "1002"}}}, "1002<+441632961001 unconditional<+441632961002 unconditional"},
		{"to nobody", map[string]seat.Features{"1002": {Forward: seat.Forward{Always: "1099"}}}, "1002"},
		{"to an emergency number", map[string]seat.Features{"1002": {Forward: seat.Forward{Always: "999"}}}, "1002"},
		{"to another number with an emergency number", map[string]seat.Features{"1002": {Forward: seat.Forward{Always: "9999"}}}, "1002"},
		{"to a feature code", map[string]seat.Features{"1002": {Forward: seat.Forward{Always: "7078"}}}, "1002"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.seat("1007", func(s *seat.Seat) { s.Presentation = "" })
			for _, n := range []string{"1001", "1002", "1003"} {
				b.register(n, "10.0.0.7:5060")
			}
			for n, f := range c.features {
				b.features(n, f)
			}
			p := b.fromCarrier("+448081570002")
			if got := outline(p.Stages); got != c.want {
				t.Errorf("rings %s, want %s\n%s", got, c.want, strings.Join(p.Why, "\n"))
			}
		})
	}
}

// TestForwardIsBounded: by what the INVITE tells of, and by the numbers looked up.
func TestForwardIsBounded(t *testing.T) {
	b := newBench(t)
	numbers := []string{"1001", "1002", "1003", "1007", "1008", "1009"}
	for i, n := range numbers {
		b.seat(n, nil)
		b.register(n, "10.0.0.7:5060")
		f := seat.Forward{Busy: numbers[(i+1)%6], NoAnswer: numbers[(i+2)%6], Unregistered: numbers[(i+3)%6]}
		b.features(n, seat.Features{Forward: f})
	}
	p := b.fromCarrier("+448081570002")
	if n := strings.Count(outline(p.Stages), "("); n == 0 || n > 16 {
		t.Errorf("%d forwards in %s", n, outline(p.Stages))
	}
	if deep := strings.Count(strings.Split(outline(p.Stages), "))")[0], "("); deep > 16 {
		t.Errorf("it is %d deep", deep)
	}
	told := slices.Repeat([]string{"Diversion: <sip:1@a>;reason=unconditional"}, 5)
	if p := b.fromCarrier("+448081570002", told...); outline(p.Stages) != "1002" {
		t.Errorf("after five diversions it rings %s", outline(p.Stages))
	}
	if got := b.Counters().Unforwarded.Load(); got == 0 {
		t.Error("it was not counted")
	}
}

// TestQuietSeatOfGroup: the others ring; and who calls back after an emergency call
// rings it all the same.
func TestQuietSeatOfGroup(t *testing.T) {
	b := newBench(t)
	b.register("1001", "10.0.0.7:5060")
	b.register("1002", "10.0.0.8:5060")
	b.features("1001", seat.Features{DoNotDisturb: true, Forward: seat.Forward{Always: "1003"}})
	if got := outline(b.fromCarrier("+448081570001").Stages); got != "1002" {
		t.Errorf("a group rings %s", got)
	}
	b.fromSeat("1001", "999")
	if got := outline(b.fromCarrier(siteNumber).Stages); !strings.HasPrefix(got, "1001") {
		t.Errorf("a call back after an emergency call rings %s", got)
	}
}

// TestGroupForwards: seats that ring together and forward all their calls are left out,
// or rung where they forward them to if the plan says so.
func TestGroupForwards(t *testing.T) {
	always := func(to string) seat.Features { return seat.Features{Forward: seat.Forward{Always: to}} }
	for name, tt := range map[string]struct {
		features     map[string]seat.Features
		skip, follow string
	}{
		"nothing":           {nil, "1001 1002", "1001 1002"},
		"to a colleague":    {map[string]seat.Features{"1001": always("1003")}, "1002", "1003<+441632961001 unconditional 1002"},
		"to a member":       {map[string]seat.Features{"1002": always("1001")}, "1001", "1001"},
		"to a number":       {map[string]seat.Features{"1001": always("901632960999")}, "1002", "+441632960999! 1002"},
		"to nobody":         {map[string]seat.Features{"1001": always("1099")}, "1002", "1002"},
		"to who is quiet":   {map[string]seat.Features{"1001": always("1003"), "1003": {DoNotDisturb: true}}, "1002", "1002"},
		"of all":            {map[string]seat.Features{"1001": always("1003"), "1002": always("1003")}, "480", "1003<+441632961001 unconditional"},
		"in a circle":       {map[string]seat.Features{"1001": always("1002"), "1002": always("1001")}, "480", "1001<+441632961002 unconditional<+441632961001 unconditional 1002<+441632961001 unconditional<+441632961002 unconditional"},
		"quiet and forward": {map[string]seat.Features{"1001": {DoNotDisturb: true, Forward: seat.Forward{Always: "1003"}}}, "1002", "1003<+441632961001 unconditional 1002"},
		"busy alone":        {map[string]seat.Features{"1001": {Forward: seat.Forward{Busy: "1003", NoAnswer: "1003"}}}, "1001 1002", "1001 1002"},
	} {
		for how, want := range map[string]string{"skip": tt.skip, "follow": tt.follow} {
			t.Run(name+", "+how, func(t *testing.T) {
				b := newBench(t)
				b.publish("number \"+448081570001\" {\n ring {\n seats = [\"1001\", \"1002\"]\n forwards = \"" + how + "\"\n }\n}\n" +
					"dial \"1XXX\" {\n ring { seats = [called] }\n}\ndial \"9.\" {\n trunk { trunks = [\"carrier\"] }\n}\n")
				for i, n := range []string{"1001", "1002", "1003"} {
					b.register(n, "10.0.0."+strconv.Itoa(i+7)+":5060")
				}
				for n, f := range tt.features {
					b.features(n, f)
				}
				p := b.fromCarrier("+448081570001")
				if got := outline(p.Stages); got != want {
					t.Errorf("rings %s, want %s\n%s", got, want, strings.Join(p.Why, "\n"))
				}
				told := strings.Contains(strings.Join(p.Why, "\n"), "forwards")
				if told != (tt.skip != "1001 1002") {
					t.Errorf("it is told why: %t", told)
				}
			})
		}
	}
}

// TestFeatureCodes: what a seat dials is set, and in effect.
func TestFeatureCodes(t *testing.T) {
	b := newBench(t)
	b.publish(planText + `
dial "*21*." {
  forward { when = "always" }
}
dial "#21#" {
  forward { when = "always" }
}
dial "*61*." {
  forward { when = "no-answer" }
}
dial "*78" {
  dnd { set = "on" }
}
dial "*79" {
  dnd { set = "off" }
}
`)
	for _, c := range []struct {
		dialled string
		status  int // of the refusal; 0 is none
		want    seat.Features
	}{
		{"*21*1003%23", 0, seat.Features{Forward: seat.Forward{Always: "1003"}}},
		{"*61*1002", 0, seat.Features{Forward: seat.Forward{Always: "1003", NoAnswer: "1002"}}},
		{"*61*901632960999#", 0, seat.Features{Forward: seat.Forward{Always: "1003", NoAnswer: "901632960999"}}},
		{"%2321%23", 0, seat.Features{Forward: seat.Forward{NoAnswer: "901632960999"}}},
		{"*78", 0, seat.Features{DoNotDisturb: true, Forward: seat.Forward{NoAnswer: "901632960999"}}},
		{"*79", 0, seat.Features{Forward: seat.Forward{NoAnswer: "901632960999"}}},
		{"*21*999", 403, seat.Features{Forward: seat.Forward{NoAnswer: "901632960999"}}},
		{"*21*1055", 403, seat.Features{Forward: seat.Forward{NoAnswer: "901632960999"}}},
		{"*21*1001", 403, seat.Features{Forward: seat.Forward{NoAnswer: "901632960999"}}},
		{"*21**78", 403, seat.Features{Forward: seat.Forward{NoAnswer: "901632960999"}}},
	} {
		p := b.fromSeat("1001", c.dialled)
		s, err := b.directory.Seat(t.Context(), tenantName, "1001")
		if err != nil {
			t.Fatal(err)
		}
		status := 0
		if p.Refuse != nil {
			status = p.Refuse.Status
		}
		if s.Set() != c.want || status != c.status || status == 0 && (p.App != b2bua.AppPlay || p.Prompts[0] != "done") {
			t.Errorf("%s: %+v with %d and %v, want %+v with %d\n%v", c.dialled, s.Set(), status, p.Prompts, c.want, c.status, p.Why)
		}
	}
	b.store.Away(true)
	if p := b.fromSeat("1001", "*78"); p.Refuse == nil || p.Refuse.Status != 503 {
		t.Errorf("with the store away: %+v", p)
	}
}

// TestAlerting: phones are told how to ring, or to answer.
func TestAlerting(t *testing.T) {
	b := newBench(t)
	b.seat("1001", func(s *seat.Seat) { s.Ring = "Bellcore-dr2" })
	b.seat("1002", func(s *seat.Seat) { s.Ring, s.AutoAnswer = "Bellcore-dr2", true })
	b.register("1001", "10.0.0.7:5060")
	b.register("1002", "10.0.0.8:5060")
	var got []string
	for _, target := range b.fromCarrier("+448081570001").Stages[0].Targets {
		for _, h := range target.Headers {
			got = append(got, target.Target.User+" "+h.Name()+": "+h.Value())
		}
	}
	want := []string{
		"1001 Alert-Info: <http://10.0.0.1/Bellcore-dr2>;info=Bellcore-dr2",
		"1002 Call-Info: <sip:10.0.0.1>;answer-after=0",
		"1002 Alert-Info: <http://10.0.0.1/>;info=alert-autoanswer;delay=0",
		"1002 Answer-Mode: Auto",
	}
	if !slices.Equal(got, want) {
		t.Errorf("headers\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
