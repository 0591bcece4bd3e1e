package state

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"strowger/sip/state/redistest"
)

// reset is a connection whose writes fail once broken is set.
type reset struct {
	net.Conn
	broken bool
}

func (r *reset) Write(b []byte) (int, error) {
	if r.broken {
		return 0, &net.OpError{Op: "write", Err: syscall.ECONNRESET}
	}
	return r.Conn.Write(b)
}

func TestAlertOutlivesReset(t *testing.T) {
	ours := redistest.NewAuthority(t)
	pair, err := tls.LoadX509KeyPair(ours.Cert, ours.Key)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		auth tls.ClientAuthType
		want string
	}{
		"refused":    {tls.RequireAnyClientCert, "certificate required"},
		"no refusal": {tls.NoClientCert, "reset"},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := net.Pipe()
			done := make(chan struct{})
			go func() {
				defer close(done)
				server := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{pair}, ClientAuth: c.auth, SessionTicketsDisabled: true})
				_ = server.Handshake()
				_ = far.Close()
			}()
			under := &reset{Conn: near}
			client := alerted{tls.Client(under, &tls.Config{InsecureSkipVerify: true})}
			if err := client.Handshake(); err != nil {
				t.Fatal(err)
			}
			under.broken = true
			_, err := client.Write([]byte("PING"))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if c.want == "reset" && !errors.Is(err, syscall.ECONNRESET) {
				t.Errorf("%v is not the fault of the write", err)
			}
			<-done
		})
	}
}
