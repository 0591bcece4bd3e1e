package plan_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"strowger/dialplan"
	"strowger/dialplan/plan"
)

// TestSpell: a value is taken if it can be spelled, and the reason told if not.
func TestSpell(t *testing.T) {
	p, faults := plan.Parse("a.hcl", []byte("dial \"1\" {\n play { prompts = [\"welcome\", \"time:now\", \"time:25\"] }\n}\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	inv := plan.Inventory{Prompts: []string{"welcome"}, Spell: func(word string) error {
		if word == "time:25" {
			return errors.New("cannot be said")
		}
		return nil
	}}
	_, faults = p.Check(inv)
	if len(faults) != 1 || !strings.Contains(faults.Err().Error(), `dial "1": cannot be said`) {
		t.Errorf("faults %v", faults)
	}
	inv.Spell = func(string) error { return nil }
	table, faults := p.Check(inv)
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	d := table.Decide(dialplan.Question{Origin: dialplan.FromSeat, Seat: "1001", Called: "1"})
	if play, ok := d.Step.(dialplan.Play); !ok || !slices.Equal(play.Prompts, []string{"welcome", "time:now", "time:25"}) {
		t.Errorf("%+v", d)
	}
}
