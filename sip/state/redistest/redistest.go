// Package redistest runs real redis-servers for tests: one server, a cluster, or a
// primary with a replica and sentinels, in plain or by TLS.
//
// Everything listens on 127.0.0.1 with ports that were free, keeps its files in a
// folder of the test and ends with the test. A test is skipped, and says so, where
// redis-server is not installed.
package redistest

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	host     = "127.0.0.1"
	tries    = 5                // ports that another program may take before the server does
	patience = 60 * time.Second // until servers have found each other
)

// Setup is how servers are run. The zero value means in plain.
type Setup struct {
	// TLS has the servers speak TLS alone and ask their clients for a certificate.
	TLS *Authority
}

// Server is a redis-server that runs, as a server of data or as a sentinel.
type Server struct {
	Addr    string // address and port
	tls     *tls.Config
	process *os.Process
}

// Start runs one server in plain and returns its URL.
func Start(tb testing.TB) (url string) {
	tb.Helper()
	return Setup{}.URL(Setup{}.Server(tb))
}

// Server runs a server of data that keeps nothing on disk.
func (s Setup) Server(tb testing.TB, args ...string) *Server {
	tb.Helper()
	return s.run(tb, func(addr string) []string { return append(s.data(tb, addr), args...) })
}

// data are the arguments of a server of data that listens on addr.
func (s Setup) data(tb testing.TB, addr string) []string {
	tb.Helper()
	return append(s.listen(addr), "--save", "", "--appendonly", "no", "--dir", tb.TempDir(),
		// A replica waits no longer for others to join it.
		"--repl-diskless-sync-delay", "0")
}

// listen are the arguments with which a server listens on addr.
func (s Setup) listen(addr string) []string {
	_, port, _ := net.SplitHostPort(addr)
	args := []string{"--bind", host}
	if s.TLS == nil {
		return append(args, "--port", port)
	}
	return append(args, "--port", "0", "--tls-port", port, "--tls-replication", "yes", "--tls-cluster", "yes",
		"--tls-ca-cert-file", s.TLS.CA, "--tls-cert-file", s.TLS.Cert, "--tls-key-file", s.TLS.Key)
}

// run starts a server on a free port, with the arguments for its address.
func (s Setup) run(tb testing.TB, args func(addr string) []string) *Server {
	tb.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		tb.Skip("redis-server is not installed: apt-get install redis-server")
	}
	var said string
	for range tries {
		addr := net.JoinHostPort(host, freePort(tb))
		var process *os.Process
		if process, said = launch(tb, path, args(addr)); process != nil {
			return &Server{Addr: addr, tls: s.TLS.config(tb), process: process}
		}
	}
	tb.Fatalf("redis-server does not start:\n%s", said)
	return nil
}

// launch starts a process and waits until it takes connections. It returns what a
// process said that ended instead.
func launch(tb testing.TB, path string, args []string) (p *os.Process, said string) {
	tb.Helper()
	// It outlives the test's context, so that what the test cleans up finds it.
	cmd := exec.CommandContext(context.WithoutCancel(tb.Context()), path, args...) //nolint:gosec // a test says what it runs
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	var all strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "Ready to accept connections") || strings.Contains(lines.Text(), "Sentinel ID is") {
			tb.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
			go func() { _, _ = io.Copy(io.Discard, out) }() // until the server ends
			return cmd.Process, ""
		}
	}
	_ = cmd.Wait()
	return nil, all.String()
}

func freePort(tb testing.TB) string {
	tb.Helper()
	var c net.ListenConfig
	l, err := c.Listen(tb.Context(), "tcp", host+":0")
	if err != nil {
		tb.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	return port
}

// URL is how a store names one server.
func (s Setup) URL(server *Server) string { return s.url([]*Server{server}) }

// url is how a store names servers, with "key=value" parameters.
func (s Setup) url(servers []*Server, parameters ...string) string {
	scheme := "redis"
	if s.TLS != nil {
		scheme = "rediss"
		parameters = append(parameters, "ca_file="+url.QueryEscape(s.TLS.CA),
			"cert_file="+url.QueryEscape(s.TLS.Cert), "key_file="+url.QueryEscape(s.TLS.Key))
	}
	var addrs []string
	for _, server := range servers {
		addrs = append(addrs, server.Addr)
	}
	text := scheme + "://" + strings.Join(addrs, ",")
	if len(parameters) > 0 {
		text += "?" + strings.Join(parameters, "&")
	}
	return text
}

// Client is a client of this server alone, until the test ends.
func (s *Server) Client(tb testing.TB) *redis.Client {
	tb.Helper()
	c := redis.NewClient(&redis.Options{
		Addr: s.Addr, TLSConfig: s.tls, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// Pause has the server hang, as one does that the network lost, until Resume.
func (s *Server) Pause(tb testing.TB) {
	tb.Helper()
	s.signal(tb, syscall.SIGSTOP)
}

// Resume ends a Pause.
func (s *Server) Resume(tb testing.TB) {
	tb.Helper()
	s.signal(tb, syscall.SIGCONT)
}

// Kill ends the server at once.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	s.signal(tb, syscall.SIGKILL)
}

func (s *Server) signal(tb testing.TB, sig os.Signal) {
	tb.Helper()
	if err := s.process.Signal(sig); err != nil {
		tb.Fatal(err)
	}
}

// until waits for a condition, which says how things stand.
func until(tb testing.TB, what string, is func() (ok bool, stands string)) {
	tb.Helper()
	deadline := time.Now().Add(patience)
	for {
		ok, stands := is()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			tb.Fatalf("it never came that %s:\n%s", what, stands)
		}
		<-time.After(20 * time.Millisecond)
	}
}
