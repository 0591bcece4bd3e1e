package admin

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/media"
	"strowger/sip/seat"
	"strowger/sip/state"
)

func (s *Server) nodeEndpoints() []endpoint {
	return []endpoint{
		{"GET /v1/status", viewer, api.MaxBody, s.status},
		{"GET /v1/access", viewer, api.MaxBody, s.listAccess},
		{"POST /v1/access", viewer, api.MaxBody, s.addAccess},
		{"DELETE /v1/access/{name}", viewer, api.MaxBody, s.revokeAccess},
		{"POST /v1/state/backup", admin, api.MaxBody, s.backup},
		{"POST /v1/state/restore", admin, api.MaxRestore, s.restore},
	}
}

func (s *Server) status(_ http.ResponseWriter, r *request) (any, error) {
	st := api.Status{
		Node: s.cfg.Node.Node.Name, Version: s.cfg.Version, Identity: r.who.name, Started: s.cfg.Started.UTC(),
		Ready: s.cfg.Ready(r.Context()) == nil, Store: "embedded", Tenants: []string{}, Targets: []api.TrunkTarget{},
		Calls: s.cfg.Calls.Active(), CallLimit: s.cfg.Node.Limits.Calls, Load: s.cfg.Load(), LoadLimit: s.cfg.Node.Limits.Load,
	}
	if s.cfg.Node.Store.URL != "" {
		st.Store = "redis"
	}
	for _, t := range s.cfg.Node.Tenants {
		if r.who.may(viewer, t.Name) {
			st.Tenants = append(st.Tenants, t.Name)
			st.Targets = append(st.Targets, s.targets(t.Name)...)
		}
	}
	if len(st.Tenants) == 0 {
		return nil, s.authorize(identified{who: r.who}, viewer, "")
	}
	for _, l := range s.cfg.Listeners {
		st.Listeners = append(st.Listeners, api.Listener{
			Name: l.Name, Transport: string(l.Proto), Address: l.Addr.String(), Advertised: l.Advertised.String(),
		})
	}
	m := s.cfg.Media.Stats()
	st.Ports = api.Ports{Free: m.PortsFree, Resting: m.PortsResting, Total: m.PortsTotal}
	st.Plane = api.Plane{Name: planeName(m), Attached: m.Kernel, Carried: m.Carried}
	var err error
	st.Registered, _, err = s.registered(r.Context())
	return st, err
}

func planeName(m media.PlaneStats) string {
	if m.Kernel == "" {
		return "userspace"
	}
	return "ebpf"
}

// registered counts the seats that have a living binding, and the bindings.
func (s *Server) registered(ctx context.Context) (seats, bindings int, err error) {
	err = s.cfg.Directory.AllBindings(ctx, "", func(_, _ string, b []seat.Binding) bool {
		seats++
		bindings += len(b)
		return true
	})
	return seats, bindings, err
}

// listAccess lists the tokens of the tenants that the identity administers.
func (s *Server) listAccess(_ http.ResponseWriter, r *request) (any, error) {
	all, err := s.tokens.list(r.Context())
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(r.who.grants, func(g grant) bool { return g.role == admin }) {
		return nil, s.authorize(identified{who: r.who}, admin, "")
	}
	return slices.DeleteFunc(all, func(t api.Token) bool { return !r.who.may(admin, t.Tenant) }), nil
}

func (s *Server) addAccess(_ http.ResponseWriter, r *request) (any, error) {
	var in api.NewToken
	if err := decode(r, &in); err != nil {
		return nil, err
	}
	if err := s.authorize(identified{who: r.who}, admin, in.Tenant); err != nil {
		return nil, err
	}
	level, err := parseRole(in.Role)
	switch {
	case err != nil:
		return nil, fail(http.StatusUnprocessableEntity, "%v", err)
	case in.Life < 0:
		return nil, fail(http.StatusUnprocessableEntity, "expiry %v: it is in the past", in.Life)
	case !tokenName.MatchString(in.Name):
		return nil, fail(http.StatusUnprocessableEntity, "name %s: give 1 to 32 lower-case letters, digits or -", quoted(in.Name))
	}
	if in.Tenant != "" {
		if _, err := s.tenantOf(in.Tenant); err != nil {
			return nil, err
		}
	}
	now := time.Now()
	t := api.Token{Name: in.Name, Role: level.String(), Tenant: in.Tenant, By: r.who.name}
	if in.Life > 0 {
		t.Expires = now.Add(in.Life).UTC().Truncate(time.Second)
	}
	r.tenant = in.Tenant
	err = s.change(r, change{action: "access.add", object: in.Name, after: t}, func() (err error) {
		in.Secret, err = s.tokens.add(r.Context(), now, t)
		if errors.Is(err, state.ErrConflict) {
			return fail(http.StatusConflict, "there is a token %s; revoke it or choose another name", in.Name)
		}
		return err
	})
	return in, err
}

func (s *Server) revokeAccess(_ http.ResponseWriter, r *request) (any, error) {
	name := r.PathValue("name")
	have, _, err := s.tokens.get(r.Context(), name)
	if errors.Is(err, state.ErrNotFound) || err == nil && have.Hash == "" {
		err = fail(http.StatusNotFound, "there is no token %s; see: strowger access list", quoted(name))
		if !r.who.may(admin, "") {
			err = s.authorize(identified{who: r.who}, admin, "") // names of others are not told
		}
	}
	if err == nil {
		err = s.authorize(identified{who: r.who}, admin, have.Tenant)
	}
	if err != nil {
		return nil, err
	}
	r.tenant = have.Tenant
	c := change{action: "access.revoke", object: name, before: have.Token}
	return have.Token, s.change(r, c, func() error {
		if name == bootstrapName {
			_ = os.Remove(filepath.Join(s.cfg.Node.Node.Data, BootstrapFile)) // it opens nothing any more
		}
		return s.tokens.revoke(r.Context(), name)
	})
}

// tables are all that a backup has.
func (s *Server) tables() []state.Table {
	return append(slices.Clone(s.cfg.Tables), tokenTable)
}

func (s *Server) backup(w http.ResponseWriter, r *request) (any, error) {
	w.Header().Set("Cache-Control", "no-store")
	err := s.change(r, change{action: "state.backup"}, func() error {
		w.Header().Set("Content-Type", "application/jsonl")
		return state.Backup(r.Context(), s.cfg.Store, w, s.tables())
	})
	if err != nil {
		// What was sent has no last line, so it is known to be cut off.
		return nil, err
	}
	return nil, nil //nolint:nilnil // it is answered
}

func (s *Server) restore(_ http.ResponseWriter, r *request) (any, error) {
	replace := r.URL.Query().Get("replace") != ""
	// The reader of backups counts on whole lines; a body that is cut off is an error.
	body := io.Reader(r.Body)
	err := s.change(r, change{action: "state.restore", after: map[string]bool{"replace": replace}}, func() error {
		err := state.Restore(r.Context(), s.cfg.Store, body, s.tables(), state.RestoreOptions{Replace: replace})
		var large *http.MaxBytesError
		if err != nil && !errors.As(err, &large) && !errors.Is(err, state.ErrUnavailable) && !errors.Is(err, state.ErrNotEmpty) {
			return fail(http.StatusUnprocessableEntity, "%v", err)
		}
		return err
	})
	return map[string]bool{"restored": err == nil}, err
}
