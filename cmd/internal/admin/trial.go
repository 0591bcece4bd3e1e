package admin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan"
	"strowger/dialplan/expr"
	"strowger/dialplan/plan"
	"strowger/dialplan/source"
	"strowger/dialplan/trial"
)

// follow runs the flow that a call comes to, if any.
func follow(s *api.Simulation, table *plan.Table, question dialplan.Question, q api.Question) error {
	for key, text := range q.Given {
		if err := known(table, key, text); err != nil {
			return err
		}
	}
	p := trial.Run(table, trial.Script{Question: question, Given: q.Given, Keys: q.Keys, Outcomes: q.Outcomes, Why: true})
	s.Path, s.Last = taken(p), p.Last
	if p.Fault != "" {
		s.Why = append(s.Why, p.Fault)
	}
	return nil
}

// known says what is wrong with an input that is given.
func known(table *plan.Table, key, text string) error {
	parts := strings.SplitN(key, ".", 3)
	figure := map[string]string{"switch": "on", "hours": "forced"}[parts[0]]
	if len(parts) == 3 {
		figure = parts[2]
	}
	if len(parts) < 2 {
		parts = append(parts, "")
	}
	want, typ, ok := plan.InputKey(parts[0], parts[1], figure)
	switch {
	case !ok || want != key:
		return fmt.Errorf("%s is nothing that is asked; give switch.NAME=true, hours.NAME=closed, queue.NAME.waiting=40, queue.NAME.expected_wait=5m, queue.NAME.agents_ready=0, group.NAME.reachable=1 or trunk.NAME.up=false", quoted(key))
	case parts[0] != "trunk" && !slices.Contains(table.Objects(parts[0]), parts[1]):
		return fmt.Errorf("there is no %s %q; %s", parts[0], parts[1], source.Suggest(parts[1], table.Objects(parts[0])))
	case !expr.Reads(typ, text):
		return fmt.Errorf("%s is a %s, not %s", key, typ, quoted(text))
	}
	return nil
}

// when is the time of a simulated call.
func when(table *plan.Table, text string) (time.Time, error) {
	if text == "" {
		return time.Now().In(table.Zone()), nil
	}
	at, err := time.ParseInLocation(plan.TimeLayout, text, table.Zone())
	if err != nil {
		return at, fmt.Errorf("%s is no time; write such as %q", quoted(text), plan.TimeLayout)
	}
	return at, nil
}

func taken(p trial.Path) []api.Taken {
	out := make([]api.Taken, 0, len(p.Steps))
	for _, s := range p.Steps {
		out = append(out, api.Taken{
			Flow: s.Flow, Step: s.Name, Kind: s.Kind, Line: s.Line, Depth: s.Depth, Skipped: s.Skipped,
			Act: s.Act, Outcome: s.Outcome, To: s.To, Why: s.Notes,
		})
	}
	return out
}

// TestPlan runs the tests of a plan. presentation is a seat's number for others, and may
// be nil.
func TestPlan(table *plan.Table, tenant string, presentation func(seat string) string) api.TestReport {
	r := api.TestReport{Cases: []api.TestResult{}}
	for _, c := range table.Cases() {
		v := trial.Test(table, c, tenant, presentation)
		t := api.TestResult{
			Name: c.Name, Line: c.Pos.String(), Fault: v.Fault, Expect: c.Expect,
			Entry: v.Path.Decision.Entry, Step: plan.Describe(v.Path.Decision.Step),
		}
		if v.Fault == "" {
			r.Passed++
		} else {
			r.Failed++
			t.Path = taken(v.Path)
		}
		r.Cases = append(r.Cases, t)
	}
	return r
}

// testPlan runs the tests of the plan of the body, or without a text of the published one.
func (s *Server) testPlan(_ http.ResponseWriter, r *request) (any, error) {
	var in api.PlanText
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if in.Text == "" {
		v, err := s.cfg.Plans.Current(r.Context(), r.tenant)
		if err != nil {
			return nil, err
		}
		in.File, in.Text = v.File, v.Text
	}
	_, table, err := s.cfg.Plans.Check(r.tenant, in.File, in.Text)
	if err != nil {
		return nil, fail(http.StatusUnprocessableEntity, "%v", err)
	}
	return TestPlan(table, r.tenant, s.presentation(r)), nil
}

// presentation is the number that seats show to others, as admission has it.
func (s *Server) presentation(r *request) func(seat string) string {
	t, _ := s.cfg.Node.Tenant(r.tenant)
	return func(number string) string {
		caller, err := s.cfg.Directory.Seat(r.Context(), r.tenant, number)
		if err != nil || caller.Presentation == "" {
			return t.Presentation
		}
		return caller.Presentation
	}
}

// passes refuses a plan whose own tests fail.
func (s *Server) passes(r *request, table *plan.Table) error {
	report := TestPlan(table, r.tenant, s.presentation(r))
	if report.Failed == 0 {
		return nil
	}
	faults := []error{fmt.Errorf("%d of %d tests of the plan fail", report.Failed, report.Failed+report.Passed)}
	for _, c := range report.Cases {
		if c.Fault != "" && len(faults) < maxTold {
			faults = append(faults, fmt.Errorf("%s: test %q: %s", c.Line, c.Name, c.Fault))
		}
	}
	faults = append(faults, errors.New("see: strowger dialplan test; to publish it all the same, say why with --force \"REASON\""))
	return fail(http.StatusUnprocessableEntity, "%v", errors.Join(faults...))
}

// maxTold bounds the failed tests that are told of when a plan is refused.
const maxTold = 20
