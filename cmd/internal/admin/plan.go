package admin

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan/plan"
	"strowger/sip/edition"
	"strowger/sip/seat"
	"strowger/sip/state"
)

func (s *Server) planEndpoints() []endpoint {
	const p = "/v1/tenants/{tenant}/plan"
	return []endpoint{
		{"GET " + p, viewer, api.MaxBody, s.showPlan},
		{"PUT " + p, admin, api.MaxImport, s.applyPlan},
		{"POST " + p + "/check", viewer, api.MaxImport, s.checkPlan},
		{"POST " + p + "/test", viewer, api.MaxImport, s.testPlan},
		{"POST " + p + "/diff", viewer, api.MaxImport, s.diffPlan},
		{"POST " + p + "/simulate", viewer, api.MaxBody, s.simulate},
	}
}

func (s *Server) showPlan(_ http.ResponseWriter, r *request) (any, error) { return s.current(r) }

// current is the published plan.
func (s *Server) current(r *request) (api.Plan, error) {
	v, err := s.cfg.Plans.Current(r.Context(), r.tenant)
	if errors.Is(err, state.ErrNotFound) {
		err = fail(http.StatusNotFound, "tenant %s has no plan; publish one with: strowger dialplan apply FILE", r.tenant)
	}
	return v, err
}

// text reads and checks the plan of the body.
func (s *Server) text(r *request) (api.PlanText, *plan.Plan, *plan.Table, error) {
	var in api.PlanText
	if err := decode(r, &in); err != nil {
		return in, nil, nil, err
	}
	p, table, err := s.cfg.Plans.Check(r.tenant, in.File, in.Text)
	if err != nil {
		return in, nil, nil, fail(http.StatusUnprocessableEntity, "%v", err)
	}
	return in, p, table, nil
}

func (s *Server) checkPlan(_ http.ResponseWriter, r *request) (any, error) {
	_, p, _, err := s.text(r)
	if err != nil {
		return nil, err
	}
	return Checked(p), nil
}

// Checked is what is told of a plan that is right.
func Checked(p *plan.Plan) api.PlanCheck {
	c := api.PlanCheck{Hash: p.Hash(), Numbers: len(p.Numbers()), Dials: len(p.Dials()), Out: []api.WayOut{}}
	for _, w := range p.WaysOut() {
		c.Out = append(c.Out, api.WayOut(w))
	}
	return c
}

// diff lists what a checked plan changes.
func (s *Server) diff(r *request, p *plan.Plan) (api.PlanDiff, error) {
	d := api.PlanDiff{Changes: []string{}}
	v, err := s.cfg.Plans.Current(r.Context(), r.tenant)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return d, err
	}
	have, faults := plan.Parse(v.File, []byte(v.Text))
	if len(faults) > 0 {
		return d, faults
	}
	for _, c := range plan.Diff(have, p) {
		d.Changes = append(d.Changes, c.String())
	}
	return d, nil
}

func (s *Server) diffPlan(_ http.ResponseWriter, r *request) (any, error) {
	_, p, _, err := s.text(r)
	if err != nil {
		return nil, err
	}
	return s.diff(r, p)
}

func (s *Server) applyPlan(_ http.ResponseWriter, r *request) (any, error) {
	in, p, table, err := s.text(r)
	if err != nil {
		return nil, err
	}
	if in.Force == "" {
		if err := s.passes(r, table); err != nil {
			return nil, err
		}
	}
	if in.Base, err = s.base(r, in.Base); err != nil {
		return nil, err
	}
	d, err := s.diff(r, p)
	if err != nil {
		return nil, err
	}
	d.Forced = in.Force
	after := struct {
		api.PlanText
		api.PlanDiff
	}{in, d}
	after.Text = "" // the version has it
	return &d, s.change(r, change{action: "dialplan.apply", object: edition.ID(in.Files()), after: after}, func() error {
		head, err := s.cfg.Plans.Apply(r.Context(), r.tenant, in, r.who.name)
		d.Head = &head
		return s.overtaken(r, in.Base, err)
	})
}

// maxOvertaken is how many changes of another publisher a refusal lists.
const maxOvertaken = 20

// overtaken adds to a lost race what the other version changed since base.
func (s *Server) overtaken(r *request, base string, err error) error {
	lost, ok := errors.AsType[*edition.OvertakenError](err)
	if !ok || base == "" {
		return err
	}
	before, unread := s.side(r, api.PlanSide{Version: base})
	if unread != nil {
		return err
	}
	after, unread := s.side(r, api.PlanSide{Version: lost.Head.Version})
	if unread != nil {
		return err
	}
	lines := []string{err.Error(), "it changed:"}
	changes := plan.Diff(before, after)
	for _, c := range changes[:min(len(changes), maxOvertaken)] {
		lines = append(lines, c.String())
	}
	if more := len(changes) - maxOvertaken; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return fail(http.StatusConflict, "%s", strings.Join(lines, "\n"))
}

// base is the version that a plan is made of: the one that is named, else the published
// one, so that what the answer lists is what changes.
func (s *Server) base(r *request, name string) (string, error) {
	if name != "" {
		return s.version(r, name)
	}
	head, err := s.cfg.Editions.Head(r.Context(), r.tenant)
	if errors.Is(err, state.ErrNotFound) {
		err = nil
	}
	return head.Version, err
}

func (s *Server) simulate(_ http.ResponseWriter, r *request) (any, error) {
	var q api.Question
	if err := decode(r, &q); err != nil {
		return nil, err
	}
	var caller seat.Seat
	if q.Seat != "" {
		var err error
		if caller, err = s.cfg.Directory.Seat(r.Context(), r.tenant, q.Seat); errors.Is(err, state.ErrNotFound) {
			return nil, fail(http.StatusNotFound, "there is no seat %s of tenant %s", quoted(q.Seat), r.tenant)
		} else if err != nil {
			return nil, err
		}
	}
	v, err := s.cfg.Plans.Current(r.Context(), r.tenant)
	if err != nil {
		return nil, err
	}
	_, table, err := s.cfg.Plans.Check(r.tenant, v.File, v.Text)
	if err != nil {
		return nil, err
	}
	at, err := when(table, q.At)
	if err != nil {
		return nil, fail(http.StatusUnprocessableEntity, "%v", err)
	}
	q.Given = s.present(at, r.tenant, table, q.Given)
	out, err := Simulate(s.cfg.Node, r.tenant, table, caller, q)
	if err != nil {
		return nil, fail(http.StatusUnprocessableEntity, "%v", err)
	}
	return out, nil
}
