package admin

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan/expr"
	"strowger/dialplan/plan"
	"strowger/dialplan/source"
	"strowger/sip/override"
)

func (s *Server) overrideEndpoints() []endpoint {
	const p = "/v1/tenants/{tenant}/overrides"
	return []endpoint{
		{"GET " + p, viewer, api.MaxBody, s.listOverrides},
		{"PUT " + p + "/{kind}/{name}", operator, api.MaxBody, s.setOverride},
		{"DELETE " + p + "/{kind}/{name}", operator, api.MaxBody, s.clearOverride},
	}
}

// table is the published plan of the request's tenant.
func (s *Server) table(r *request) (*plan.Table, error) {
	v, err := s.cfg.Plans.Current(r.Context(), r.tenant)
	if err != nil {
		return nil, err
	}
	_, table, err := s.cfg.Plans.Check(r.tenant, v.File, v.Text)
	return table, err
}

// listOverrides lists every switch and all hours of the plan, with what is set aside of
// them, and overrides of what the plan does not have any more.
func (s *Server) listOverrides(_ http.ResponseWriter, r *request) (any, error) {
	table, err := s.table(r)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	held := s.cfg.Overrides.List(now, r.tenant)
	out := []api.Overridable{}
	take := func(kind, name, by string) *api.Overridable {
		o := api.Overridable{Kind: kind, Name: name, ThrownBy: by}
		if i := slices.IndexFunc(held, func(h override.Override) bool { return h.Key == kind+"."+name }); i >= 0 {
			h := held[i]
			o.Value, o.Until, o.Why, o.By, o.At = h.Value, h.Until, h.Why, h.By, h.At
			held = slices.Delete(held, i, i+1)
		}
		out = append(out, o)
		return &out[len(out)-1]
	}
	for _, sw := range table.Switches() {
		take("switch", sw.Name, sw.ThrownBy)
	}
	for _, name := range table.Objects("hours") {
		open, why := table.Hours(name).Open(now)
		o := take("hours", name, "operator")
		o.Open, o.Because = open, why
	}
	for _, h := range held {
		out = append(out, api.Overridable{Kind: h.Key, Value: h.Value, Until: h.Until, Why: h.Why, By: h.By, At: h.At, Gone: true})
	}
	return out, nil
}

// overridden is the key that the path means.
func overridden(r *request) string { return r.PathValue("kind") + "." + r.PathValue("name") }

// planned tells whether the plan has what the path means.
func planned(r *request, table *plan.Table) error {
	kind, name := r.PathValue("kind"), r.PathValue("name")
	switch {
	case kind != "switch" && kind != "hours":
		return fail(http.StatusNotFound, "%s is never set aside; switch and hours are", quoted(kind))
	case !slices.Contains(table.Objects(kind), name):
		return fail(http.StatusNotFound, "the plan of tenant %s has no %s %s; %s", r.tenant, kind, quoted(name), source.Suggest(name, table.Objects(kind)))
	}
	return nil
}

// throws is the switch that the path means, the zero one of hours, if who asks may throw it.
func (s *Server) throws(r *request, table *plan.Table) (plan.Switch, error) {
	for _, sw := range table.Switches() {
		if r.PathValue("kind") != "switch" || sw.Name != r.PathValue("name") {
			continue
		}
		if sw.ThrownBy == "admin" {
			return sw, s.authorize(identified{who: r.who}, admin, r.tenant)
		}
		return sw, nil
	}
	return plan.Switch{}, nil
}

func (s *Server) setOverride(_ http.ResponseWriter, r *request) (any, error) {
	var in api.Override
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	table, err := s.table(r)
	if err != nil {
		return nil, err
	}
	if err := planned(r, table); err != nil {
		return nil, err
	}
	sw, err := s.throws(r, table)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	o := override.Override{Key: overridden(r), Value: in.Value, Why: in.Why, By: r.who.name, At: now.UTC().Truncate(time.Second)}
	if isSwitch := sw.Name != ""; isSwitch && in.Value != "true" || !isSwitch && in.Value != expr.ForcedOpen && in.Value != expr.ForcedClosed {
		return nil, fail(http.StatusUnprocessableEntity, "value is %s; it is true of a switch, open or closed of hours", quoted(in.Value))
	}
	if o.Until, err = until(now.In(table.Zone()), in.Until, sw.Ends); err != nil {
		return nil, fail(http.StatusUnprocessableEntity, "%v", err)
	}
	c := change{action: "override.set", object: o.Key, after: o}
	return o, s.change(r, c, func() error {
		err := s.cfg.Overrides.Set(r.Context(), now, r.tenant, o)
		if errors.Is(err, override.ErrFull) {
			err = fail(http.StatusUnprocessableEntity, "%v", err)
		}
		return err
	})
}

// clearOverride takes back what is set aside, of what the plan does not have any more too.
func (s *Server) clearOverride(_ http.ResponseWriter, r *request) (any, error) {
	key := overridden(r)
	if s.cfg.Overrides.Value(time.Now(), r.tenant, key) == "" {
		return nil, fail(http.StatusNotFound, "%s is as the plan says already", key)
	}
	table, err := s.table(r)
	if err != nil {
		return nil, err
	}
	if _, err := s.throws(r, table); err != nil {
		return nil, err
	}
	c := change{action: "override.clear", object: key}
	return map[string]string{"cleared": key}, s.change(r, c, func() error {
		return s.cfg.Overrides.Clear(r.Context(), time.Now(), r.tenant, key)
	})
}

// longest is how long an override may hold that has an end.
const longest = 366 * 24 * time.Hour

// until is when an override ends: a time of the day, a date with it, or a duration. Without
// one it is what the plan says of a switch; zero is without end.
func until(now time.Time, text string, usual time.Duration) (time.Time, error) {
	if text == "" {
		if usual == 0 {
			return time.Time{}, nil
		}
		return now.Add(usual).UTC(), nil
	}
	at, err := moment(now, text)
	switch {
	case err != nil:
		return at, err
	case !at.After(now):
		return at, errors.New("until " + quoted(text) + " is over already")
	case at.Sub(now) > longest:
		return at, errors.New("until " + quoted(text) + " is more than a year away")
	}
	return at.UTC(), nil
}

func moment(now time.Time, text string) (time.Time, error) {
	if d, err := time.ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	if at, err := time.ParseInLocation(plan.TimeLayout, text, now.Location()); err == nil {
		return at, nil
	}
	clock, err := time.Parse("15:04", text)
	if err != nil {
		return now, errors.New("until is " + quoted(text) + "; write 14:00, \"2026-12-24 14:00\" or 2h")
	}
	at := time.Date(now.Year(), now.Month(), now.Day(), clock.Hour(), clock.Minute(), 0, 0, now.Location())
	if !at.After(now) {
		at = time.Date(now.Year(), now.Month(), now.Day()+1, clock.Hour(), clock.Minute(), 0, 0, now.Location())
	}
	return at, nil
}

// present adds to what is given the overrides that hold at a time.
func (s *Server) present(at time.Time, tenant string, table *plan.Table, given map[string]string) map[string]string {
	out := map[string]string{}
	for _, o := range s.cfg.Overrides.List(at, tenant) {
		if kind, name, _ := strings.Cut(o.Key, "."); slices.Contains(table.Objects(kind), name) {
			out[o.Key] = o.Value
		}
	}
	maps.Copy(out, given)
	return out
}
