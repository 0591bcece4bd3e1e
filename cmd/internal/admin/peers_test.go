package admin

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/sip/b2bua"
	"strowger/sip/exchange"
	"strowger/sip/ledger"
)

// others are nodes that know calls, by name; nil is a node that does not answer.
type others map[string]func(q question) knowledge

func (o others) Nodes() []string { return slices.Sorted(maps.Keys(o)) }

func (o others) Ask(_ context.Context, node string, text []byte) ([]byte, error) {
	var q question
	if err := json.Unmarshal(text, &q); err != nil {
		return nil, err
	}
	if o[node] == nil {
		return nil, errors.New("no answer in time")
	}
	return json.Marshal(o[node](q))
}

// nodeWith is a node that has one call.
func nodeWith(tenant, id string, started time.Time) func(question) knowledge {
	c := exchange.Call{Info: b2bua.Info{ID: id, Tenant: tenant, State: "talking", Started: started}}
	return func(q question) knowledge {
		switch {
		case q.Tenant != tenant, q.Call != "" && q.Call != id:
			return knowledge{}
		case q.About == callEvents:
			return knowledge{Events: []ledger.Event{{Call: id, Tenant: tenant, Kind: ledger.Arrived}}}
		}
		return knowledge{Calls: []exchange.Call{c}}
	}
}

// TestCallsOfAllNodes: a list is whole or says what it lacks, and a call is found
// wherever it is.
func TestCallsOfAllNodes(t *testing.T) {
	now := time.Now()
	all := others{"node-2": nodeWith("demo", "b", now), "node-3": nodeWith("demo", "a", now.Add(-time.Second)), "node-4": nodeWith("other", "c", now)}
	lame := maps.Clone(all)
	lame["node-3"] = nil
	for _, c := range []struct {
		name, method, path string
		peers              Peers
		status             int
		want               []string
	}{
		{"list", "GET", "/calls", all, 200, []string{`{"node":"node-3","id":"a"`, `{"node":"node-2","id":"b"`, `!"c"`, `!missing`}},
		{"list without one", "GET", "/calls", lame, 200, []string{`"id":"b"`, `!"id":"a"`, `"missing":[{"node":"node-3","why":"no answer in time"}]`}},
		{"list of a single node", "GET", "/calls", nil, 200, []string{`{"calls":[]}`}},
		{"show", "GET", "/calls/a", all, 200, []string{`{"node":"node-3","id":"a"`}},
		{"show, though one is away", "GET", "/calls/b", lame, 200, []string{`{"node":"node-2","id":"b"`}},
		{"show what one that is away may have", "GET", "/calls/a", lame, 503, []string{"node-3 (no answer in time)"}},
		{"show what there is not", "GET", "/calls/x", all, 404, []string{`there is no call \"x\" now`}},
		{"show another tenant's", "GET", "/calls/c", all, 404, nil},
		{"hang up", "DELETE", "/calls/a", all, 200, []string{`"node":"node-3"`}},
		{"hang up what one that is away may have", "DELETE", "/calls/a", lame, 503, []string{"node-3"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newServer(t, configs.Config{})
			s.cfg.Peers = c.peers
			code, body := ask(s, s.token(t, operator, "demo"), c.method, "/v1/tenants/demo"+c.path, "")
			if code != c.status {
				t.Errorf("%d %s", code, body)
			}
			for _, want := range c.want {
				text, not := strings.CutPrefix(want, "!")
				if strings.Contains(body, text) == not {
					t.Errorf("want %s in %s", want, body)
				}
			}
			first, second := strings.Index(body, `"id":"a"`), strings.Index(body, `"id":"b"`)
			if first > second && second >= 0 {
				t.Errorf("not in order of time: %s", body)
			}
		})
	}
}

// TestHangupElsewhere: the node that was asked writes the audit line, and says so
// if the call's node did not do it.
func TestHangupElsewhere(t *testing.T) {
	known := nodeWith("demo", "a", time.Now())
	var told []question
	for name, c := range map[string]struct {
		hangup func() knowledge
		status int
		failed bool
	}{
		"done":           {func() knowledge { return known(question{About: oneCall, Tenant: "demo", Call: "a"}) }, 200, false},
		"over meanwhile": {func() knowledge { return knowledge{} }, 404, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, configs.Config{})
			told = nil
			s.cfg.Peers = others{"node-2": func(q question) knowledge {
				told = append(told, q)
				if q.About == callHangup {
					return c.hangup()
				}
				return known(q)
			}}
			if code, body := ask(s, s.token(t, operator, "demo"), "DELETE", "/v1/tenants/demo/calls/a", ""); code != c.status {
				t.Errorf("%d %s", code, body)
			}
			if len(told) != 2 || told[1] != (question{About: callHangup, Tenant: "demo", Call: "a"}) {
				t.Errorf("the node was asked %v", told)
			}
			line := auditText(t, s)
			if !strings.Contains(line, `"who":"token:operator-demo"`) || !strings.Contains(line, `"action":"call.hangup"`) ||
				!strings.Contains(line, `"node":"node-2"`) || strings.Contains(line, `"failed"`) != c.failed {
				t.Errorf("audit: %s", line)
			}
		})
	}
}

// TestTransferElsewhere: the call's node transfers it, or says why not.
func TestTransferElsewhere(t *testing.T) {
	known := nodeWith("demo", "a", time.Now())
	for body, c := range map[string]struct {
		answer knowledge
		status int
		says   string
	}{
		`{"to":"1003"}`:           {known(question{About: oneCall, Tenant: "demo", Call: "a"}), 200, `"id":"a"`},
		`{"to":"1003","leg":2}`:   {knowledge{Refused: "A transfer is under way", Calls: []exchange.Call{{}}}, 409, "call a cannot be transferred: A transfer is under way"},
		`{"to":"1004"}`:           {knowledge{}, 404, "there is no call"},
		`{"to":""}`:               {knowledge{}, 400, "to is empty"},
		`{"to":"1003","from":""}`: {knowledge{}, 400, "from"},
	} {
		t.Run(body, func(t *testing.T) {
			s := newServer(t, configs.Config{})
			var told *api.Transfer
			s.cfg.Peers = others{"node-2": func(q question) knowledge {
				if q.About == callMove {
					told = q.Transfer
					return c.answer
				}
				return known(q)
			}}
			code, answer := ask(s, s.token(t, operator, "demo"), "POST", "/v1/tenants/demo/calls/a/transfer", body)
			if code != c.status || !strings.Contains(strings.ReplaceAll(answer, " ", ""), strings.ReplaceAll(c.says, " ", "")) {
				t.Errorf("%d %s", code, answer)
			}
			if asked := code != 400; asked != (told != nil) || asked && told.Leg == 0 {
				t.Errorf("the node was asked %+v", told)
			}
			if told != nil && !strings.Contains(auditText(t, s), `"action":"call.transfer"`) {
				t.Errorf("audit: %s", auditText(t, s))
			}
			if code, _ := ask(s, s.token(t, viewer, "demo"), "POST", "/v1/tenants/demo/calls/a/transfer", body); code != 403 {
				t.Errorf("a viewer: %d", code)
			}
		})
	}
}

// TestAnswer: what comes from another node is answered or refused.
func TestAnswer(t *testing.T) {
	s := newServer(t, configs.Config{})
	for text, want := range map[string]string{
		`{"about":"calls","tenant":"demo"}`:               `{}`,
		`{"about":"call","tenant":"demo","call":"x"}`:     `{}`,
		`{"about":"hangup","tenant":"demo","call":"x"}`:   `{}`,
		`{"about":"transfer","tenant":"demo","call":"x"}`: `{}`,
		`{"about":"weather"}`:                             `run the same release on all nodes`,
		`nonsense`:                                        `cannot be read`,
	} {
		answer, err := s.Answer(t.Context(), []byte(text))
		if got := string(answer); got != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %s, %v", text, answer, err)
		}
	}
}

func TestUnanswered(t *testing.T) {
	if err := api.Unanswered(nil); err != nil {
		t.Error(err)
	}
	err := api.Unanswered([]api.Missing{{Node: "a", Why: "x"}, {Node: "b", Why: "y"}})
	if err == nil || !strings.Contains(err.Error(), "did not answer: a (x), b (y);") {
		t.Error(err)
	}
}
