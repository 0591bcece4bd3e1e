package admin

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/dialplan/plan"
	"strowger/sip/edition"
)

// archived are plans that nobody follows.
type archived struct{ *edition.Archive }

func (a archived) Current(ctx context.Context, tenant string) (api.Plan, error) {
	h, v, err := a.Archive.Current(ctx, tenant)
	if err != nil {
		return api.Plan{}, err
	}
	return api.Published(h, v), nil
}

func (archived) Check(_, file, text string) (*plan.Plan, *plan.Table, error) {
	p, faults := plan.Parse(file, []byte(text))
	if len(faults) > 0 {
		return nil, nil, faults
	}
	table, faults := p.Check(plan.Inventory{})
	if len(faults) > 0 {
		return nil, nil, faults
	}
	return p, table, nil
}

func (a archived) Apply(ctx context.Context, tenant string, in api.PlanText, author string) (edition.Head, error) {
	return a.Publish(ctx, time.Now(), tenant, edition.Draft{
		Files: in.Files(), By: edition.By{Author: author, Message: in.Message}, Forced: in.Force, Base: in.Base, Within: in.Within, At: in.At,
	})
}

func (a archived) Rollback(ctx context.Context, tenant, id string, by edition.By) (edition.Head, error) {
	return a.Archive.Rollback(ctx, time.Now(), tenant, id, by)
}

// newVersions is a server with plans, and the token of an admin of tenant demo.
func newVersions(t *testing.T) (s *Server, token string) {
	t.Helper()
	s = newServer(t, configs.Config{})
	s.cfg.Editions = edition.New(s.cfg.Store)
	s.cfg.Plans = archived{s.cfg.Editions}
	return s, s.token(t, admin, "demo")
}

// planOf is the body of a plan that answers *43 with a status.
func planOf(t *testing.T, status string, in api.PlanText) string {
	t.Helper()
	in.File, in.Text = "dir/x.hcl", "dial \"*43\" {\n  reject { status = "+status+" }\n}\n"
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

const plans = "/v1/tenants/demo/plan"

func TestVersions(t *testing.T) {
	s, token := newVersions(t)
	for _, c := range []struct {
		method, path, body string
		code               int
		want               string
	}{
		{"GET", plans, "", 404, "publish one with: strowger dialplan apply FILE"},
		{"GET", plans + "/versions", "", 200, `"history":null`},
		{"POST", plans + "/rollback", "{}", 422, "there is no version before"},
		{"POST", plans + "/confirm", "", 422, "no version waits to be confirmed"},
		{"PUT", plans, planOf(t, "486", api.PlanText{Message: "first"}), 200, `"author":"token:admin-demo","message":"first"`},
		{"POST", plans + "/tags", `{"name":"one"}`, 200, `"name":"one"`},
		{"POST", plans + "/tags", `{"name":"plan.hcl"}`, 422, "cannot be a tag"},
		{"PUT", plans, planOf(t, "410", api.PlanText{Message: "second", Base: "one", Within: time.Minute}), 200, `"unconfirmed":{"until":`},
		{"PUT", plans, planOf(t, "404", api.PlanText{}), 423, "to be confirmed; do it with: strowger dialplan confirm"},
		{"POST", plans + "/confirm", "", 200, `"message":"second"`},
		{"POST", plans + "/confirm", "", 422, "no version waits to be confirmed"},
		{"PUT", plans, planOf(t, "404", api.PlanText{Base: "one"}), 409, `it changed:\n~ dial \"*43\": reject 486 Refused by the dialplan -\u003e reject 410`},
		{"PUT", plans, planOf(t, "404", api.PlanText{Base: "none"}), 422, `there is no tag \"none\"`},
		{"PUT", plans, planOf(t, "404", api.PlanText{Message: "a\nb"}), 422, "is not one line"},
		{"PUT", plans, planOf(t, "404", api.PlanText{At: time.Now().Add(time.Hour)}), 200, `"planned":{`},
		{"POST", plans + "/cancel", "", 200, `"message":"second"`},
		{"GET", plans + "/versions/one", "", 200, `"file":"x.hcl"`},
		{"GET", plans + "/versions/zzz", "", 422, "there is no tag"},
		{"POST", plans + "/compare", `{"before":{"version":"one"}}`, 200, `~ dial \"*43\": reject 486`},
		{"POST", plans + "/compare", `{"before":{"version":"zzz"}}`, 422, "there is no tag"},
		{"POST", plans + "/compare", `{"before":{"file":"y.hcl","text":"x"}}`, 422, "y.hcl:1"},
		{"POST", plans + "/rollback", `{"message":"too early"}`, 200, `"message":"too early"`},
		{"POST", plans + "/rollback", `{"version":"one"}`, 422, "is published already"},
		{"DELETE", plans + "/tags/one", "", 200, ""},
		{"DELETE", plans + "/tags/one", "", 422, "there is no tag"},
		{"GET", plans + "/versions", "", 200, `"kind":"rollback"`},
	} {
		code, body := ask(s, token, c.method, c.path, c.body)
		if code != c.code || !strings.Contains(body, c.want) {
			t.Fatalf("%s %s %s: %d %s, want %d %s", c.method, c.path, c.body, code, body, c.code, c.want)
		}
	}
	audit := auditText(t, s)
	for _, want := range []string{
		`"action":"dialplan.apply","tenant":"demo","object":"`, `"message":"second"`, `"action":"dialplan.confirm"`, `"action":"dialplan.cancel"`,
		`"action":"dialplan.rollback"`, `"action":"dialplan.tag","tenant":"demo","object":"one"`, `"action":"dialplan.untag"`,
	} {
		if !strings.Contains(audit, want) {
			t.Errorf("the audit file has no %s:\n%s", want, audit)
		}
	}
}

// TestVersionRoles: who may look may not publish.
func TestVersionRoles(t *testing.T) {
	s, _ := newVersions(t)
	for _, r := range []role{viewer, operator} {
		token := s.token(t, r, "demo")
		for _, e := range s.versionEndpoints() {
			method, path, _ := strings.Cut(e.pattern, " ")
			path = strings.NewReplacer("{tenant}", "demo", "{version}", "x", "{tag}", "x").Replace(path)
			code, body := ask(s, token, method, path, "{}")
			if writes := e.need == admin; writes != (code == 403) {
				t.Errorf("%s as %s: %d %s", e.pattern, r, code, body)
			}
			if code, _ := ask(s, token, method, strings.Replace(path, "demo", "other", 1), "{}"); code != 403 {
				t.Errorf("%s of another tenant as %s: %d", e.pattern, r, code)
			}
		}
	}
}
