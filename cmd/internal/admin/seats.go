package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/dialplan"
	"strowger/dialplan/plan"
	"strowger/sip/seat"
	"strowger/sip/state"
)

func (s *Server) seatEndpoints() []endpoint {
	const seats, one = "/v1/tenants/{tenant}/seats", "/v1/tenants/{tenant}/seats/{seat}"
	return []endpoint{
		{"GET " + seats, viewer, api.MaxBody, s.listSeats},
		{"POST " + seats, admin, api.MaxBody, s.addSeat},
		{"GET " + one, viewer, api.MaxBody, s.showSeat},
		{"PATCH " + one, admin, api.MaxBody, s.setSeat},
		{"DELETE " + one, admin, api.MaxBody, s.removeSeat},
		{"POST " + one + "/state", operator, api.MaxBody, s.switchSeat},
		{"POST " + one + "/password", admin, api.MaxBody, s.passwd},
		{"PATCH " + one + "/features", operator, api.MaxBody, s.setFeatures},
		{"PUT " + one + "/messages", operator, api.MaxBody, s.setMessages},
		{"GET " + one + "/why", viewer, api.MaxBody, s.why},
		{"GET " + one + "/bindings", viewer, api.MaxBody, s.bindings},
		{"DELETE " + one + "/bindings", operator, api.MaxBody, s.unregister},
		{"POST /v1/tenants/{tenant}/import", admin, api.MaxImport, s.importSeats},
		{"GET /v1/tenants/{tenant}/export", viewer, api.MaxBody, s.exportSeats},
	}
}

// public is a seat without its secrets.
func public(s seat.Seat, registered int) api.Seat {
	p := api.Seat{Seat: s, Credentials: []string{}, Registered: registered}
	for _, c := range s.Credentials {
		p.Credentials = append(p.Credentials, c.Algorithm)
	}
	p.Seat.Credentials = nil
	return p
}

func (s *Server) listSeats(_ http.ResponseWriter, r *request) (any, error) {
	seats, err := s.cfg.Directory.List(r.Context(), r.tenant)
	if err != nil {
		return nil, err
	}
	begun := r.URL.Query().Get("prefix")
	registered := map[string]int{}
	err = s.cfg.Directory.AllBindings(r.Context(), r.tenant, func(_, number string, b []seat.Binding) bool {
		registered[number] = len(b)
		return true
	})
	list := make([]api.Seat, 0, len(seats))
	for _, one := range seats {
		if strings.HasPrefix(one.Number, begun) {
			list = append(list, public(one, registered[one.Number]))
		}
	}
	return list, err
}

// find returns the seat of the path.
func (s *Server) find(r *request) (seat.Seat, state.Rev, error) {
	number := r.PathValue("seat")
	found, rev, err := s.cfg.Directory.SeatRev(r.Context(), r.tenant, number)
	if errors.Is(err, state.ErrNotFound) {
		err = fail(http.StatusNotFound, "there is no seat %s of tenant %s; see: strowger seat list", quoted(number), r.tenant)
	}
	return found, rev, err
}

// bound returns the seat of the path with its bindings.
func (s *Server) bound(r *request) (seat.Seat, []seat.Binding, error) {
	found, _, err := s.find(r)
	if err != nil {
		return found, nil, err
	}
	b, _, err := s.cfg.Directory.Bindings(r.Context(), r.tenant, found.Number)
	return found, b, err
}

func (s *Server) showSeat(_ http.ResponseWriter, r *request) (any, error) {
	found, b, err := s.bound(r)
	if err != nil {
		return nil, err
	}
	m, err := s.cfg.Directory.Messages(r.Context(), r.tenant, found.Number)
	shown := public(found, len(b))
	shown.Messages = &m
	return shown, err
}

func (s *Server) addSeat(_ http.ResponseWriter, r *request) (any, error) {
	var in api.NewSeat
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	in.Seat.Tenant, in.Seat.Credentials = r.tenant, nil
	answer, err := s.secret(r.Context(), &in.Seat, in.Password)
	if err == nil {
		err = s.fit(in.Seat)
	}
	if err != nil {
		return nil, err
	}
	c := change{action: "seat.add", object: in.Seat.Number, after: public(in.Seat, 0)}
	err = s.change(r, c, func() error {
		err := s.cfg.Directory.PutSeat(r.Context(), in.Seat, state.None)
		if errors.Is(err, state.ErrConflict) {
			return fail(http.StatusConflict, "seat %s exists; change it with: strowger seat set %s", in.Seat.Number, in.Seat.Number)
		}
		return err
	})
	return answer, err
}

// secret gives the seat its secrets, from the password or from a generated one.
func (s *Server) secret(ctx context.Context, one *seat.Seat, password string) (api.Password, error) {
	answer := api.Password{Seat: one.Number, Tenant: one.Tenant}
	if password == "" {
		password = seat.NewPassword()
		answer.Password = password
	}
	if err := s.demoPassword(one.Number, password); err != nil {
		return answer, err
	}
	t, err := s.cfg.Directory.Tenant(ctx, one.Tenant)
	if err != nil {
		return answer, err
	}
	one.Credentials, err = seat.Credentials(one.Number, t.Realm, password, []string{seat.MD5, seat.SHA256})
	return answer, err
}

// demoPassword refuses the demo's password on a node that strangers reach.
func (s *Server) demoPassword(number, password string) error {
	if password != configs.DemoPassword(number) || s.cfg.Node.DemoExposed() == nil {
		return nil
	}
	return fail(http.StatusUnprocessableEntity, "%s is the demo's password, which everybody knows, and a listener is outside loopback; choose another", password)
}

// fit refuses a seat that could not work on this node.
func (s *Server) fit(one seat.Seat) error {
	if err := one.Validate(); err != nil {
		return fail(http.StatusUnprocessableEntity, "%s", strings.ReplaceAll(err.Error(), "\n", "; "))
	}
	if _, ok := s.cfg.Node.Network(one.Network); one.Network != "" && !ok {
		names := make([]string, 0, len(s.cfg.Node.Networks))
		for _, n := range s.cfg.Node.Networks {
			names = append(names, n.Name)
		}
		return fail(http.StatusUnprocessableEntity, "there is no network %s; there are: %s", quoted(one.Network), strings.Join(names, ", "))
	}
	t, _ := s.cfg.Node.Tenant(one.Tenant)
	if one.Class != "" && !t.Service.Has(one.Class) {
		return fail(http.StatusUnprocessableEntity, "there is no class %s; there are: %s", quoted(one.Class), strings.Join(t.Service.Classes(), ", "))
	}
	if classes := s.cfg.Node.MusicClasses(); one.Music != "" && !slices.Contains(classes, one.Music) {
		return fail(http.StatusUnprocessableEntity, "there is no music %s; there are: %s", quoted(one.Music), strings.Join(classes, ", "))
	}
	f := one.Set().Forward
	for _, to := range []string{f.Always, f.Busy, f.NoAnswer, f.Unregistered} {
		if n, ok := t.Emergency.Match(to); ok {
			return fail(http.StatusUnprocessableEntity, "%s reaches %s: calls are not forwarded to an emergency number", to, n)
		}
	}
	if n, ok := t.Emergency.Match(one.Number); ok {
		return fail(http.StatusUnprocessableEntity, "%s reaches %s, so nobody could call seat %s; give it another number", one.Number, n, one.Number)
	}
	return nil
}

func (s *Server) setSeat(_ http.ResponseWriter, r *request) (any, error) {
	var edit api.SeatEdit
	if err := decode(r, &edit); err != nil {
		return nil, err
	}
	return s.edit(r, "seat.set", edit.Apply)
}

func (s *Server) switchSeat(_ http.ResponseWriter, r *request) (any, error) {
	var in api.SeatState
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	action := "seat.enable"
	if in.Disabled {
		action = "seat.disable"
	}
	return s.edit(r, action, func(one *seat.Seat) { one.Disabled = in.Disabled })
}

// edit changes the seat of the path.
func (s *Server) edit(r *request, action string, apply func(*seat.Seat)) (any, error) {
	found, rev, err := s.find(r)
	if err != nil {
		return nil, err
	}
	before := public(found, 0)
	apply(&found)
	if err := s.fit(found); err != nil {
		return nil, err
	}
	c := change{action: action, object: found.Number, before: before, after: public(found, 0)}
	return public(found, 0), s.change(r, c, func() error { return s.cfg.Directory.PutSeat(r.Context(), found, rev) })
}

func (s *Server) passwd(_ http.ResponseWriter, r *request) (any, error) {
	var in struct {
		Password string `json:"password"`
	}
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	found, rev, err := s.find(r)
	if err != nil {
		return nil, err
	}
	answer, err := s.secret(r.Context(), &found, in.Password)
	if err != nil {
		return nil, err
	}
	c := change{action: "seat.passwd", object: found.Number}
	return answer, s.change(r, c, func() error { return s.cfg.Directory.PutSeat(r.Context(), found, rev) })
}

func (s *Server) removeSeat(_ http.ResponseWriter, r *request) (any, error) {
	found, _, err := s.find(r)
	if err != nil {
		return nil, err
	}
	entry, err := s.rungBy(r.Context(), r.tenant, found.Number)
	if err != nil {
		return nil, err
	}
	if entry != "" {
		return nil, fail(http.StatusConflict, "%s of the plan rings seat %s; change the plan first", entry, found.Number)
	}
	c := change{action: "seat.rm", object: found.Number, before: public(found, 0)}
	err = s.change(r, c, func() error { return s.cfg.Directory.DeleteSeat(r.Context(), r.tenant, found.Number) })
	return public(found, 0), err
}

// rungBy is the entry of the published plan that names a seat, or "".
func (s *Server) rungBy(ctx context.Context, tenant, number string) (string, error) {
	v, err := s.cfg.Plans.Current(ctx, tenant)
	if errors.Is(err, state.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	p, faults := plan.Parse(v.File, []byte(v.Text))
	if len(faults) > 0 {
		return "", faults
	}
	for _, e := range slices.Concat(p.Numbers(), p.Dials()) {
		if ring, ok := e.Step.(dialplan.Ring); ok && slices.Contains(ring.Seats, number) {
			return e.Name(), nil
		}
	}
	return "", nil
}
