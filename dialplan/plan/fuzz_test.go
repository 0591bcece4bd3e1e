package plan_test

import (
	"os"
	"testing"

	"golang.org/x/tools/txtar"

	"strowger/dialplan"
	"strowger/dialplan/plan"
)

// FuzzParse: no text makes reading, checking or deciding fail otherwise than by a
// fault with its file; and a plan never differs from itself.
func FuzzParse(f *testing.F) {
	demo, err := os.ReadFile("../../configs/demo.plan.hcl")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(demo), "908081570003")
	bad, err := txtar.ParseFile("testdata/bad.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range bad.Files {
		f.Add(string(file.Data), "1001")
	}
	f.Fuzz(func(t *testing.T, src, called string) {
		p, faults := plan.Parse("plan.hcl", []byte(src))
		if (p == nil) != (len(faults) > 0) {
			t.Fatalf("plan %v with faults %v", p, faults)
		}
		for _, fault := range faults {
			if fault.Pos.File != "plan.hcl" || fault.Message == "" {
				t.Fatalf("fault %+v", fault)
			}
		}
		if p == nil {
			return
		}
		if d := plan.Diff(p, p); d != nil {
			t.Fatalf("it differs from itself by %v", d)
		}
		tab, faults := p.Check(inventory())
		if tab == nil {
			return
		}
		if len(faults) > 0 {
			t.Fatalf("a table with faults %v", faults)
		}
		for _, origin := range []dialplan.Origin{0, dialplan.FromTrunk, dialplan.FromSeat} {
			d := tab.Decide(dialplan.Question{Origin: origin, Called: called, Seat: "1001", Presentation: "+441632960101"})
			if d.Step == nil || len(d.Why) == 0 {
				t.Fatalf("decision %+v", d)
			}
			if out, ok := d.Step.(dialplan.Trunk); ok && (origin != dialplan.FromSeat || out.Number == "") {
				t.Fatalf("goes out: %+v", d)
			}
		}
	})
}
