package admin

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/sip/state"
)

func TestPeople(t *testing.T) {
	p := newPeople([]configs.Role{
		{Role: "viewer", Groups: []string{"staff"}},
		{Role: "operator", Users: []string{"ada"}, Tenants: []string{"demo", "leeds"}},
		{Role: "admin", Groups: []string{"leeds-admins"}, Tenants: []string{"leeds"}},
	})
	p.self = 999
	users := map[string]*user.User{"1": {Username: "ada"}, "2": {Username: "ben"}, "0": {Username: "root"}, "999": {Username: "strowger"}}
	groups := map[string]string{"50": "staff", "60": "leeds-admins"}
	member := map[string][]string{"ada": nil, "ben": {"60"}}
	p.lookup = func(uid string) (*user.User, error) {
		if u := users[uid]; u != nil {
			return u, nil
		}
		return nil, user.UnknownUserIdError(7)
	}
	p.groupOf = func(gid string) (*user.Group, error) {
		if g := groups[gid]; g != "" {
			return &user.Group{Name: g}, nil
		}
		return nil, user.UnknownGroupIdError(gid)
	}
	p.groups = func(u *user.User) ([]string, error) { return member[u.Username], nil }
	for _, c := range []struct {
		uid, gid   uint32
		name       string
		node, demo role // the most that it may
		leeds      role
	}{
		{0, 0, "unix:root", admin, admin, admin},
		{999, 5, "unix:strowger", admin, admin, admin},
		{1, 5, "unix:ada", nobody, operator, operator},
		{1, 50, "unix:ada", viewer, operator, operator},
		{2, 5, "unix:ben", nobody, nobody, admin},
		{2, 50, "unix:ben", viewer, viewer, admin},
		{3, 5, "unix:3", nobody, nobody, nobody},
		{3, 60, "unix:3", nobody, nobody, nobody}, // a user that the system does not know has no groups
	} {
		id := p.identify(c.uid, c.gid)
		if id.name != c.name {
			t.Errorf("user %d: %s", c.uid, id.name)
		}
		for tenant, want := range map[string]role{"": c.node, "demo": c.demo, "leeds": c.leeds} {
			got := nobody
			for _, r := range []role{viewer, operator, admin} {
				if id.may(r, tenant) {
					got = r
				}
			}
			if got != want {
				t.Errorf("%s in group %d for tenant %q: %d, want %d", c.name, c.gid, tenant, got, want)
			}
		}
	}
}

func TestTokenLife(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		store, err := state.OpenEmbedded(dir, state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer store.Close()
		tk := newTokens(store)
		made := time.Now()
		secret, err := tk.add(t.Context(), made, api.Token{Name: "ci", Role: "operator", Tenant: "demo", Expires: made.Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tk.add(t.Context(), made, api.Token{Name: "ci", Role: "viewer"}); !errors.Is(err, state.ErrConflict) {
			t.Errorf("a second token of the name: %v", err)
		}
		for _, c := range []struct {
			after time.Duration
			want  error
			used  time.Duration // of the record, since it was made
		}{
			{0, nil, 0},
			{59 * time.Second, nil, 0},
			{60 * time.Second, nil, 60 * time.Second},
			{time.Hour - time.Nanosecond, nil, time.Hour - time.Second},
			{time.Hour, errExpired, time.Hour - time.Second},
		} {
			id, err := tk.identify(t.Context(), made.Add(c.after), secret)
			if !errors.Is(err, c.want) {
				t.Errorf("after %v: %v", c.after, err)
			}
			if err == nil && (id.name != "token:ci" || !id.may(operator, "demo") || id.may(admin, "demo") || id.may(viewer, "")) {
				t.Errorf("after %v: %+v", c.after, id)
			}
			s, _, err := tk.get(t.Context(), "ci")
			if err != nil || s.LastUsed.Sub(made.Truncate(time.Second)) != c.used || strings.Contains(s.Hash, secret) {
				t.Errorf("after %v: last used %v, %v", c.after, s.LastUsed, err)
			}
		}
		if err := tk.revoke(t.Context(), "ci"); err != nil {
			t.Error(err)
		}
		if _, err := tk.identify(t.Context(), made, secret); !errors.Is(err, errNoToken) {
			t.Errorf("a revoked token: %v", err)
		}
	})
}

// TestBootstrap: there is one first token, and none in place of a revoked one.
func TestBootstrap(t *testing.T) {
	s := newServer(t, configs.Config{})
	file := filepath.Join(s.cfg.Node.Node.Data, BootstrapFile)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatal(info, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.TrimSpace(string(text))
	if err := s.tokens.bootstrap(t.Context(), time.Now(), file); err != nil {
		t.Fatal(err)
	}
	if code, body := ask(s, secret, "DELETE", "/v1/access/bootstrap", ""); code != 200 {
		t.Fatal(code, body)
	}
	if err := s.tokens.bootstrap(t.Context(), time.Now(), file); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Error("a revoked first token was made again")
	}
	if code, _ := ask(s, secret, "GET", "/v1/access", ""); code != 401 {
		t.Errorf("a revoked first token: %d", code)
	}
}

// TestSupervise: who may listen to calls may see what a viewer does and change nothing;
// an operator may not listen.
func TestSupervise(t *testing.T) {
	for own, may := range map[role][]role{
		viewer: {viewer}, operator: {viewer, operator}, supervise: {viewer, supervise}, admin: {viewer, operator, supervise, admin},
	} {
		id := identity{grants: []grant{{role: own, tenant: "demo"}}}
		for _, other := range []role{viewer, operator, supervise, admin} {
			if got := id.may(other, "demo"); got != slices.Contains(may, other) {
				t.Errorf("%s as %s: %t", own, other, got)
			}
			if id.may(other, "leeds") {
				t.Errorf("%s of demo as %s of leeds", own, other)
			}
		}
		if r, err := parseRole(own.String()); err != nil || r != own {
			t.Errorf("%s: %v, %v", own, r, err)
		}
	}
}
