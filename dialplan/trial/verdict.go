package trial

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"strowger/dialplan"
	"strowger/dialplan/plan"
)

// Verdict is what came of a test.
type Verdict struct {
	Case  plan.Case
	Fault string // what was expected and is not; "" if the test passed
	Path  Path
}

// Test runs a test of the plan. The caller's own facts, such as a seat's presentation
// number, come by presentation, which may be nil.
func Test(t *plan.Table, c plan.Case, tenant string, presentation func(seat string) string) Verdict {
	q := dialplan.Question{Tenant: tenant, Origin: dialplan.FromTrunk, Trunk: c.Trunk, Called: c.To, Caller: c.From}
	if c.Seat != "" {
		q.Origin, q.Seat, q.Caller = dialplan.FromSeat, c.Seat, c.Seat
		if presentation != nil {
			q.Presentation = presentation(c.Seat)
		}
	} else {
		q.Caller = t.Canonical(c.From)
	}
	at, err := time.ParseInLocation(plan.TimeLayout, c.At, t.Zone())
	if err != nil {
		return Verdict{Case: c, Fault: err.Error()}
	}
	q.At = at
	s := Script{Question: q, Given: c.Given, Keys: c.Keys, Outcomes: c.Outcomes}
	p := Run(t, s)
	v := Verdict{Case: c, Path: p, Fault: p.differs(c.Expect)}
	if v.Fault != "" { // once more, to tell why
		s.Why = true
		v.Path = Run(t, s)
	}
	return v
}

// Taken are the steps of the path that were not skipped, "KIND NAME", and how it ended. Of
// an entry without a flow it is what the entry does.
func (p *Path) Taken() []string {
	if len(p.Steps) == 0 {
		return []string{plan.Describe(p.Decision.Step)}
	}
	out := make([]string, 0, len(p.Steps)+1)
	for _, s := range p.Steps {
		if !s.Skipped {
			out = append(out, s.Kind+" "+s.Name)
		}
	}
	if p.Last != "" {
		out = append(out, p.Last)
	}
	return out
}

// differs says how the path is not what is expected; "" if it is. Other steps may lie
// between, but the last one expected is the last that is taken.
func (p *Path) differs(expected []string) string {
	if p.Fault != "" {
		return p.Fault
	}
	taken := p.Taken()
	at := 0
	for _, want := range expected {
		i := slices.IndexFunc(taken[at:], func(have string) bool { return is(have, want) })
		if i < 0 {
			return fmt.Sprintf("%q was not taken", want)
		}
		at += i + 1
	}
	rest := taken[at:]
	if len(rest) == 1 && rest[0] == "hangup" {
		return ""
	}
	if len(rest) > 0 {
		return fmt.Sprintf("it went on behind %q: %s", expected[len(expected)-1], strings.Join(rest, ", "))
	}
	return ""
}

// is tells whether a step that was taken is one that is expected: the same, or what is
// expected and more.
func is(have, want string) bool {
	return have == want || strings.HasPrefix(have, want+" ")
}
