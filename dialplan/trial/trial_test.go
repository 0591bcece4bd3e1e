package trial_test

import (
	"fmt"
	"strings"
	"testing"

	"strowger/dialplan"
	"strowger/dialplan/plan"
	"strowger/dialplan/trial"
)

func question(called string) dialplan.Question {
	return dialplan.Question{Tenant: "demo", Origin: dialplan.FromTrunk, Trunk: "carrier", Called: called, Caller: "+441632960123"}
}

// TestStrict: an input that was never recorded leaves the call undecided, and is named.
func TestStrict(t *testing.T) {
	tab := table(t, "testdata/plans/crisis.hcl")
	s := trial.Script{Question: question("08081570102"), Strict: true}
	if p := trial.Run(tab, s); p.Undecided != "switch.notice" {
		t.Errorf("undecided by %q", p.Undecided)
	}
	s.Given = map[string]string{"switch.notice": "false", "switch.leeds_evacuated": "false"}
	if p := trial.Run(tab, s); p.Undecided != "group.leeds.reachable" {
		t.Errorf("undecided by %q", p.Undecided)
	}
	s.Given["group.leeds.reachable"] = "3"
	if p := trial.Run(tab, s); p.Undecided != "" || !strings.HasSuffix(strings.Join(p.Taken(), ", "), "queue leeds") {
		t.Errorf("%q: %q", p.Undecided, p.Taken())
	}
}

// TestWhy: who asks why is told of each step, the ones not taken too.
func TestWhy(t *testing.T) {
	tab := table(t, "testdata/plans/crisis.hcl")
	p := trial.Run(tab, trial.Script{
		Question: question("08081570102"), Why: true, Given: map[string]string{"group.leeds.reachable": "1"},
	})
	got := []string{}
	for _, s := range p.Steps {
		got = append(got, fmt.Sprintf("%s.%s skipped=%v %s", s.Flow, s.Name, s.Skipped, strings.Join(s.Notes, ", ")))
	}
	const want = `claims.notices skipped=false 
notices.notice skipped=true switch.notice is false
claims.moved skipped=true switch.leeds_evacuated is false
claims.thin skipped=false group.leeds.reachable is 1
claims.cardiff skipped=false `
	if s := strings.Join(got, "\n"); s != want {
		t.Errorf("got\n%s\nwant\n%s", s, want)
	}
}

// TestEndless: a caller who never gives up and a plan that lets him do not go on for ever.
func TestEndless(t *testing.T) {
	tab := tableOf(t, "p.hcl", `
number "+448081570001" { flow = flow.a }
flow "a" {
  play "x" {
    prompt = "welcome"
    next   = step.x
  }
}
`)
	if p := trial.Run(tab, trial.Script{Question: question("08081570001")}); p.Fault != "the call takes more than 1,000 steps" {
		t.Errorf("fault %q", p.Fault)
	}
}

// TestEntry: an entry without a flow is a path of one step.
func TestEntry(t *testing.T) {
	tab := tableOf(t, "p.hcl", `
number "+4416329601XX" { seat = "21${rest}" }
dial "7." {
  echo {}
}
test "its own seat" {
  call   = { to = "01632960142", from = "01632960123", at = "2026-11-23 10:00" }
  expect = ["ring 2142"]
}
test "a number that nobody has" {
  call   = { to = "01632960242", from = "01632960123", at = "2026-11-23 10:00" }
  expect = ["reject 404"]
}
test "echo" {
  call   = { to = "77", from_seat = "1001", at = "2026-11-23 10:00" }
  expect = ["echo"]
}
`)
	for _, c := range tab.Cases() {
		if v := trial.Test(tab, c, "demo", nil); v.Fault != "" {
			t.Errorf("%s: %s (%v)", c.Name, v.Fault, v.Path.Decision)
		}
	}
}

// BenchmarkTests tells how many tests of a plan are run in a second.
func BenchmarkTests(b *testing.B) {
	for _, file := range []string{"benefits", "switchboard", "crisis"} {
		tab := table(b, "testdata/plans/"+file+".hcl")
		cases := tab.Cases()
		b.Run(file, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if v := trial.Test(tab, cases[i%len(cases)], "demo", func(string) string { return "+441632960101" }); v.Fault != "" {
					b.Fatal(v.Fault)
				}
			}
		})
	}
}

// FuzzPlan: no plan that is right has a call fail otherwise than by a fault of its path.
func FuzzPlan(f *testing.F) {
	for _, file := range []string{"benefits", "switchboard", "crisis"} {
		f.Add(text(f, "testdata/plans/"+file+".hcl"), "08081570101", "1,2", "busy")
	}
	f.Fuzz(func(t *testing.T, src, called, keys, outcome string) {
		p, _ := plan.Parse("p.hcl", []byte(src))
		if p == nil {
			return
		}
		tab, _ := p.Check(inventory())
		if tab == nil {
			return
		}
		q := question(called)
		for _, origin := range []dialplan.Origin{dialplan.FromTrunk, dialplan.FromSeat} {
			q.Origin, q.Seat = origin, "1001"
			path := trial.Run(tab, trial.Script{Question: q, Keys: strings.Split(keys, ","), Outcomes: map[string]string{"wait": outcome}, Why: true})
			if len(path.Taken()) == 0 || strings.Contains(path.Fault, "round without waiting") {
				t.Fatalf("path %+v", path)
			}
		}
		for _, c := range tab.Cases() {
			trial.Test(tab, c, "demo", nil)
		}
	})
}
