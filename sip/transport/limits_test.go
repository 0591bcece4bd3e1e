package transport_test

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/message"
	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

func TestTimeLimitsOfConnections(t *testing.T) {
	tests := []struct {
		name    string
		writes  []string // one each 4 s
		after   time.Duration
		counter func(*transport.Counters) uint64
	}{
		{
			"silent", nil, transport.DefaultFirstMessage,
			func(c *transport.Counters) uint64 { return c.MessageTimeout.Load() },
		},
		{
			"only pings",
			[]string{"\r\n", "\r\n"},
			transport.DefaultFirstMessage,
			func(c *transport.Counters) uint64 { return c.MessageTimeout.Load() },
		},
		{
			"trickle",
			[]string{"OPT", "IONS", " sip", ":a"},
			transport.DefaultFirstMessage,
			func(c *transport.Counters) uint64 { return c.MessageTimeout.Load() },
		},
		{
			"trickle later",
			[]string{tcpOptions(1), "OPT", "IONS", " sip", ":a"},
			4*time.Second + transport.DefaultFirstMessage,
			func(c *transport.Counters) uint64 { return c.MessageTimeout.Load() },
		},
		{
			"idle",
			[]string{tcpOptions(1), tcpOptions(2)},
			4*time.Second + transport.DefaultIdle,
			func(c *transport.Counters) uint64 { return c.IdleTimeout.Load() },
		},
		{
			"line ends keep it",
			[]string{tcpOptions(1), "\r\n"},
			4*time.Second + transport.DefaultIdle,
			func(c *transport.Counters) uint64 { return c.IdleTimeout.Load() },
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := memnet.New()
				l, _ := start(t, config(n))
				begin := time.Now()
				c := dial(t, n, "10.0.0.7")
				go func() {
					for _, w := range tc.writes {
						_, _ = io.WriteString(c, w)
						<-time.After(4 * time.Second)
					}
				}()
				_, _ = io.Copy(io.Discard, c)
				if got := time.Since(begin); got != tc.after {
					t.Errorf("closed after %s, want %s", got, tc.after)
				}
				synctest.Wait()
				if tc.counter(l.Counters()) != 1 {
					t.Error("not counted")
				}
				<-time.After(time.Minute) // let the writer end
			})
		})
	}
}

func TestConnectionLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg := config(n)
		cfg.MaxConns, cfg.MaxConnsPerSource = 3, 2
		l, _ := start(t, cfg)
		a := dial(t, n, "10.0.0.7")
		dial(t, n, "10.0.0.7")
		mustBeClosed(t, dial(t, n, "10.0.0.7"))
		dial(t, n, "10.0.0.8")
		mustBeClosed(t, dial(t, n, "10.0.0.9"))
		_ = a.Close()
		synctest.Wait()
		write(t, dial(t, n, "10.0.0.7"), tcpOptions(1))
		if c := l.Counters(); c.SourceLimit.Load() != 1 || c.ConnLimit.Load() != 1 || c.Accepted.Load() != 4 {
			t.Error("limits are not counted")
		}
	})
}

func TestStreamWithoutSenseIsClosed(t *testing.T) {
	head := "OPTIONS sip:a@b SIP/2.0\r\n"
	for name, text := range map[string]string{
		"no length":     head + "Via: x\r\n\r\n",
		"two lengths":   head + "l: 0\r\nContent-Length: 0\r\n\r\n",
		"bad length":    head + "l: -1\r\n\r\n",
		"huge body":     head + "l: 2000000000\r\n\r\n",
		"endless line":  head + "X: " + strings.Repeat("x", message.MaxHead),
		"another world": "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := memnet.New()
				_, r := start(t, config(n))
				c := dial(t, n, "10.0.0.7")
				_, _ = io.WriteString(c, text)
				mustBeClosed(t, c)
				synctest.Wait()
				if len(r.messages()) != 0 || len(r.breaks()) != 1 {
					t.Error("it was received, or not reported broken")
				}
			})
		})
	}
}

// noDescriptors is a listener whose accept fails at first, as with EMFILE.
type noDescriptors struct {
	net.Listener
	mu   sync.Mutex
	left int
}

func (l *noDescriptors) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.left > 0 {
		l.left--
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
	}
	return l.Listener.Accept()
}

type starved struct{ *memnet.Net }

func (s starved) Listen(a netip.AddrPort) (net.Listener, error) {
	l, err := s.Net.Listen(a)
	return &noDescriptors{Listener: l, left: 20}, err
}

func TestAcceptSurvivesLackOfDescriptors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg := config(n)
		cfg.Sockets = starved{n}
		l, r := start(t, cfg)
		c := dial(t, n, "10.0.0.7")
		write(t, c, tcpOptions(1))
		synctest.Wait()
		if len(r.messages()) != 1 || l.Counters().AcceptErrors.Load() < 20 {
			t.Errorf("%d messages after %d errors", len(r.messages()), l.Counters().AcceptErrors.Load())
		}
	})
}
