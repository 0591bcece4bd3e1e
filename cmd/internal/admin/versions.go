package admin

import (
	"errors"
	"net/http"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan/plan"
	"strowger/sip/edition"
	"strowger/sip/state"
)

func (s *Server) versionEndpoints() []endpoint {
	const p = "/v1/tenants/{tenant}/plan"
	return []endpoint{
		{"GET " + p + "/versions", viewer, api.MaxBody, s.listVersions},
		{"GET " + p + "/versions/{version}", viewer, api.MaxBody, s.showVersion},
		{"POST " + p + "/compare", viewer, api.MaxImport, s.compareVersions},
		{"POST " + p + "/rollback", admin, api.MaxBody, s.rollback},
		{"POST " + p + "/confirm", admin, api.MaxBody, s.confirmVersion},
		{"POST " + p + "/cancel", admin, api.MaxBody, s.cancelVersion},
		{"POST " + p + "/tags", admin, api.MaxBody, s.addTag},
		{"DELETE " + p + "/tags/{tag}", admin, api.MaxBody, s.removeTag},
	}
}

// version is the id of a version that the request calls by tag or digits.
func (s *Server) version(r *request, name string) (string, error) {
	return s.cfg.Editions.Resolve(r.Context(), r.tenant, name)
}

func (s *Server) listVersions(_ http.ResponseWriter, r *request) (any, error) {
	head, err := s.cfg.Editions.Head(r.Context(), r.tenant)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return nil, err
	}
	list, tags, err := s.cfg.Editions.History(r.Context(), r.tenant)
	return api.Editions{Head: head, History: list, Tags: tags}, err
}

func (s *Server) showVersion(_ http.ResponseWriter, r *request) (any, error) {
	id, err := s.version(r, r.PathValue("version"))
	if err != nil {
		return nil, err
	}
	v, err := s.cfg.Editions.Version(r.Context(), r.tenant, id)
	if err != nil {
		return nil, err
	}
	return api.Versioned(v), nil
}

// compareVersions lists what one plan decides otherwise than another.
func (s *Server) compareVersions(_ http.ResponseWriter, r *request) (any, error) {
	var in api.PlanPair
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	before, err := s.side(r, in.Before)
	if err != nil {
		return nil, err
	}
	after, err := s.side(r, in.After)
	if err != nil {
		return nil, err
	}
	d := api.PlanDiff{Changes: []string{}}
	for _, c := range plan.Diff(before, after) {
		d.Changes = append(d.Changes, c.String())
	}
	return d, nil
}

// side parses one of two plans.
func (s *Server) side(r *request, side api.PlanSide) (*plan.Plan, error) {
	if side.File == "" {
		p, err := s.named(r, side.Version)
		if err != nil {
			return nil, err
		}
		side.File, side.Text = p.File, p.Text
	}
	parsed, faults := plan.Parse(side.File, []byte(side.Text))
	if len(faults) > 0 {
		return nil, fail(http.StatusUnprocessableEntity, "%v", faults)
	}
	return parsed, nil
}

// named is the plan of a version; "" is the published one.
func (s *Server) named(r *request, version string) (api.Plan, error) {
	if version == "" {
		return s.current(r)
	}
	id, err := s.version(r, version)
	if err != nil {
		return api.Plan{}, err
	}
	v, err := s.cfg.Editions.Version(r.Context(), r.tenant, id)
	if err != nil {
		return api.Plan{}, err
	}
	return api.Versioned(v), nil
}

func (s *Server) rollback(_ http.ResponseWriter, r *request) (any, error) {
	var in api.Rollback
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	var id string
	var err error
	if in.Version == "" {
		id, err = s.cfg.Editions.Before(r.Context(), r.tenant)
	} else {
		id, err = s.version(r, in.Version)
	}
	if err != nil {
		return nil, err
	}
	head, err := s.cfg.Editions.Head(r.Context(), r.tenant)
	if err != nil {
		return nil, err
	}
	c := change{action: "dialplan.rollback", object: id, before: head, after: in}
	err = s.change(r, c, func() error {
		head, err = s.cfg.Plans.Rollback(r.Context(), r.tenant, id, edition.By{Author: r.who.name, Message: in.Message})
		return err
	})
	return head, err
}

func (s *Server) confirmVersion(_ http.ResponseWriter, r *request) (any, error) {
	return s.settle(r, "dialplan.confirm", func(now time.Time, by edition.By) (edition.Head, error) {
		return s.cfg.Editions.Confirm(r.Context(), now, r.tenant, by)
	})
}

func (s *Server) cancelVersion(_ http.ResponseWriter, r *request) (any, error) {
	return s.settle(r, "dialplan.cancel", func(now time.Time, by edition.By) (edition.Head, error) {
		return s.cfg.Editions.Cancel(r.Context(), now, r.tenant, by)
	})
}

// settle ends that a version waits.
func (s *Server) settle(r *request, action string, do func(now time.Time, by edition.By) (edition.Head, error)) (any, error) {
	head, err := s.cfg.Editions.Head(r.Context(), r.tenant)
	if err != nil && !errors.Is(err, state.ErrNotFound) {
		return nil, err
	}
	_, version := head.Due()
	err = s.change(r, change{action: action, object: version, before: head}, func() error {
		head, err = do(time.Now(), edition.By{Author: r.who.name})
		return err
	})
	return head, err
}

func (s *Server) addTag(_ http.ResponseWriter, r *request) (any, error) {
	var in api.Tag
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	v, err := s.named(r, in.Version)
	if err != nil {
		return nil, err
	}
	in.Version = v.Version
	return in, s.change(r, change{action: "dialplan.tag", object: in.Name, after: in}, func() error {
		return s.cfg.Editions.Tag(r.Context(), r.tenant, in.Name, in.Version)
	})
}

func (s *Server) removeTag(_ http.ResponseWriter, r *request) (any, error) {
	name := r.PathValue("tag")
	out := api.Tag{Name: name}
	return out, s.change(r, change{action: "dialplan.untag", object: name}, func() error {
		return s.cfg.Editions.Untag(r.Context(), r.tenant, name)
	})
}
