package plan_test

import (
	"strings"
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
dial "*40." {
  supervise { mode = "listen" }
}
dial "*42" {
  supervise { mode = "barge" }
}
dial "80X" {
  conference {}
}
dial "*80." {
  conference { limit = 3 }
}
dial "*81" {
  conference { room = "board" }
}
dial "*82" {
  conference {
    room  = "staff"
    pin   = "2468"
    alone = "music"
  }
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
		"*401002": "listen 1002", "*42": "reject 484 Dial the seat behind *42",
		"805": "conference 805 of 30 at the most", "*80123": "conference 123 of 3 at the most", "*81": "conference board of 30 at the most", "*82": "conference staff of 30 at the most, by PIN",
		"*80" + strings.Repeat("1", 40): "reject 484 The conference has too long a number",
		"*68701":                        "park at 701 for 1m30s", "*68709": "park at 709 for 1m30s", "*68700": "reject 404 There is no place 700",
	} {
		d := table.Decide(dialplan.Question{Origin: dialplan.FromSeat, Seat: "1001", Called: dialled, At: time.Unix(0, 0)})
		if got := plan.Describe(d.Step); got != want {
			t.Errorf("%s: %s, want %s", dialled, got, want)
		}
	}
}
