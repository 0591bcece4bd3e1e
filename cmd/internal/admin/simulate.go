package admin

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/dialplan"
	"strowger/dialplan/number"
	"strowger/dialplan/plan"
	"strowger/sip/admission"
	"strowger/sip/seat"
	"strowger/sip/trunk"
)

// Simulate says what would happen to a call, without any: the emergency numbers
// first, as with a real one, then the plan. caller is the seat that the question
// names. An error says what is wrong with the question.
func Simulate(c *configs.Config, tenant string, table *plan.Table, caller seat.Seat, q api.Question) (api.Simulation, error) {
	t, ok := c.Tenant(tenant)
	switch {
	case !ok:
		return api.Simulation{}, fmt.Errorf("there is no tenant %q", tenant)
	case q.To == "":
		return api.Simulation{}, errors.New("who is called is missing; give --to NUMBER")
	case (q.Seat == "") == (q.Trunk == ""):
		return api.Simulation{}, errors.New("who calls is missing; give --from-seat NUMBER or --from-trunk NAME")
	}
	if q.Seat != "" {
		plain, _, _ := number.Prefix(t.Numbering, q.To)
		for _, to := range []string{q.To, plain} {
			if n, ok := t.Emergency.Match(to); ok {
				return emergency(c, caller, n), nil
			}
		}
	}
	if q.Seat != "" && caller.Disabled {
		return api.Simulation{
			To: q.To, Step: fmt.Sprintf("reject 403 Seat %s is disabled", caller.Number),
			Why: []string{"a disabled seat calls nobody but emergency numbers"},
		}, nil
	}
	question, showing, err := asked(c, t, table, caller, q)
	if err != nil {
		return api.Simulation{}, err
	}
	d := table.Decide(question)
	s := api.Simulation{To: d.Called, Entry: d.Entry, Step: plan.Describe(d.Step), Why: d.Why}
	switch step := d.Step.(type) {
	case dialplan.Flow:
		err = follow(&s, table, question, q)
	case dialplan.Trunk:
		if q.Seat != "" && classed(&s, t, caller, step.Number) {
			return s, nil
		}
		s.Trunks, s.Presentation = trunksOf(c, tenant, step.Trunks), presented(t, caller, step.Presentation)
		if showing == number.Withheld {
			s.Presentation, s.Why = "", append(s.Why, "the caller's number is withheld")
		}
	}
	return s, err
}

// asked is the plan's question about a call.
func asked(c *configs.Config, t configs.Tenant, table *plan.Table, caller seat.Seat, q api.Question) (dialplan.Question, number.Showing, error) {
	at, err := when(table, q.At)
	question := dialplan.Question{Tenant: t.Name, Called: q.To, At: at}
	if q.Seat == "" {
		question.Origin, question.Trunk, question.Caller = dialplan.FromTrunk, q.Trunk, table.Canonical(q.From)
		return question, number.AsEver, errors.Join(err, knownTrunk(c, t.Name, q.Trunk))
	}
	var showing number.Showing
	question.Origin, question.Seat = dialplan.FromSeat, q.Seat
	question.Caller, question.Presentation = caller.Number, cmp.Or(caller.Presentation, t.Presentation)
	question.Called, showing = table.Showing(t.Numbering, q.To)
	return question, showing, err
}

// classed says whether the class of a seat lets it call a number, and tells whether the
// call is refused for it.
func classed(s *api.Simulation, t configs.Tenant, caller seat.Seat, number string) bool {
	if t.Service == nil {
		return false
	}
	destination, class, refusal := admission.Barred(t.Service, caller, number)
	s.Service = &api.Service{Destination: destination, Class: class, Allowed: refusal == nil}
	if refusal == nil {
		return false
	}
	s.Why = append(s.Why, s.Step+": not for class "+class)
	s.Step = fmt.Sprintf("reject %d %s", refusal.Status, refusal.Reason)
	return true
}

// trunksOf puts the members of groups in their places, as they are tried if every draw
// is for the heavier one.
func trunksOf(c *configs.Config, tenant string, names []string) []string {
	var groups []trunk.Group
	for _, g := range c.Groups {
		group := trunk.Group{Name: g.Name, Tenant: g.Tenant}
		for _, m := range slices.SortedStableFunc(slices.Values(g.Members), func(a, b configs.Member) int { return b.Weight - a.Weight }) {
			group.Members = append(group.Members, trunk.Member(m))
		}
		groups = append(groups, group)
	}
	return trunk.NewSet(nil, groups...).Expand(tenant, names, func(int) int { return 0 })
}

// presented is what admission makes of a presentation number.
func presented(t configs.Tenant, caller seat.Seat, given string) string {
	for _, n := range []string{given, t.Presentation} {
		if len(t.Presents) == 0 || n != "" && number.InRange(t.Presents, n) {
			return n
		}
	}
	return cmp.Or(caller.SiteNumber, caller.Presentation)
}

func knownTrunk(c *configs.Config, tenant, name string) error {
	for _, t := range c.TrunksOf(tenant) {
		if t.Name == name {
			return nil
		}
	}
	return fmt.Errorf("tenant %s has no trunk %q", tenant, name)
}

// emergency is what admission does with a call for help.
func emergency(c *configs.Config, caller seat.Seat, number string) api.Simulation {
	s := api.Simulation{
		To: number, Entry: "emergency " + number, Step: "emergency call to " + number, Emergency: true,
		Trunks: c.EmergencyTrunks(caller.Tenant), Presentation: caller.SiteNumber, Address: caller.Address, Desk: caller.Desk,
		Why: []string{
			number + " is an emergency number: it goes out before every rule and limit",
			fmt.Sprintf("seat %s is at %s; its site number %s is presented", caller.Number, orNone(caller.Address), orNone(caller.SiteNumber)),
		},
	}
	return s
}

func orNone(s string) string {
	if s == "" {
		return "(none)"
	}
	return s
}
