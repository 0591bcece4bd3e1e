package admin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"strowger/cmd/internal/admin/api"
	"strowger/configs"
	"strowger/sip/certificate"
	"strowger/sip/certificate/certtest"
)

// configured is a configuration with a block admin, as a file would have it, and
// with the API over HTTP on any port of an address.
func configured(host, block string) (*configs.Config, error) {
	const rest = `
network "local" {
  listener "udp" { bind = "127.0.0.1:5060" }
  rtp { bind = "127.0.0.1" }
}
tenant "demo" {
  emergency { trunks = ["carrier"] }
}
trunk "carrier" {
  sources = ["127.0.0.2"]
  targets = ["127.0.0.2"]
}
`
	var o configs.Overrides
	if host != "" {
		o.AdminHTTP = netip.AddrPortFrom(netip.MustParseAddr(host), 0)
	}
	return configs.Parse("strowger.hcl", []byte("admin {\n"+block+"}\n"+rest), o)
}

// selfMade writes a certificate for 127.0.0.1 and example.com, and its key.
func selfMade(t *testing.T) (cert, key string) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	private, err := x509.MarshalPKCS8PrivateKey(s.TLS.Certificates[0].PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, block := range map[string]*pem.Block{
		"cert": {Type: "CERTIFICATE", Bytes: s.Certificate().Raw}, "key": {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "cert"), filepath.Join(dir, "key")
}

// TestTLS: the API off loopback is HTTPS with the configured certificate, or it is
// not at all.
func TestTLS(t *testing.T) {
	const everywhere = "0.0.0.0"
	if _, err := configured(everywhere, ""); err == nil || !strings.Contains(err.Error(), "is not on loopback and has no TLS") {
		t.Fatalf("plain HTTP off loopback: %v", err)
	}
	cert, key := selfMade(t)
	cfg, err := configured(everywhere, fmt.Sprintf("cert_file = %q\nkey_file = %q\n", cert, key))
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, *cfg)
	s.Start()
	host := fmt.Sprintf("127.0.0.1:%d", s.Addr().(*net.TCPAddr).Port)
	token := filepath.Join(s.cfg.Node.Node.Data, BootstrapFile)
	status := func(target api.Target) error {
		target.TokenFile = token
		client, err := api.NewClient(target)
		if err != nil {
			t.Fatal(err)
		}
		var st api.Status
		err = client.Do(t.Context(), "GET", "/v1/status", nil, &st)
		if err == nil && st.Identity != "token:bootstrap" {
			t.Errorf("the identity is %s", st.Identity)
		}
		return err
	}
	if err := status(api.Target{URL: "https://" + host, CAFile: cert}); err != nil {
		t.Errorf("with the certificate: %v", err)
	}
	if err := status(api.Target{URL: "https://" + host}); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("without the certificate: %v", err)
	}
	var refused *api.RefusedError
	if err := status(api.Target{URL: "http://" + host}); !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
		t.Errorf("without TLS: %v", err)
	}
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}}
	if c, err := d.DialContext(t.Context(), "tcp", host); err == nil {
		c.Close()
		t.Error("TLS 1.1 is spoken")
	}
}

// TestTLSNames: the names of the certificate are the node's, and of web pages only
// those that came by TLS are.
func TestTLSNames(t *testing.T) {
	cert, key := selfMade(t)
	cfg, err := configured("127.0.0.1", fmt.Sprintf("cert_file = %q\nkey_file = %q\n", cert, key))
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, *cfg)
	for _, c := range []struct {
		host, origin string
		want         int
	}{
		{"example.com:8080", "", 200},
		{"evil.example", "", 403},
		{"example.com", "https://example.com", 200},
		{"example.com", "http://example.com", 403},
	} {
		head := []string{"Host", c.host}
		if c.origin != "" {
			head = append(head, "Origin", c.origin)
		}
		if code, body := ask(s, "", "GET", "/health/live", "", head...); code != c.want {
			t.Errorf("Host %q, Origin %q: %d %s", c.host, c.origin, code, body)
		}
	}
}

// TestCertificateIsReadAgain: a renewed certificate is shown without a restart, and its
// names are the node's.
func TestCertificateIsReadAgain(t *testing.T) {
	cert, key := selfMade(t)
	keeper := certificate.NewKeeper(slog.New(slog.DiscardHandler))
	s := &Server{cfg: Config{Certificates: keeper, Node: &configs.Config{Admin: configs.Admin{
		HTTP: netip.MustParseAddrPort("127.0.0.1:0"), Socket: filepath.Join(t.TempDir(), "s"), CertFile: cert, KeyFile: key,
	}}}, audit: &auditFile{}}
	if err := s.listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close(context.Background()) }()
	if !s.ours("example.com") || s.ours("renewed.example") {
		t.Fatal("the names are not those of the certificate")
	}
	newCert, newKey := certtest.New(t).Write(t.TempDir(), "node", time.Hour, "renewed.example")
	if err := errors.Join(os.Rename(newCert, cert), os.Rename(newKey, key)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		keeper.Run(ctx) // looks at once
	}()
	for begin := time.Now(); !s.ours("renewed.example"); {
		if time.Since(begin) > time.Minute {
			t.Fatal("the renewed certificate is never shown")
		}
		runtime.Gosched()
	}
	cancel()
	<-ended
	if s.ours("example.com") {
		t.Error("the name of the old certificate is still the node's")
	}
}

// TestBadCertificate: a certificate that cannot be used ends the start.
func TestBadCertificate(t *testing.T) {
	cert, _ := selfMade(t)
	_, key := selfMade(t)
	missing := filepath.Join(t.TempDir(), "missing")
	for name, file := range map[string]string{"key": cert, "certificate": key, "missing": missing} {
		s := &Server{cfg: Config{Node: &configs.Config{Admin: configs.Admin{
			HTTP: netip.MustParseAddrPort("127.0.0.1:0"), Socket: filepath.Join(t.TempDir(), "s"), CertFile: file, KeyFile: file,
		}}}, audit: &auditFile{}}
		err := s.listen(t.Context())
		if err == nil || !strings.Contains(err.Error(), "admin API: TLS: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

// dialAs connects to a unix socket as another user, who is in one group: on Linux a
// thread has credentials of its own, and the kernel tells those.
func dialAs(path string, uid, gid int) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		for _, set := range []struct{ call, id uintptr }{{unix.SYS_SETGROUPS, 0}, {unix.SYS_SETRESGID, uintptr(gid)}, {unix.SYS_SETRESUID, uintptr(uid)}} {
			args := [3]uintptr{set.id, set.id, set.id}
			if _, _, errno := unix.RawSyscall(set.call, args[0], args[1], args[2]); errno != 0 {
				done <- result{nil, errno}
				return
			}
		}
		conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
		done <- result{conn, err}
	}()
	r := <-done
	return r.conn, r.err
}

// openFolder is a folder that every user can pass.
func openFolder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestGroups: who comes by the socket has the role that the configuration gives to
// a unix group, as the kernel tells it.
func TestGroups(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to come as other users")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("the system has no user nobody")
	}
	gids := map[string]int{}
	for _, name := range []string{"games", "mail", "news"} {
		g, err := user.LookupGroup(name)
		if err != nil {
			t.Skipf("the system has no group %s", name)
		}
		gids[name], _ = strconv.Atoi(g.Gid)
	}
	cfg, err := configured("", fmt.Sprintf(`
http   = "off"
socket = %q
role "viewer" { groups = ["games"] }
role "operator" {
  groups  = ["mail"]
  tenants = ["demo"]
}
`, filepath.Join(openFolder(t), "s")))
	if err != nil {
		t.Fatal(err)
	}
	s := newServer(t, *cfg)
	s.Start()
	if code, body := ask(s, s.token(t, admin, ""), "POST", "/v1/tenants/demo/seats", oneSeat); code != 200 {
		t.Fatal(code, body)
	}
	// Whoever may open the socket: what that one may do is to be seen.
	if err := os.Chmod(cfg.Admin.Socket, 0o666); err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	for _, c := range []struct {
		group string
		role  role // for the tenant
		node  role
	}{{"games", viewer, viewer}, {"mail", operator, 0}, {"news", 0, 0}} {
		client := &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return dialAs(cfg.Admin.Socket, uid, gids[c.group])
		}}}
		defer client.CloseIdleConnections()
		for _, q := range []struct {
			method, path, body string
			allowed            bool
		}{
			{"GET", "/v1/tenants/demo/seats", "", c.role >= viewer},
			{"POST", "/v1/tenants/demo/seats/1001/state", `{"disabled":true}`, c.role >= operator},
			{"DELETE", "/v1/tenants/demo/seats/1001", "", c.role >= admin},
			{"GET", "/metrics", "", c.node >= viewer},
		} {
			req, err := http.NewRequestWithContext(t.Context(), q.method, "http://strowger"+q.path, strings.NewReader(q.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", "application/json")
			res, err := client.Do(req)
			if err != nil {
				t.Fatalf("group %s: %v", c.group, err)
			}
			res.Body.Close()
			if want := map[bool]int{true: 200, false: 403}[q.allowed]; res.StatusCode != want {
				t.Errorf("group %s: %s %s: %d, want %d", c.group, q.method, q.path, res.StatusCode, want)
			}
		}
	}
	if text := auditText(t, s); !strings.Contains(text, `"who":"unix:nobody","action":"seat.disable"`) {
		t.Errorf("audit: %s", text)
	}
}

// TestSocketGroup: the socket belongs to the group of its folder, so that a folder
// lets other groups in and nobody else.
func TestSocketGroup(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root, to come as other users")
	}
	const group, other, stranger = 60, 61, 65534
	dir := openFolder(t)
	if err := errors.Join(os.Chown(dir, 0, group), os.Chmod(dir, 0o755|os.ModeSetgid)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s")
	l, err := listenUnix(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := dialAs(path, stranger, group)
	if err != nil {
		t.Fatalf("of the group: %v", err)
	}
	c.Close()
	if c, err := dialAs(path, stranger, other); !errors.Is(err, os.ErrPermission) {
		t.Errorf("of another group: %v, %v", c, err)
	}
}
