package state

import (
	"strings"
	"testing"

	"strowger/sip/state/redistest"
)

// TestRedisTLSRefused: whom one side does not trust is refused in one line.
func TestRedisTLSRefused(t *testing.T) {
	t.Parallel()
	ours, other := redistest.NewAuthority(t), redistest.NewAuthority(t)
	server := redistest.Setup{TLS: ours}.Server(t)
	with := func(a redistest.Authority) string { return redistest.Setup{TLS: &a}.URL(server) }
	if err := openRedisTest(t, with(*ours)).Ping(t.Context()); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct{ url, want string }{
		"another authority":     {with(redistest.Authority{CA: other.CA, Cert: ours.Cert, Key: ours.Key}), "signed by unknown authority"},
		"the system's":          {"rediss://" + server.Addr, "signed by unknown authority"},
		"another's certificate": {with(redistest.Authority{CA: ours.CA, Cert: other.Cert, Key: other.Key}), "remote error: tls"},
		"no certificate":        {"rediss://" + server.Addr + "?ca_file=" + ours.CA, "certificate required"},
		"in plain":              {"redis://" + server.Addr, "EOF"},
		"a key of another":      {with(redistest.Authority{CA: ours.CA, Cert: ours.Cert, Key: other.Key}), "private key does not match"},
		"TLS where none is":     {redistest.Setup{TLS: ours}.URL(redistest.Setup{}.Server(t)), "no answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := OpenRedis(t.Context(), c.url, Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%v, want one line with %q", err, c.want)
			}
		})
	}
}
