package admin

import (
	"errors"
	"net/http"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan/plan"
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

func (s *Server) showPlan(_ http.ResponseWriter, r *request) (any, error) {
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
	return map[string]any{"hash": p.Hash(), "numbers": len(p.Numbers()), "dials": len(p.Dials())}, nil
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
	d, err := s.diff(r, p)
	if err != nil {
		return nil, err
	}
	d.Forced = in.Force
	c := change{action: "dialplan.apply", object: p.Hash(), after: d}
	err = s.change(r, c, func() error {
		_, err := s.cfg.Plans.Apply(r.Context(), r.tenant, in, r.who.name)
		return err
	})
	if errors.Is(err, state.ErrConflict) {
		err = s.moved(r)
	}
	return d, err
}

// moved tells who published another plan than the one that a text was made from.
func (s *Server) moved(r *request) error {
	v, err := s.cfg.Plans.Current(r.Context(), r.tenant)
	if err != nil {
		return err
	}
	return fail(http.StatusConflict, "%s published another plan at %s; look at it with strowger dialplan show, and change that one", v.Author, v.At.Format(time.DateTime))
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
	out, err := Simulate(s.cfg.Node, r.tenant, table, caller, q)
	if err != nil {
		return nil, fail(http.StatusUnprocessableEntity, "%v", err)
	}
	return out, nil
}
