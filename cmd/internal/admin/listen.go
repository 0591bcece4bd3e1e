package admin

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"strowger/sip/certificate"
	"strowger/sip/transport"
)

// socketMode lets the node's user and group in; who they are decides the rest.
const socketMode = 0o660

// maxSocketPath is what sockaddr_un holds, without its last zero.
const maxSocketPath = 107

func (s *Server) listen(ctx context.Context) error {
	var err error
	if s.unix, err = listenUnix(ctx, s.cfg.Node.Admin.Socket); err != nil {
		return err
	}
	a := s.cfg.Node.Admin
	if !a.HTTP.IsValid() {
		return nil
	}
	var lc net.ListenConfig
	web, err := lc.Listen(ctx, "tcp", a.HTTP.String())
	if errors.Is(err, syscall.EADDRINUSE) {
		err = &transport.BusyError{Proto: transport.TCP, Addr: a.HTTP, Err: err}
	}
	if err != nil {
		return fmt.Errorf("admin API: %w", err)
	}
	s.web = newLimited(web, maxConns)
	if a.CertFile == "" {
		return nil
	}
	keeper := s.cfg.Certificates
	if keeper == nil {
		keeper = certificate.NewKeeper(s.log)
	}
	config, err := keeper.Server(certificate.Server{Pairs: []certificate.Pair{{CertFile: a.CertFile, KeyFile: a.KeyFile}}})
	if err != nil {
		return fmt.Errorf("admin API: TLS: %w", err)
	}
	s.names = func() []string { return namesOf(config) }
	s.web = tls.NewListener(s.web, config)
	return nil
}

// namesOf are the names of the certificate that a configuration shows now.
func namesOf(config *tls.Config) []string {
	now, err := config.GetConfigForClient(nil)
	if err != nil || now == nil || len(now.Certificates) == 0 || now.Certificates[0].Leaf == nil {
		return nil
	}
	return now.Certificates[0].Leaf.DNSNames
}

// listenUnix makes the socket in place of one that a dead process left.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("admin socket %s: the path has %d bytes, at most %d are possible; set socket in the admin block", path, len(path), maxSocketPath)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode()&os.ModeSocket == 0 {
			return nil, fmt.Errorf("admin socket %s: there is a file of that name", path)
		}
		d := net.Dialer{Timeout: time.Second}
		if conn, err := d.DialContext(ctx, "unix", path); err == nil {
			_ = conn.Close()
			return nil, fmt.Errorf("admin socket %s: another node listens on it; give this one a data folder of its own: --data FOLDER", path)
		}
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("admin socket: %w", err)
		}
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if err := os.Chmod(path, socketMode); err != nil {
		return nil, errors.Join(fmt.Errorf("admin socket: %w", err), l.Close())
	}
	return newLimited(l, maxConns), nil
}

// limited accepts no more than so many connections at once; others wait in the
// kernel's queue.
type limited struct {
	net.Listener
	free   chan struct{}
	closed chan struct{}
	once   sync.Once
}

func newLimited(l net.Listener, n int) *limited {
	return &limited{Listener: l, free: make(chan struct{}, n), closed: make(chan struct{})}
}

// Accept waits for a connection and for room.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.free <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	conn, err := l.Listener.Accept()
	if err != nil {
		<-l.free
		return nil, err
	}
	return &limitedConn{Conn: conn, free: l.free}, nil
}

// Close ends Accept.
func (l *limited) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

type limitedConn struct {
	net.Conn
	free chan struct{}
	once sync.Once
}

// Close makes room for another.
func (c *limitedConn) Close() error {
	c.once.Do(func() { <-c.free })
	return c.Conn.Close()
}
