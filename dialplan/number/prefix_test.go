package number_test

import (
	"testing"

	"strowger/dialplan"
	"strowger/dialplan/number"
)

func TestPrefix(t *testing.T) {
	uk := dialplan.UnitedKingdom()
	direct := uk
	direct.Outside = ""
	for _, tt := range []struct {
		n       dialplan.Numbering
		dialled string
		rest    string
		showing number.Showing
		sure    bool
	}{
		{uk, "901632960777", "901632960777", number.AsEver, true},
		{uk, "914101632960777", "901632960777", number.Withheld, true},
		{uk, "141901632960777", "901632960777", number.Withheld, false},
		{uk, "9147001632960777", "901632960777", number.Released, true},
		{uk, "14701002", "1002", number.Released, false},
		{uk, "1411002", "1002", number.Withheld, false},
		{uk, "141999", "999", number.Withheld, false},
		{uk, "9141999", "9999", number.Withheld, true},
		{uk, "141", "141", number.AsEver, true},
		{uk, "9141", "9141", number.AsEver, true},
		{uk, "", "", number.AsEver, true},
		{direct, "14101632960777", "01632960777", number.Withheld, true},
		{dialplan.Numbering{Outside: "9"}, "914101632960777", "914101632960777", number.AsEver, true},
	} {
		rest, showing, sure := number.Prefix(tt.n, tt.dialled)
		if rest != tt.rest || showing != tt.showing || sure != tt.sure {
			t.Errorf("%s: %s %d %v", tt.dialled, rest, showing, sure)
		}
	}
}
