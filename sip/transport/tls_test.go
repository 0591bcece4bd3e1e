package transport_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/certificate/certtest"
	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

var secureAddr = netip.MustParseAddrPort("10.0.0.1:5061")

// tlsNode is config with a TLS listener, and what its clients trust. Streams of memnet
// hold nothing: tickets, which nobody may be reading yet, would wait for ever.
func tlsNode(t *testing.T, n *memnet.Net) (transport.Config, *tls.Config) {
	t.Helper()
	ca, dir := certtest.New(t), t.TempDir()
	pair, err := tls.LoadX509KeyPair(ca.Write(dir, "node", time.Hour, "10.0.0.1", "10.0.0.9"))
	if err != nil {
		t.Fatal(err)
	}
	server := &tls.Config{Certificates: []tls.Certificate{pair}, SessionTicketsDisabled: true, MinVersion: tls.VersionTLS12}
	cfg := config(n)
	cfg.Listeners = append(cfg.Listeners, transport.Listener{
		Name: "seats-tls", Network: "seats", Proto: transport.TLS, Bind: secureAddr, TLS: server,
	})
	return cfg, &tls.Config{RootCAs: ca.Pool(), ServerName: "10.0.0.1", MinVersion: tls.VersionTLS12}
}

// dialTLS connects a phone to the TLS listener; nothing of the handshake is done.
func dialTLS(t *testing.T, n *memnet.Net, from string) net.Conn {
	t.Helper()
	c, err := n.Dial(context.Background(), netip.MustParseAddr(from), secureAddr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func tlsOptions(cseq int) string {
	return options("SIP/2.0/TLS 10.0.0.9:5061;branch=z9hG4bKt", cseq)
}

func TestTLSConnectionCarriesBothWays(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		synctest.Test(t, func(t *testing.T) {
			n := memnet.New()
			cfg, client := tlsNode(t, n)
			client.MaxVersion = version
			l, r := start(t, cfg)
			r.answer(l)
			c := tls.Client(dialTLS(t, n, "10.0.0.7"), client)
			write(t, c, tlsOptions(1)+"\r\n\r\n")
			if got := readUntil(t, c, "\r\n\r\n"); !strings.HasPrefix(got, "SIP/2.0 200") {
				t.Errorf("got %q", got)
			}
			if got := readUntil(t, c, "\n"); got != "\r\n" {
				t.Errorf("pong is %q", got)
			}
			f := r.messages()[0].Flow
			if f.Proto != transport.TLS || f.Conn == 0 || f.Advertised != secureAddr {
				t.Errorf("it came by %+v", f)
			}
			if err := l.Send(f, []byte(tlsOptions(2))); err != nil {
				t.Fatal(err)
			}
			if got := readUntil(t, c, "\r\n\r\n"); got != tlsOptions(2) {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestHandshakeIsBounded: whoever is silent or slow in a handshake is cut off, whoever
// speaks no TLS at once, and neither delays anybody.
func TestHandshakeIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg, client := tlsNode(t, n)
		l, r := start(t, cfg)
		begin := time.Now()
		silent, slow, plain := dialTLS(t, n, "10.0.0.7"), dialTLS(t, n, "10.0.0.8"), dialTLS(t, n, "10.0.0.6")
		write(t, slow, "\x16\x03\x01\x02\x00\x01") // the begin of a ClientHello
		go func() { _, _ = io.Copy(io.Discard, plain) }()
		_, _ = io.WriteString(plain, tcpOptions(1))
		write(t, tls.Client(dialTLS(t, n, "10.0.0.9"), client), tlsOptions(1))
		synctest.Wait()
		if len(r.messages()) != 1 || time.Since(begin) != 0 {
			t.Errorf("%d messages after %s", len(r.messages()), time.Since(begin))
		}
		for _, c := range []net.Conn{silent, slow} {
			_, _ = io.Copy(io.Discard, c)
		}
		if got := time.Since(begin); got != transport.DefaultHandshake {
			t.Errorf("closed after %s", got)
		}
		synctest.Wait()
		if c := l.Counters(); c.HandshakeTimeout.Load() != 2 || c.HandshakeFailed.Load() != 1 || len(r.breaks()) != 3 {
			t.Errorf("%d timed out, %d failed", c.HandshakeTimeout.Load(), c.HandshakeFailed.Load())
		}
		if got := l.Counters().Accepted.Load(); got != 4 {
			t.Errorf("%d accepted", got)
		}
	})
}

// TestTLSLimitsAreThoseOfTCP: who is in a handshake counts, and what follows it has the
// times of any connection.
func TestTLSLimitsAreThoseOfTCP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg, client := tlsNode(t, n)
		cfg.MaxConnsPerSource = 2
		l, _ := start(t, cfg)
		dialTLS(t, n, "10.0.0.7")
		c := tls.Client(dialTLS(t, n, "10.0.0.7"), client)
		mustBeClosed(t, dialTLS(t, n, "10.0.0.7"))
		if err := c.Handshake(); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		_, _ = io.Copy(io.Discard, c)
		if got := time.Since(begin); got != transport.DefaultFirstMessage {
			t.Errorf("silence ended after %s", got)
		}
		c = tls.Client(dialTLS(t, n, "10.0.0.8"), client)
		write(t, c, tlsOptions(1))
		begin = time.Now()
		_, _ = io.Copy(io.Discard, c)
		if got := time.Since(begin); got != transport.DefaultIdle {
			t.Errorf("idleness ended after %s", got)
		}
		synctest.Wait()
		if c := l.Counters(); c.SourceLimit.Load() != 1 || c.MessageTimeout.Load() != 1 || c.IdleTimeout.Load() != 1 {
			t.Error("limits are not counted")
		}
	})
}

// TestHandshakesAreCounted: one address gets so many handshakes a second, which does not
// keep others or a trunk from theirs.
func TestHandshakesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg, client := tlsNode(t, n)
		cfg.Gate = gated(n).Gate
		cfg.HandshakesPerSource, cfg.Handshakes = 2, 3
		l, _ := start(t, cfg)
		greets := func(from string) bool {
			return tls.Client(dialTLS(t, n, from), client).Handshake() == nil
		}
		for i, want := range []bool{true, true, false} {
			if got := greets("10.0.0.7"); got != want {
				t.Errorf("handshake %d: %t", i+1, got)
			}
		}
		if !greets("10.0.0.8") || greets("10.0.0.9") || !greets(trunkAddr.Addr().String()) {
			t.Error("another's handshake counts for the first, or not for all, or a trunk's counts")
		}
		if got := l.Counters().HandshakeRate.Load(); got != 2 {
			t.Errorf("%d counted", got)
		}
		<-time.After(time.Second)
		if !greets("10.0.0.7") {
			t.Error("the allowance is never filled up")
		}
	})
}

// hasty does not wait until what it writes is read: two who write at once, as when one
// refuses what the other still says, would wait for each other.
type hasty struct{ net.Conn }

func (h hasty) Write(b []byte) (int, error) {
	b = bytes.Clone(b)
	go func() { _, _ = h.Conn.Write(b) }()
	return len(b), nil
}

// TestTLSIsDialled: a trunk is verified before anything is said to it.
func TestTLSIsDialled(t *testing.T) {
	trunk := netip.MustParseAddrPort("10.0.0.9:5061")
	for name, c := range map[string]struct {
		expect  func(trusting *tls.Config) *tls.Config
		ok      bool
		counted func(*transport.Counters) uint64
	}{
		"right": {func(c *tls.Config) *tls.Config { return c }, true, nil},
		"wrong CA": {func(c *tls.Config) *tls.Config {
			return &tls.Config{ServerName: c.ServerName, MinVersion: c.MinVersion}
		}, false, func(c *transport.Counters) uint64 { return c.HandshakeFailed.Load() }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := memnet.New()
				cfg, client := tlsNode(t, n)
				client.ServerName = "10.0.0.9"
				cfg.TLS = func(network string, remote netip.AddrPort) *tls.Config {
					if network != "seats" || remote != trunk {
						t.Errorf("asked for %s on %q", remote, network)
					}
					return c.expect(client)
				}
				l, r := start(t, cfg)
				ln, err := n.Listen(trunk)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = ln.Close() }()
				heard := make(chan string, 1)
				go func() {
					nc, err := ln.Accept()
					if err != nil {
						return
					}
					defer func() { _ = nc.Close() }()
					b := make([]byte, len(tlsOptions(1)))
					k, _ := io.ReadFull(tls.Server(hasty{nc}, cfg.Listeners[4].TLS), b)
					heard <- string(b[:k])
					<-t.Context().Done()
				}()
				flow, err := l.FlowTo("seats", transport.TLS, trunk)
				if err != nil {
					t.Fatal(err)
				}
				if err := l.Send(flow, []byte(tlsOptions(1))); err != nil {
					t.Fatal(err)
				}
				got := <-heard
				synctest.Wait()
				if c.ok != (got == tlsOptions(1)) || !c.ok && got != "" {
					t.Errorf("the trunk heard %q", got)
				}
				again, err := l.FlowTo("seats", transport.TLS, trunk)
				if err != nil || c.ok != (again.Conn != 0) {
					t.Errorf("the connection is %+v, %v", again, err)
				}
				if !c.ok && (len(r.breaks()) != 1 || c.counted(l.Counters()) != 1) {
					t.Errorf("the failure is told %d times, and %d counted", len(r.breaks()), c.counted(l.Counters()))
				}
			})
		})
	}
}

// TestUnverifiedTLSIsNotDialled: nobody is called by TLS of whom it is not said how to
// verify it, or not any more.
func TestUnverifiedTLSIsNotDialled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, client := tlsNode(t, memnet.New())
		known := client
		cfg.TLS = func(string, netip.AddrPort) *tls.Config { return known }
		l, r := start(t, cfg)
		trunk := netip.MustParseAddrPort("10.0.0.9:5061")
		flow, err := l.FlowTo("seats", transport.TLS, trunk)
		if err != nil {
			t.Fatal(err)
		}
		known = nil
		if err := l.Send(flow, []byte(tlsOptions(1))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(r.breaks()) != 1 || l.Counters().DialFailed.Load() != 1 {
			t.Errorf("the failure is told %d times, and %d counted", len(r.breaks()), l.Counters().DialFailed.Load())
		}
		if flow, err := l.FlowTo("seats", transport.TLS, trunk); !errors.Is(err, transport.ErrUnverified) {
			t.Errorf("flow %+v, %v", flow, err)
		}
	})
}

// TestSilentTrunkIsGivenUp: the time to dial holds the handshake.
func TestSilentTrunkIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg, client := tlsNode(t, n)
		cfg.TLS = func(string, netip.AddrPort) *tls.Config { return client }
		l, r := start(t, cfg)
		trunk := netip.MustParseAddrPort("10.0.0.9:5061")
		ln, err := n.Listen(trunk)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		go func() {
			if nc, err := ln.Accept(); err == nil {
				_, _ = io.Copy(io.Discard, nc)
			}
		}()
		flow, err := l.FlowTo("seats", transport.TLS, trunk)
		if err == nil {
			err = l.Send(flow, []byte(tlsOptions(1)))
		}
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(transport.DefaultDialTimeout)
		synctest.Wait()
		if len(r.breaks()) != 1 || l.Counters().HandshakeTimeout.Load() != 1 {
			t.Error("it is not given up, or not counted")
		}
	})
}

// TestAcceptedTLSIsNobodysTrunk: who came from a trunk's port and showed nothing gets
// no request that is meant for the trunk.
func TestAcceptedTLSIsNobodysTrunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg, client := tlsNode(t, n)
		cfg.TLS = func(string, netip.AddrPort) *tls.Config { return client }
		l, r := start(t, cfg)
		write(t, tls.Client(dialTLS(t, n, "10.0.0.9"), client), tlsOptions(1))
		synctest.Wait()
		came := r.messages()[0].Flow
		if !l.Stands(came) {
			t.Error("its own flow is gone")
		}
		flow, err := l.FlowTo("seats", transport.TLS, came.Remote)
		if err != nil || flow.Conn != 0 {
			t.Errorf("flow %+v, %v", flow, err)
		}
	})
}

// TestListenerWithoutCertificateAcceptsNobody, but dials: such is a phone.
func TestListenerWithoutCertificateAcceptsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		cfg, _ := tlsNode(t, n)
		cfg.Listeners[4].TLS = nil
		start(t, cfg)
		if _, err := dialTLS(t, n, "10.0.0.7").Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("it is not closed: %v", err)
		}
	})
}
