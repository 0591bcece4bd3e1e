package admission_test

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/admission"
	"strowger/sip/auth"
	"strowger/sip/guard"
	"strowger/sip/message"
	"strowger/sip/seat"
)

// shared is an admission of two tenants. One of its listeners is north's, the other
// nobody's.
func shared(b *bench) *admission.Admission {
	b.t.Helper()
	verifier, err := auth.New(b.now)
	if err != nil {
		b.t.Fatal(err)
	}
	return admission.New(admission.Config{
		Tenants: []*admission.Tenant{{Name: "south", Realm: "south.example"}, {Name: "north", Realm: "north.example"}},
		Auth:    verifier, Guard: guard.NewGate(guard.Config{Auth: verifier}), Directory: b.directory, Attempts: &seat.Attempts{}, Log: slog.New(slog.DiscardHandler),
		Algorithms: func(string) []string { return []string{seat.MD5} },
		Home:       func(listener string) string { return map[string]string{"north-udp": "north"}[listener] },
	})
}

// realmOf is the realm of a challenge, "" if there is none.
func realmOf(headers []sip.Header) string {
	if len(headers) == 0 {
		return ""
	}
	_, rest, _ := strings.Cut(headers[0].Value(), `realm="`)
	realm, _, _ := strings.Cut(rest, `"`)
	return realm
}

func TestTenantOfRequest(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct {
		method, uri, from, to string
		north, nobody         string // realm asked for on either listener
	}{
		"registers by realm":        {"REGISTER", "sip:10.0.0.1", "sip:1001@10.0.0.1", "sip:1001@south.example", "south.example", "south.example"},
		"registers by name":         {"REGISTER", "sip:10.0.0.1", "sip:1001@10.0.0.1", "sip:1001@SOUTH", "south.example", "south.example"},
		"registers by registrar":    {"REGISTER", "sip:south", "sip:1001@10.0.0.1", "sip:1001@10.0.0.1", "south.example", "south.example"},
		"registers by address":      {"REGISTER", "sip:10.0.0.1", "sip:1001@10.0.0.1", "sip:1001@10.0.0.1", "north.example", ""},
		"registers for another":     {"REGISTER", "sip:10.0.0.1", "sip:1001@south", "sip:1001@10.0.0.1", "north.example", ""},
		"nobody registers":          {"REGISTER", "sip:10.0.0.1", "sip:7777@10.0.0.1", "sip:7777@10.0.0.1", "north.example", ""},
		"calls by From":             {"INVITE", "sip:1002@10.0.0.1", "sip:1001@south.example", "sip:1002@10.0.0.1", "south.example", "south.example"},
		"calls by Request-URI":      {"INVITE", "sip:1002@south", "sip:1001@10.0.0.7", "sip:1002@south", "south.example", "south.example"},
		"calls a seat of another":   {"INVITE", "sip:1002@south", "sip:1001@north", "sip:1002@south", "north.example", "north.example"},
		"calls by address":          {"INVITE", "sip:1002@10.0.0.1", "sip:1001@10.0.0.7", "sip:1002@10.0.0.1", "north.example", ""},
		"calls a service for help":  {"INVITE", "urn:service:sos", "sip:1001@south", "urn:service:sos", "south.example", "south.example"},
		"nobody calls by address":   {"INVITE", "sip:1002@10.0.0.1", "sip:7777@10.0.0.7", "sip:1002@10.0.0.1", "north.example", ""},
		"calls by a foreign domain": {"INVITE", "sip:1002@x.example", "sip:1001@x.example", "sip:1002@x.example", "north.example", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := shared(b)
			msg, err := message.Parse([]byte(c.method + " " + c.uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.7;branch=z9hG4bK1\r\nFrom: <" + c.from +
				">;tag=a\r\nTo: <" + c.to + ">\r\nCall-ID: id\r\nCSeq: 1 " + c.method + "\r\nContent-Length: 0\r\n\r\n"))
			if err != nil {
				t.Fatal(err)
			}
			req := msg.(*sip.Request)
			for listener, want := range map[string]string{"north-udp": c.north, "udp": c.nobody} {
				flow := phoneFlow
				flow.Listener = listener
				status, headers, ok := a.Challenge(b.now, req, flow)
				if got := realmOf(headers); !ok || got != want || (want == "") != (status == 403) {
					t.Errorf("on %s: %d with realm %q, want %q", listener, status, got, want)
				}
				if c.method != "INVITE" {
					continue
				}
				p := a.Admit(t.Context(), b.now, req, flow)
				if got := realmOf(p.Headers); p.Refuse == nil || !p.Silent || p.Refuse.Status != status || got != want {
					t.Errorf("on %s: admitted as %+v, want realm %q", listener, p, want)
				}
			}
			if n := a.Counters().NoTenant.Load(); (n > 0) != (c.nobody == "") {
				t.Errorf("%d requests without a tenant were counted", n)
			}
		})
	}
}

func TestTenantByName(t *testing.T) {
	a := shared(newBench(t))
	if got := a.Tenant("north"); got == nil || got.Realm != "north.example" || a.Tenant("north.example") != nil {
		t.Errorf("north is %+v", got)
	}
}
