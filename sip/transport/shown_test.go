package transport_test

import (
	"crypto/tls"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/certificate/certtest"
	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

// TestShown: the names of a certificate are told of the connection that showed it, and
// only if an authority of the listener's vouches for them.
func TestShown(t *testing.T) {
	for name, tt := range map[string]struct {
		auth tls.ClientAuthType
		show bool
		want []string
	}{
		"verified":     {tls.RequireAndVerifyClientCert, true, []string{"carrier.example", "sbc.carrier.example"}},
		"not verified": {tls.RequestClientCert, true, nil},
		"not shown":    {tls.VerifyClientCertIfGiven, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := memnet.New()
				cfg, client := tlsNode(t, n)
				ca, dir := certtest.New(t), t.TempDir()
				server := cfg.Listeners[len(cfg.Listeners)-1].TLS
				server.ClientAuth, server.ClientCAs = tt.auth, ca.Pool()
				if tt.show {
					pair, err := tls.LoadX509KeyPair(ca.Write(dir, "carrier", time.Hour, "Carrier.example", "sbc.carrier.example"))
					if err != nil {
						t.Fatal(err)
					}
					client.Certificates = []tls.Certificate{pair}
				}
				l, r := start(t, cfg)
				r.answer(l)
				c := tls.Client(dialTLS(t, n, "10.0.0.7"), client)
				write(t, c, tlsOptions(1))
				readUntil(t, c, "\r\n\r\n")
				f := r.messages()[0].Flow
				if got := l.Shown(f); !slices.Equal(got, tt.want) {
					t.Errorf("it showed %q, want %q", got, tt.want)
				}
				other := f
				other.Conn++
				if l.Shown(other) != nil || l.Shown(transport.Flow{Proto: transport.TLS}) != nil {
					t.Error("a connection that there is not has shown a certificate")
				}
				_ = c.Close()
				synctest.Wait()
				if got := l.Shown(f); got != nil {
					t.Errorf("it is gone, and showed %q", got)
				}
			})
		})
	}
}
