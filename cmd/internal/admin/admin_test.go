package admin

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/media"
	"strowger/sip/carrier"
	"strowger/sip/exchange"
	"strowger/sip/overload"
	"strowger/sip/resolve"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

// plane is a media plane that has figures only.
type plane struct{ media.Plane }

func load() overload.Load {
	return overload.Load{Packets: 100_000, Cost: 12 * time.Microsecond, Share: 0.9, Full: true}
}

func (plane) Stats() media.PlaneStats { return media.PlaneStats{PortsFree: 7} }

// newServer is a server on an empty store, in a folder of its own, where its socket
// is too unless the configuration puts it elsewhere.
func newServer(t *testing.T, c configs.Config) *Server {
	t.Helper()
	c.Node.Data = t.TempDir()
	if c.Admin.Socket == "" {
		c.Admin.Socket = filepath.Join(c.Node.Data, "s")
	}
	if c.Tenants == nil {
		c.Tenants = []configs.Tenant{{Name: "demo", Realm: "demo"}, {Name: "other", Realm: "other"}}
	}
	c.Networks = append(c.Networks, configs.Network{Name: "local"})
	store, err := state.OpenEmbedded(c.Node.Data, state.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	dir := seat.NewDirectory(store)
	for _, tenant := range c.Tenants {
		if err := dir.PutTenant(t.Context(), seat.Tenant{Name: tenant.Name, Realm: tenant.Realm}); err != nil {
			t.Fatal(err)
		}
	}
	desk, err := carrier.New(t.Context(), carrier.Config{Store: store, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(t.Context(), Config{
		Desk: desk,
		Node: &c, Store: store, Directory: dir, Attempts: &seat.Attempts{}, Calls: &exchange.Exchange{}, Media: plane{}, Load: load,
		Tables: seat.Tables(), Ready: store.Ping, Log: slog.New(slog.DiscardHandler),
		Counters: map[string][]any{"transport": {&transport.Counters{}}, "seat": {dir.Counters(), dir.Counters()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask sends a request as HTTP with a token, and returns status and body.
func ask(s *Server, token, method, path, body string, head ...string) (int, string) {
	r := httptest.NewRequest(method, "http://127.0.0.1:8080"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(head); i += 2 {
		if head[i] == "Host" {
			r.Host = head[i+1]
		}
		r.Header.Set(head[i], head[i+1])
	}
	w := httptest.NewRecorder()
	s.overHTTP(s.routes()).ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// token makes a token of a role for a tenant.
func (s *Server) token(t *testing.T, r role, tenant string) string {
	t.Helper()
	name := strings.Trim(r.String()+"-"+tenant, "-")
	secret, err := s.tokens.add(t.Context(), time.Now(), api.Token{Name: name, Role: r.String(), Tenant: tenant})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

const oneSeat = `{"seat":{"number":"1001","network":"local"}}`

// TestRoles asks for everything as everybody: what a role may not is 403, and
// nothing of another tenant is anything else.
func TestRoles(t *testing.T) {
	s := newServer(t, configs.Config{})
	if code, body := ask(s, s.token(t, admin, ""), "POST", "/v1/tenants/demo/seats", oneSeat); code != 200 {
		t.Fatal(code, body)
	}
	people := []struct {
		name  string
		level role
		token string
	}{
		{"viewer", viewer, s.token(t, viewer, "demo")},
		{"operator", operator, s.token(t, operator, "demo")},
		{"admin", admin, s.token(t, admin, "demo")},
		{"recordings", recordings, s.token(t, recordings, "demo")},
	}
	stranger := s.token(t, admin, "other")
	for _, c := range []struct {
		method, path, body string
		need               role
	}{
		{"GET", "/seats", "", viewer},
		{"GET", "/seats/1001", "", viewer},
		{"GET", "/seats/1001/why", "", viewer},
		{"GET", "/seats/1001/bindings", "", viewer},
		{"GET", "/export", "", viewer},
		{"GET", "/calls", "", viewer},
		{"GET", "/recordings?seat=1001&limit=5", "", recordings},
		{"POST", "/seats/1001/state", `{"disabled":true}`, operator},
		{"DELETE", "/seats/1001/bindings", "", operator},
		{"PATCH", "/seats/1001", `{"name":"Ada"}`, admin},
		{"POST", "/seats/1001/password", `{}`, admin},
		{"GET", "/export?secrets=1", "", admin},
		{"POST", "/import?dry_run=1", "number,network\n1002,local\n", admin},
	} {
		for _, p := range people {
			code, body := ask(s, p.token, c.method, "/v1/tenants/demo"+c.path, c.body)
			if allowed := code == 200; allowed != p.level.includes(c.need) || !allowed && code != 403 {
				t.Errorf("%s %s as %s: %d %s", c.method, c.path, p.name, code, body)
			}
		}
		if code, body := ask(s, stranger, c.method, "/v1/tenants/demo"+c.path, c.body); code != 403 {
			t.Errorf("%s %s as admin of another tenant: %d %s", c.method, c.path, code, body)
		}
	}
	for _, path := range []string{"/metrics", "/v1/messages", "/v1/state/backup"} {
		method := map[bool]string{true: "GET", false: "POST"}[path != "/v1/state/backup"]
		if code, body := ask(s, people[2].token, method, path, ""); code != 403 {
			t.Errorf("%s as admin of a tenant: %d %s", path, code, body)
		}
	}
	if code, body := ask(s, stranger, "GET", "/v1/tenants/nobody/seats", ""); code != 403 {
		t.Errorf("a tenant that does not exist, as admin of another: %d %s", code, body)
	}
}

// TestEscalation has an admin of one tenant try to become more.
func TestEscalation(t *testing.T) {
	s := newServer(t, configs.Config{})
	own := s.token(t, admin, "demo")
	for body, want := range map[string]int{
		`{"name":"a","role":"admin"}`:                    403,
		`{"name":"b","role":"viewer","tenant":"other"}`:  403,
		`{"name":"c","role":"god","tenant":"demo"}`:      422,
		`{"name":"D_","role":"viewer","tenant":"demo"}`:  422,
		`{"name":"e","role":"viewer","tenant":"demo"}`:   200,
		`{"name":"f","role":"viewer","x":"y"}`:           400,
		`{"name":"g","role":"viewer","tenant":"demo"} x`: 400,
	} {
		if code, answer := ask(s, own, "POST", "/v1/access", body); code != want {
			t.Errorf("%s: %d %s", body, code, answer)
		}
	}
	for _, r := range []role{viewer, operator} {
		token := s.token(t, r, "demo")
		if code, answer := ask(s, token, "POST", "/v1/access", `{"name":"h","role":"viewer","tenant":"demo"}`); code != 403 {
			t.Errorf("a token made by %s: %d %s", r, code, answer)
		}
		if code, _ := ask(s, token, "DELETE", "/v1/access/e", ""); code != 403 {
			t.Errorf("a token revoked by %s: %d", r, code)
		}
	}
	if code, _ := ask(s, own, "DELETE", "/v1/access/bootstrap", ""); code != 403 {
		t.Errorf("revoking the node's token: %d", code)
	}
	if _, body := ask(s, own, "GET", "/v1/access", ""); strings.Contains(body, "bootstrap") || !strings.Contains(body, `"e"`) {
		t.Errorf("list: %s", body)
	}
}

func TestHostAndOrigin(t *testing.T) {
	s := newServer(t, configs.Config{})
	s.names = func() []string { return []string{"switch.example"} }
	token := s.token(t, viewer, "")
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"127.0.0.1:8080", "", 200},
		{"[::1]:8080", "", 200},
		{"localhost:8080", "", 200},
		{"switch.example", "", 200},
		{"evil.example:8080", "", 403},
		{"localhost.evil.example", "", 403},
		{"", "", 403},
		{"127.0.0.1:8080", "http://127.0.0.1:8080", 200},
		{"127.0.0.1:8080", "https://127.0.0.1:8080", 403},
		{"127.0.0.1:8080", "http://evil.example", 403},
		{"127.0.0.1:8080", "null", 403},
	} {
		head := []string{"Host", c.host}
		if c.origin != "" {
			head = append(head, "Origin", c.origin)
		}
		if code, body := ask(s, token, "GET", "/v1/access", "", head...); code != c.want && (c.want != 200 || !strings.Contains(body, "has not the role")) {
			t.Errorf("Host %q, Origin %q: %d %s", c.host, c.origin, code, body)
		}
		if code, _ := ask(s, "", "GET", "/health/live", "", head...); code != c.want {
			t.Errorf("health with Host %q, Origin %q: %d", c.host, c.origin, code)
		}
	}
	if n := s.counters.ForeignHost.Load(); n == 0 {
		t.Error("refusals are not counted")
	}
}

func TestUnauthorized(t *testing.T) {
	s := newServer(t, configs.Config{})
	good := s.token(t, admin, "")
	for _, token := range []string{"", "x", "bootstrap_", "bootstrap_00", good + "0", strings.ToUpper(good), "_" + good, "nobody" + good[5:]} {
		code, body := ask(s, token, "GET", "/v1/tenants/demo/seats", "")
		var e api.Error
		if err := json.Unmarshal([]byte(body), &e); code != 401 || err != nil || e.Message == "" {
			t.Errorf("token %q: %d %s", token, code, body)
		}
	}
}

func TestBodyLimits(t *testing.T) {
	s := newServer(t, configs.Config{})
	token := s.token(t, admin, "")
	long := `{"seat":{"name":"` + strings.Repeat("x", api.MaxBody) + `"}}`
	if code, body := ask(s, token, "POST", "/v1/tenants/demo/seats", long); code != 413 {
		t.Errorf("a long body: %d %s", code, body)
	}
	rows := "number,network\n" + strings.Repeat("x", api.MaxImport)
	if code, body := ask(s, token, "POST", "/v1/tenants/demo/import", rows); code != 413 {
		t.Errorf("a long import: %d %s", code, body)
	}
	if code, _ := ask(s, token, "POST", "/v1/tenants/demo/seats", oneSeat, "Content-Type", "text/plain"); code != 415 {
		t.Errorf("a form of a foreign page: %d", code)
	}
	if s.counters.TooLarge.Load() != 2 {
		t.Error("refusals are not counted")
	}
}

// TestSocket speaks over the real unix socket, where the kernel says who asks.
func TestSocket(t *testing.T) {
	s := newServer(t, configs.Config{})
	s.Start()
	info, err := os.Stat(s.cfg.Node.Admin.Socket)
	if err != nil || info.Mode().Perm() != socketMode {
		t.Fatal(info.Mode(), err)
	}
	client, err := api.NewClient(api.Target{Socket: s.cfg.Node.Admin.Socket})
	if err != nil {
		t.Fatal(err)
	}
	var st api.Status
	if err := client.Do(t.Context(), "GET", "/v1/status", nil, &st); err != nil || !strings.HasPrefix(st.Identity, "unix:") {
		t.Fatal(st, err)
	}
	w := httptest.NewRecorder()
	page := httptest.NewRequest("GET", "/health/live", nil)
	page.Header.Set("Origin", "http://evil.example")
	if s.overUnix(s.routes()).ServeHTTP(w, page); w.Code != 403 {
		t.Errorf("a browser's page on the unix socket: %d", w.Code)
	}
	// Another node on the same folder must not take the socket.
	if l, err := listenUnix(t.Context(), s.cfg.Node.Admin.Socket); err == nil {
		l.Close()
		t.Error("the socket of a living node was taken")
	}
}

func TestDeadSocketIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	l.Close()
	again, err := listenUnix(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

// auditText is the audit file of today.
func auditText(t *testing.T, s *Server) string {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(s.cfg.Node.Node.Data, "audit-*.jsonl"))
	if len(names) != 1 {
		t.Fatal(names)
	}
	text, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestAudit(t *testing.T) {
	s := newServer(t, configs.Config{})
	token := s.token(t, admin, "")
	in := `{"seat":{"number":"1001","network":"local"},"password":"not-to-be-seen"}`
	for _, want := range []int{200, 409} {
		if code, body := ask(s, token, "POST", "/v1/tenants/demo/seats", in); code != want {
			t.Fatal(code, body)
		}
	}
	found, err := s.cfg.Directory.Seat(t.Context(), "demo", "1001")
	if err != nil {
		t.Fatal(err)
	}
	text := auditText(t, s)
	for _, secret := range []string{"not-to-be-seen", token, found.Credentials[0].HA1} {
		if strings.Contains(text, secret) {
			t.Errorf("the audit file has a secret: %s", text)
		}
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines: %s", len(lines), text)
	}
	var e entry
	if err := json.Unmarshal([]byte(lines[0]), &e); err != nil {
		t.Fatal(err)
	}
	if e.Who != "token:admin" || e.Action != "seat.add" || e.Tenant != "demo" || e.Object != "1001" || e.After == nil || e.From == "" {
		t.Errorf("%+v", e)
	}
	if !strings.Contains(lines[2], `"failed"`) {
		t.Errorf("a change that was refused has no line: %s", text)
	}
}

// TestNoAuditNoChange takes the audit file away.
func TestNoAuditNoChange(t *testing.T) {
	s := newServer(t, configs.Config{})
	token := s.token(t, admin, "")
	s.audit.dir = filepath.Join(s.audit.dir, "missing")
	if code, body := ask(s, token, "POST", "/v1/tenants/demo/seats", oneSeat); code != 500 {
		t.Error(code, body)
	}
	if seats, err := s.cfg.Directory.List(t.Context(), "demo"); err != nil || len(seats) != 0 {
		t.Error("a change without its audit line was made", seats, err)
	}
}

// TestDemoPasswordExposed: no way leads to a demo password on an open node.
func TestDemoPasswordExposed(t *testing.T) {
	open := configs.Network{Name: "lan", Listeners: []configs.Listener{{Name: "lan/udp", Bind: netip.MustParseAddrPort("192.0.2.1:5060")}}}
	s := newServer(t, configs.Config{Networks: []configs.Network{open}})
	token := s.token(t, admin, "")
	for _, c := range []struct{ path, body string }{
		{"/seats", `{"seat":{"number":"1001","network":"local"},"password":"demo-1001"}`},
		{"/import", "password,number,network\ndemo-1001,1001,local\n"},
	} {
		if code, body := ask(s, token, "POST", "/v1/tenants/demo"+c.path, c.body); code != 422 || !strings.Contains(body, "everybody knows") {
			t.Errorf("%s: %d %s", c.path, code, body)
		}
	}
}

func TestMetrics(t *testing.T) {
	s := newServer(t, configs.Config{})
	s.cfg.Directory.Counters().SeatWrites.Add(2)
	s.cfg.Counters["transport"][0].(*transport.Counters).NotSIP.Add(3)
	two := resolve.Fixed(transport.UDP, netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.2:5060"))
	s.cfg.Trunks = trunk.NewSet([]trunk.Trunk{{Tenant: "demo", Name: "carrier", Targets: []*resolve.Name{two}}})
	code, body := ask(s, s.token(t, viewer, ""), "GET", "/metrics", "")
	for _, want := range []string{
		"strowger_transport_not_sip_total 3\n", "strowger_seat_seat_writes_total 4\n",
		"strowger_media_port_pairs_free 7\n", "strowger_media_load_ratio 0.9\n", "strowger_media_full 1\n",
		"strowger_media_packet_cpu_seconds 1.2e-05\n", "strowger_calls_active 0\n", "strowger_bindings 0\n",
		"strowger_trunk_addresses{tenant=\"demo\",trunk=\"carrier\"} 2\n",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%d: no %q", code, want)
		}
	}
}

func TestProfiles(t *testing.T) {
	s := newServer(t, configs.Config{})
	some, all := s.token(t, operator, ""), s.token(t, admin, "")
	for _, path := range []string{"/debug/pprof/heap?debug=1", "/debug/pprof/goroutine?debug=1"} {
		if code, _ := ask(s, some, "GET", path, ""); code != 403 {
			t.Errorf("%s as an operator: %d", path, code)
		}
		if code, body := ask(s, all, "GET", path, ""); code != 200 || !strings.Contains(body, " profile: ") {
			t.Errorf("%s as an admin: %d %.80q", path, code, body)
		}
	}
	if code, _ := ask(s, all, "GET", "/debug/pprof/nothing", ""); code != 404 {
		t.Errorf("an unknown profile: %d", code)
	}
}

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"Malformed": "malformed", "NotSIP": "not_sip", "RTCPSent": "rtcp_sent", "WrongSSRC": "wrong_ssrc", "STUN": "stun", "OneWays": "one_ways",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestBackup moves everything to another node, tokens too.
func TestBackup(t *testing.T) {
	from, to := newServer(t, configs.Config{}), newServer(t, configs.Config{})
	token := from.token(t, admin, "")
	if code, body := ask(from, token, "POST", "/v1/tenants/demo/seats", oneSeat); code != 200 {
		t.Fatal(code, body)
	}
	code, backup := ask(from, token, "POST", "/v1/state/backup", "")
	if code != 200 {
		t.Fatal(code, backup)
	}
	own := to.token(t, admin, "other")
	file, err := os.ReadFile(filepath.Join(to.cfg.Node.Node.Data, BootstrapFile))
	if err != nil {
		t.Fatal(err)
	}
	first := strings.TrimSpace(string(file))
	if code, body := ask(to, first, "POST", "/v1/state/restore", backup); code != 422 {
		t.Fatal(code, body)
	}
	if code, body := ask(to, first, "POST", "/v1/state/restore?replace=1", backup[:len(backup)/2]); code != 422 {
		t.Fatal(code, body)
	}
	if code, body := ask(to, first, "POST", "/v1/state/restore?replace=1", backup); code != 200 {
		t.Fatal(code, body)
	}
	if code, body := ask(to, token, "GET", "/v1/tenants/demo/seats/1001", ""); code != 200 {
		t.Error(code, body)
	}
	if code, _ := ask(to, own, "GET", "/v1/access", ""); code != 401 {
		t.Errorf("a token that the backup has not still works: %d", code)
	}
}

// TestConnections fills the listener: one more waits until another goes.
func TestConnections(t *testing.T) {
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newLimited(inner, 1)
	accepted := make(chan net.Conn)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	for range 2 {
		c, err := net.Dial("tcp", inner.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	first := <-accepted
	select {
	case <-accepted:
		t.Fatal("a second connection was accepted")
	case <-time.After(50 * time.Millisecond):
	}
	first.Close()
	(<-accepted).Close()
	l.Close()
	if _, ok := <-accepted; ok {
		t.Error("Accept goes on after Close")
	}
}
