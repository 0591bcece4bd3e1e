package state

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"
)

// dialTLS connects by TLS. The handshake of TLS 1.3 is over for us before the server
// has looked at our certificate: a refusal comes later, as an alert.
func dialTLS(c *tls.Config) func(ctx context.Context, network, addr string) (net.Conn, error) {
	d := &tls.Dialer{NetDialer: &net.Dialer{Timeout: dialTimeout, KeepAlive: 5 * time.Minute}, Config: c}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := d.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return alerted{conn.(*tls.Conn)}, nil
	}
}

// alertWait is for an alert that came before the write failed.
const alertWait = 100 * time.Millisecond

// alerted gives the alert as the error of a write that came too late for it, where
// the system only says that the connection was reset.
type alerted struct{ *tls.Conn }

func (c alerted) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if err != nil {
		_ = c.SetReadDeadline(time.Now().Add(alertWait))
		if _, why := c.Read(make([]byte, 1)); isAlert(why) {
			err = why
		}
	}
	return n, err
}

// isAlert tells whether the far side refused by an alert.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}
