package plan

import (
	"strowger/dialplan"
	"strowger/dialplan/number"
)

// Showing takes the prefix that withholds or shows the caller's number from what a
// seat dialled, unless the plan knows what was dialled as it stands. Without a plan
// (nil) there is nothing that it knows.
func (t *Table) Showing(n dialplan.Numbering, dialled string) (rest string, s number.Showing) {
	rest, s, sure := number.Prefix(n, dialled)
	if t == nil || sure {
		return rest, s
	}
	d := t.Decide(dialplan.Question{Origin: dialplan.FromSeat, Called: dialled, Presentation: "any"})
	if _, refused := d.Step.(dialplan.Reject); !refused {
		return dialled, number.AsEver
	}
	return rest, s
}
