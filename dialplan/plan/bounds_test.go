package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"strowger/dialplan"
	"strowger/dialplan/plan"
)

// TestBounds: the longest room, its name written or dialled, and the most prompts pass;
// one more does not; nor does a PIN that is too short.
func TestBounds(t *testing.T) {
	room := func(n int) string { return fmt.Sprintf("conference { room = %q }", long("r", n)) }
	prompts := func(n int) string {
		return "play { prompts = [" + strings.TrimSuffix(strings.Repeat(`"welcome", `, n), ", ") + "] }"
	}
	pin := func(n int) string { return fmt.Sprintf("conference { pin = %q }", long("1", n)) }
	for step, good := range map[string]bool{pin(3): false, pin(4): true, pin(12): true, pin(13): false, room(32): true, room(33): false, prompts(16): true, prompts(17): false} {
		_, faults := plan.Parse("x", fmt.Appendf(nil, "dial \"1\" {\n  %s\n}\n", strings.NewReplacer("{ ", "{\n", " }", "\n}").Replace(step)))
		if (faults.Err() == nil) != good {
			t.Errorf("%s: %v", step, faults.Err())
		}
	}
	tab := table(t, "x", []byte("dial \"*80.\" {\n  conference {}\n}\n"))
	for n, good := range map[int]bool{28: true, 29: true} {
		d := tab.Decide(dialplan.Question{Origin: dialplan.FromSeat, Called: "*80" + long("1", n)})
		if c, ok := d.Step.(dialplan.Conference); ok != good || good && c.Room != long("1", n) {
			t.Errorf("%d digits behind the code: %s", n, say(d))
		}
	}
}
