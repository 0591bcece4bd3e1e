package plan_test

import (
	"testing"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/plan"
)

func TestFeatures(t *testing.T) {
	p, faults := plan.Parse("f.hcl", []byte(`
dial "*21*." {
  forward { when = "always" }
}
dial "#21#" {
  forward { when = "always" }
}
dial "*78" {
  dnd { set = "on" }
}
dial "*79" {
  dnd { set = "off" }
}
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
dial "70X" {
  retrieve {}
}
`))
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	table, faults := p.Check(plan.Inventory{Numbering: dialplan.UnitedKingdom()})
	if err := faults.Err(); err != nil {
		t.Fatal(err)
	}
	for dialled, want := range map[string]string{
		"*21*1002#": "forward always to 1002", "*21*1002": "forward always to 1002", "#21#": "forward always",
		"*8": "pickup", "*78": "dnd on", "*79": "dnd off", "**1002": "pickup 1002", "*68": "park at 701-709 for 2m0s", "*68705": "park at 705 for 1m30s",
		"*68710": "reject 404 There is no place 710", "705": "retrieve 705",
		"*68701": "park at 701 for 1m30s", "*68709": "park at 709 for 1m30s", "*68700": "reject 404 There is no place 700",
	} {
		d := table.Decide(dialplan.Question{Origin: dialplan.FromSeat, Seat: "1001", Called: dialled, At: time.Unix(0, 0)})
		if got := plan.Describe(d.Step); got != want {
			t.Errorf("%s: %s, want %s", dialled, got, want)
		}
	}
}
