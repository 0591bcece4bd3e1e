package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"strowger/sip/security"
)

// mayGreet tells whether one more handshake is begun for whoever connects.
func (l *Layer) mayGreet(f Flow) bool {
	return l.gate != nil && l.gate.Trunk(f.Network, f.Remote.Addr()) || l.handshakes.Allow(time.Now(), f.Remote.Addr())
}

// greet does the handshake of an accepted connection. Who reads is another
// goroutine: a handshake leaves a stack that is many times what reading takes.
func (c *conn) greet() {
	ctx, cancel := context.WithTimeout(c.layer.ctx, c.layer.cfg.Handshake)
	err := c.handshake(ctx, c.nc.(*tls.Conn))
	cancel()
	if err != nil {
		c.fail(err)
		c.ended()
		return
	}
	c.relax()
	names := namesOf(c.nc.(*tls.Conn).ConnectionState())
	c.layer.conns.mu.Lock()
	c.names = names
	c.layer.conns.mu.Unlock()
	if g := c.layer.gate; g != nil && g.Certificate != nil && names != nil {
		c.proven = g.Certificate(c.flow.Network, names)
	}
	c.layer.wg.Go(c.read)
}

// secure is TLS on a dialled socket.
func (c *conn) secure(ctx context.Context, wire net.Conn) (net.Conn, error) {
	var config *tls.Config
	if c.layer.cfg.TLS != nil {
		config = c.layer.cfg.TLS(c.flow.Network, c.flow.Remote)
	}
	if config == nil {
		return nil, ErrUnverified
	}
	nc := tls.Client(wire, config)
	return nc, c.handshake(ctx, nc)
}

// handshake counts and logs what goes wrong. Who only looks whether the port is
// open, and goes, is counted.
func (c *conn) handshake(ctx context.Context, nc *tls.Conn) error {
	err := nc.HandshakeContext(ctx)
	switch {
	case err == nil, c.layer.ctx.Err() != nil:
		return err
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		c.layer.counters.HandshakeTimeout.Add(1)
	default:
		c.layer.counters.HandshakeFailed.Add(1)
	}
	if !errors.Is(err, io.EOF) {
		c.layer.tell(security.Handshake, c.flow, err.Error())
	}
	if !errors.Is(err, io.EOF) && c.layer.lines.Allow() {
		c.layer.log.Warn("TLS handshake failed", "listener", c.flow.Listener, "remote", c.flow.Remote, "error", err)
	}
	return err
}

// relax gives what TLS itself writes while messages are read, such as the answer to
// a change of keys, a time limit that is not the one of the last message.
func (c *conn) relax() {
	_ = c.nc.SetWriteDeadline(time.Now().Add(c.layer.cfg.Idle)) // a closed connection tells its reader
}
