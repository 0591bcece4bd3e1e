package plan_test

import (
	"testing"

	"strowger/dialplan"
	"strowger/dialplan/number"
	"strowger/dialplan/plan"
)

func TestShowing(t *testing.T) {
	uk := dialplan.UnitedKingdom()
	tab := table(t, "plan", []byte("dial \"1411234\" {\n  echo {}\n}\n"))
	var none *plan.Table
	for _, tt := range []struct {
		t       *plan.Table
		dialled string
		rest    string
		showing number.Showing
	}{
		{tab, "1411002", "1002", number.Withheld},
		{tab, "1411234", "1411234", number.AsEver}, // the plan knows it
		{none, "1411234", "1234", number.Withheld},
		{tab, "914101632960777", "901632960777", number.Withheld},
		{tab, "1002", "1002", number.AsEver},
	} {
		if rest, s := tt.t.Showing(uk, tt.dialled); rest != tt.rest || s != tt.showing {
			t.Errorf("%s: %s, %d", tt.dialled, rest, s)
		}
	}
}
