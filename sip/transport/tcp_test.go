package transport_test

import (
	"context"
	"errors"
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

// dial connects a phone to the seats' TCP listener until the end of the test.
func dial(t *testing.T, n *memnet.Net, from string) net.Conn {
	t.Helper()
	c, err := n.Dial(context.Background(), netip.MustParseAddr(from), seatsAddr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// readUntil reads until what was read ends in suffix.
func readUntil(t *testing.T, c net.Conn, suffix string) string {
	t.Helper()
	var text []byte
	buf := make([]byte, 1)
	for !strings.HasSuffix(string(text), suffix) {
		if _, err := c.Read(buf); err != nil {
			t.Fatalf("%v after %q", err, text)
		}
		text = append(text, buf[0])
	}
	return string(text)
}

func mustBeClosed(t *testing.T, c net.Conn) {
	t.Helper()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("the connection is not closed: %v", err)
	}
}

func TestStreamIsCutWhereverItBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		_, r := start(t, config(n))
		c := dial(t, n, "10.0.0.7")
		var stream string
		const messages = 60
		for i := range messages {
			stream += strings.Repeat("\r\n", i%2)
			stream += strings.Replace(tcpOptions(i+1), "Content-Length: 0\r\n\r\n", "l : 5\r\n\r\nhello", 1)
		}
		for i, size := 0, 1; i < len(stream); size = size%97 + 3 {
			end := min(len(stream), i+size)
			write(t, c, stream[i:end])
			i = end
		}
		synctest.Wait()
		got := r.messages()
		if len(got) != messages {
			t.Fatalf("%d messages, want %d", len(got), messages)
		}
		for i, m := range got {
			if m.Msg.CSeq().SeqNo != uint32(i+1) || string(m.Msg.Body()) != "hello" {
				t.Errorf("message %d is %s", i, m.Msg)
			}
			if m.Flow != got[0].Flow || m.Flow.Conn == 0 {
				t.Errorf("message %d came by %+v", i, m.Flow)
			}
		}
	})
}

func TestPingIsAnsweredAndLineEndsAreNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		r.answer(l)
		c := dial(t, n, "10.0.0.7")
		write(t, c, "\r\n\r\n")
		if got := readUntil(t, c, "\n"); got != "\r\n" {
			t.Errorf("pong is %q", got)
		}
		write(t, c, "\r\n"+tcpOptions(1)+"\r\n")
		if got := readUntil(t, c, "\r\n\r\n"); !strings.HasPrefix(got, "SIP/2.0 200") {
			t.Errorf("got %q", got)
		}
		write(t, c, tcpOptions(2))
		readUntil(t, c, "\r\n\r\n")
		if got := l.Counters().KeepAlives.Load(); got != 1 {
			t.Errorf("%d pings counted", got)
		}
	})
}

// A peer that reads nothing holds up neither Send nor another connection, and is
// cut off in the end.
func TestSlowPeerDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg := config(n)
		cfg.SendQueue = 8
		l, r := start(t, cfg)
		slow, quick := dial(t, n, "10.0.0.7"), dial(t, n, "10.0.0.8")
		write(t, slow, tcpOptions(1))
		synctest.Wait()
		write(t, quick, tcpOptions(2))
		synctest.Wait()
		flows := r.messages()
		begin := time.Now()
		var err error
		for sent := 0; err == nil; sent++ {
			if sent > 20 {
				t.Fatal("the queue has no bound")
			}
			err = l.Send(flows[0].Flow, []byte(tcpOptions(3)))
			synctest.Wait()
		}
		if !errors.Is(err, transport.ErrQueueFull) {
			t.Errorf("a full queue is %v", err)
		}
		if err := l.Send(flows[1].Flow, []byte(tcpOptions(4))); err != nil {
			t.Error(err)
		}
		readUntil(t, quick, "\r\n\r\n")
		if waited := time.Since(begin); waited != 0 {
			t.Errorf("waited %s", waited)
		}
		<-time.After(transport.DefaultWriteTimeout)
		synctest.Wait()
		if b := r.breaks(); len(b) != 1 || b[0] != flows[0].Flow {
			t.Errorf("broken: %+v", b)
		}
		if err := l.Send(flows[0].Flow, []byte(tcpOptions(5))); !errors.Is(err, transport.ErrGone) {
			t.Errorf("a cut off connection is %v", err)
		}
	})
}

func TestGoneConnectionIsNotDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		c := dial(t, n, "10.0.0.7")
		write(t, c, tcpOptions(1))
		synctest.Wait()
		flow := r.messages()[0].Flow
		ln, err := n.Listen(flow.Remote) // it could be dialled
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := l.Send(flow, []byte(tcpOptions(2))); !errors.Is(err, transport.ErrGone) {
			t.Errorf("Send: %v", err)
		}
		other := flow
		other.Conn = 1
		if err := l.Send(other, []byte(tcpOptions(2))); !errors.Is(err, transport.ErrGone) {
			t.Errorf("Send on a number of another life: %v", err)
		}
		if b := r.breaks(); len(b) != 1 || b[0] != flow || !flow.Uses(b[0]) {
			t.Errorf("broken: %+v", b)
		}
		if l.Counters().Dialled.Load() != 0 {
			t.Error("it was dialled")
		}
	})
}

// The first send dials, later ones and FlowTo use the connection, and a stranger
// who is connected to us gets nothing of it.
func TestDialledConnectionIsReused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		stranger := dial(t, n, "10.0.0.66")
		trunk := netip.MustParseAddrPort("10.0.0.9:5060")
		ln, err := n.Listen(trunk)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		flow, err := l.FlowTo("seats", transport.TCP, trunk)
		if err != nil || flow.Conn != 0 {
			t.Fatalf("flow %+v, %v", flow, err)
		}
		for i := range 3 {
			if err := l.Send(flow, []byte(tcpOptions(i+1))); err != nil {
				t.Fatal(err)
			}
		}
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			msg, err := message.Parse([]byte(readUntil(t, c, "\r\n\r\n")))
			if err != nil || msg.CSeq().SeqNo != uint32(i+1) {
				t.Errorf("message %d: %v %v", i, msg, err)
			}
		}
		again, err := l.FlowTo("seats", transport.TCP, trunk)
		if err != nil || again.Conn == 0 {
			t.Errorf("flow %+v, %v", again, err)
		}
		if err := stranger.SetReadDeadline(time.Now()); err != nil {
			t.Fatal(err)
		}
		if k, _ := stranger.Read(make([]byte, 1)); k != 0 {
			t.Error("the stranger got something")
		}
		_ = c.Close()
		synctest.Wait()
		b := r.breaks()
		if len(b) != 1 || b[0] != again || !flow.Uses(b[0]) || l.Counters().Dialled.Load() != 1 {
			t.Errorf("broken: %+v", b)
		}
	})
}

func TestFailedDialBreaksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		flow, err := l.FlowTo("seats", transport.TCP, netip.MustParseAddrPort("10.0.0.9:5060"))
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Send(flow, []byte(tcpOptions(1))); err != nil {
			t.Errorf("the send that dials: %v", err)
		}
		synctest.Wait()
		if b := r.breaks(); len(b) != 1 || !flow.Uses(b[0]) || l.Counters().DialFailed.Load() != 1 {
			t.Errorf("broken: %+v", b)
		}
	})
}

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
