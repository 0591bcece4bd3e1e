package e2e

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/sip/leg"
	"strowger/sip/ua"
)

// second is another tenant with seats of the same numbers, a port for phones that
// know the node's address alone, and one that is nobody's.
var second = []edit{
	change("strowger.hcl", `listener "udp" {`, "listener \"udp\" {\n    tenant = \"demo\""),
	change("strowger.hcl", `  rtp {`, `  listener "second" {
    proto  = "udp"
    bind   = "127.0.0.1:5070"
    tenant = "second"
  }

  listener "shared" {
    proto = "udp"
    bind  = "127.0.0.1:5080"
  }

  rtp {`),
	change("strowger.hcl", `trunk "carrier" {`, `tenant "second" {
  realm = "second.example"
  emergency { trunks = ["other"] }
  seed {
    plan  = "second.plan.hcl"
    seats = "second.seats.csv"
  }
}

trunk "other" {
  tenant  = "second"
  sources = ["127.0.0.3"]
  targets = ["127.0.0.3"]
}

trunk "carrier" {
  tenant = "demo"`),
}

// startTwoTenants runs a node with both.
func startTwoTenants(t *testing.T) *node {
	t.Helper()
	n := &node{t: t, host: host(), carrier: host(), dir: t.TempDir()}
	n.configure(second)
	seats, err := os.ReadFile(filepath.Join(n.dir, "demo.seats.csv"))
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"second.plan.hcl":  "dial \"10XX\" {\n  ring { seats = [called] }\n}\n",
		"second.seats.csv": strings.ReplaceAll(string(seats), ",demo-", ",second-"),
	} {
		if err := os.WriteFile(filepath.Join(n.dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n.start()
	return n
}

// tenantPhone is a phone of a seat, by its password, that knows a port and a domain
// of the node; "" is its address alone. Who answers a call is told by its password.
func (n *node) tenantPhone(password, port, domain string, answered chan<- string) *ua.Agent {
	n.t.Helper()
	_, user, _ := strings.Cut(password, "-")
	a, err := ua.New(ua.Config{
		User: user, Password: password, Domain: domain, Server: netip.MustParseAddrPort(n.host + ":" + port),
		Bind: netip.MustParseAddrPort(host() + ":0"),
		Incoming: func(c *ua.Call) func(leg.Event) {
			c.Answer([]byte(silence))
			answered <- password
			return func(leg.Event) {}
		},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = a.Close() })
	return a
}

// TestTenants: a phone's tenant is that of its domain, or that of the port if it
// knows the node by its address alone, whoever the phone is.
func TestTenants(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	n := startTwoTenants(t)
	for _, c := range []struct {
		password, port, domain string
		status                 int
	}{
		{"demo-1003", "5060", "", 200},
		{"second-1003", "5060", "", 401},
		{"second-1003", "5060", "second", 200},
		{"second-1003", "5070", "", 200},
		{"demo-1003", "5070", "", 401},
		{"demo-1003", "5070", "demo", 200},
		{"demo-1003", "5080", "demo", 200},
		{"second-1003", "5080", "second.example", 200},
		{"second-1003", "5080", "", 403},
		{"demo-1003", "5080", "nobody.example", 403},
	} {
		status := 200
		_, err := n.tenantPhone(c.password, c.port, c.domain, nil).Register(t.Context(), time.Minute)
		switch refusal := (*ua.RefusedError)(nil); {
		case errors.Is(err, ua.ErrPassword):
			status = 401
		case errors.As(err, &refusal):
			status = refusal.Status
		case err != nil:
			t.Error(err)
		}
		if status != c.status {
			t.Errorf("%s at port %s of %q is told %d, want %d", c.password, c.port, c.domain, status, c.status)
		}
	}
	if n.counter("admission_no_tenant") == 0 {
		t.Error("no request without a tenant was counted")
	}
}

// TestTenantsCall: who calls 1002 reaches that of the own tenant, though the called
// address is the node's alone.
func TestTenantsCall(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	n := startTwoTenants(t)
	answered := make(chan string, 8)
	for _, a := range []*ua.Agent{
		n.tenantPhone("second-1002", "5070", "", answered), n.tenantPhone("demo-1002", "5080", "demo", answered),
	} {
		if _, err := a.Register(t.Context(), time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ password, port, domain, want string }{
		{"second-1001", "5080", "second", "second-1002"},
		{"demo-1001", "5080", "demo", "demo-1002"},
		{"second-1001", "5070", "", "second-1002"},
		{"demo-1001", "5070", "demo", "demo-1002"},
	} {
		call, err := n.tenantPhone(c.password, c.port, c.domain, nil).Call("1002", []byte(silence), func(leg.Event) {})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case got := <-answered:
			if got != c.want {
				t.Errorf("%s at port %s of %q reached %s", c.password, c.port, c.domain, got)
			}
		case <-time.After(fileWait):
			t.Fatalf("%s at port %s of %q reached nobody", c.password, c.port, c.domain)
		}
		call.Hangup()
		<-call.Done()
	}
}
