package transport

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func TestListenersMarkWhatTheySend(t *testing.T) {
	for name, test := range map[string]struct {
		addr          string
		level, option int
	}{
		"IPv4": {"127.0.0.1:0", unix.IPPROTO_IP, unix.IP_TOS},
		"IPv6": {"[::1]:0", unix.IPPROTO_IPV6, unix.IPV6_TCLASS},
	} {
		t.Run(name, func(t *testing.T) {
			for _, proto := range []Proto{UDP, TCP} {
				s, err := open(kernel{}, Listener{Name: "l", Proto: proto, Bind: netip.MustParseAddrPort(test.addr), DSCP: 24})
				if err != nil {
					t.Fatal(err)
				}
				sockets := []any{s.packets}
				if proto == TCP {
					sockets = []any{accepted(t, s.stream)}
				}
				for _, c := range sockets {
					if got := option(t, c, test.level, test.option); got != 24<<2 {
						t.Errorf("%s: traffic class %d, want %d", proto, got, 24<<2)
					}
				}
				_ = s.close()
			}
		})
	}
}

func accepted(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	var d net.Dialer
	c, err := d.DialContext(context.Background(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	a, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func option(t *testing.T, c any, level, name int) int {
	t.Helper()
	raw, err := control(c)
	if err != nil || raw == nil {
		t.Fatalf("%T has no descriptor: %v", c, err)
	}
	var value int
	var got error
	if err := raw.Control(func(fd uintptr) { value, got = unix.GetsockoptInt(int(fd), level, name) }); err != nil || got != nil {
		t.Fatal(err, got)
	}
	return value
}
