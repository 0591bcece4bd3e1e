// Package dnstest runs a real DNS server, dnsmasq, for tests.
package dnstest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// startWait bounds how long the server takes to answer.
const startWait = 20 * time.Second

// Server is a running dnsmasq.
type Server struct {
	Addr    netip.AddrPort
	cmd     *exec.Cmd
	stopped bool
}

// Start runs a server with records, as lines of dnsmasq's configuration for names
// under .test, until the test ends. Other names it refuses. The test is skipped
// without the program, and in -short.
func Start(t *testing.T, records string) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	program, err := exec.LookPath("dnsmasq")
	if err != nil {
		program, err = exec.LookPath("/usr/sbin/dnsmasq")
	}
	if err != nil {
		t.Skip("dnsmasq is not installed: apt-get install dnsmasq-base")
	}
	s := &Server{Addr: FreePort(t)}
	file, log := filepath.Join(t.TempDir(), "dnsmasq.conf"), filepath.Join(t.TempDir(), "log")
	text := fmt.Sprintf("port=%d\nlisten-address=%s\nbind-interfaces\nno-resolv\nno-hosts\nlocal=/test/\n"+
		"host-record=ready.test,127.0.0.1\n%s", s.Addr.Port(), s.Addr.Addr(), records)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	s.cmd = exec.CommandContext(t.Context(), program, "-k", "-C", file, "--user=", "--pid-file=", "--log-facility=-") //nolint:gosec // a program by its name
	s.cmd.Stderr = out
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	s.wait(t, log)
	return s
}

// Stop ends the server.
func (s *Server) Stop() {
	if !s.stopped {
		s.stopped = true
		_ = s.cmd.Process.Kill() // it may have ended
		_ = s.cmd.Wait()
	}
}

// wait returns when the server answers.
func (s *Server) wait(t *testing.T, log string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), startWait)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	query := new(dns.Msg)
	query.SetQuestion("ready.test.", dns.TypeA)
	for {
		if _, err := dns.ExchangeContext(ctx, query, s.Addr.String()); err == nil {
			return
		}
		select {
		case <-ctx.Done():
			text, _ := os.ReadFile(log)
			t.Fatalf("dnsmasq does not answer after %v:\n%s", startWait, text)
		case <-tick.C:
		}
	}
}

// FreePort is an address of loopback with a port that nothing has.
func FreePort(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.53:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}
