package transport_test

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
)

func loopback(addr string) transport.Config {
	bind := netip.MustParseAddrPort(addr)
	return transport.Config{
		Listeners: []transport.Listener{
			{Name: "udp", Network: "n", Proto: transport.UDP, Bind: bind},
			{Name: "tcp", Network: "n", Proto: transport.TCP, Bind: bind},
		},
		Networks: map[string][]netip.Prefix{"n": {netip.PrefixFrom(bind.Addr(), 8)}},
	}
}

// A reply larger than any MTU goes out whole, over IPv4 and IPv6.
func TestRealSockets(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(addr, func(t *testing.T) {
			if c, err := net.ListenPacket("udp", addr); err != nil {
				t.Skip("no such address here: ", err)
			} else if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			l, r := start(t, loopback(addr))
			r.onReceive(func(m transport.Received) {
				res := message.NewResponse(m.Msg.(*sip.Request), 200, "", "us")
				res.SetBody(make([]byte, 9000))
				if err := l.Send(m.Flow, message.Append(nil, res)); err != nil {
					t.Error(err)
				}
			})
			for _, b := range l.Listeners() {
				if b.Addr.Port() == 0 || b.Advertised != b.Addr {
					t.Errorf("bound %+v", b)
				}
				c, err := net.Dial(string(b.Proto), b.Addr.String())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.WriteString(c, options("SIP/2.0/"+strings.ToUpper(string(b.Proto))+" phone.invalid;rport;branch=z9hG4bK1", 1)); err != nil {
					t.Fatal(err)
				}
				reply := readReply(t, c)
				mustContain(t, reply, "SIP/2.0 200 OK\r\n")
				mustContain(t, reply, ";received="+b.Addr.Addr().String())
				if !strings.HasSuffix(reply, "\r\n\r\n"+strings.Repeat("\x00", 9000)) {
					t.Errorf("the reply has %d bytes", len(reply))
				}
				_ = c.Close()
			}
		})
	}
}

// readReply reads until the reply with 9000 bytes of body is there.
func readReply(t *testing.T, c net.Conn) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var text []byte
	buf := make([]byte, 64<<10)
	for len(text) < 9000 {
		n, err := c.Read(buf)
		if err != nil {
			t.Fatalf("%v after %d bytes", err, len(text))
		}
		text = append(text, buf[:n]...)
	}
	return string(text)
}

// TestReadersShareAnAddress: several sockets take what comes to one address, what comes
// from one phone in its order, and no other program may have that address.
func TestReadersShareAnAddress(t *testing.T) {
	const phones, each = 32, 40
	cfg := loopback("127.0.0.1:0")
	cfg.Listeners = cfg.Listeners[:1]
	cfg.Listeners[0].Readers = 4
	l, r := start(t, cfg)
	where := l.Listeners()[0].Addr
	var mu sync.Mutex
	came := 0
	readers, next, all := map[string]bool{}, map[netip.AddrPort]uint32{}, make(chan struct{})
	r.onReceive(func(m transport.Received) {
		mu.Lock()
		defer mu.Unlock()
		readers[goroutine()] = true
		from := m.Flow.Remote
		if next[from]++; m.Msg.CSeq().SeqNo != next[from] {
			t.Errorf("%s: request %d came as the %dth", from, m.Msg.CSeq().SeqNo, next[from])
		}
		if came++; came == phones*each {
			close(all)
		}
	})
	var writers sync.WaitGroup
	for range phones {
		writers.Go(func() {
			c, err := net.Dial("udp", where.String())
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(func() { _ = c.Close() }) // when all have come: nobody else gets its port before
			for i := range each {
				if _, err := io.WriteString(c, options("SIP/2.0/UDP phone.invalid;rport;branch=z9hG4bK1", i+1)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	select {
	case <-all:
	case <-time.After(time.Minute):
		t.Fatalf("%d of %d came", len(r.messages()), phones*each)
	}
	mu.Lock()
	if len(readers) < 2 {
		t.Errorf("%d readers took everything", len(readers))
	}
	mu.Unlock()
	second := transport.Config{Listeners: []transport.Listener{{Name: "second", Network: "n", Proto: transport.UDP, Bind: where, Readers: 2}}}
	var busy *transport.BusyError
	if _, err := transport.New(second, &recorder{}, slog.New(slog.DiscardHandler)); !errors.As(err, &busy) {
		t.Errorf("a second program on the address: %v", err)
	}
}

// goroutine is the number of the goroutine that asks.
func goroutine() string {
	head, _, _ := strings.Cut(string(debug.Stack()), "[")
	return head
}

func TestBusyPortIsNamed(t *testing.T) {
	l, _ := start(t, loopback("127.0.0.1:0"))
	for _, b := range l.Listeners() {
		cfg := transport.Config{Listeners: []transport.Listener{{Name: "second", Network: "n", Proto: b.Proto, Bind: b.Addr}}}
		_, err := transport.New(cfg, &recorder{}, slog.New(slog.DiscardHandler))
		var busy *transport.BusyError
		if !errors.As(err, &busy) || busy.Addr != b.Addr || busy.Proto != b.Proto {
			t.Errorf("error is %v", err)
			continue
		}
		mustContain(t, err.Error(), b.Addr.String())
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	ok := transport.Listener{Name: "a", Proto: transport.UDP, Bind: netip.MustParseAddrPort("127.0.0.1:0")}
	everywhere := ok
	everywhere.Bind = netip.MustParseAddrPort("0.0.0.0:0")
	for name, tc := range map[string]struct {
		listeners []transport.Listener
		says      string
	}{
		"none":        {nil, "no listener"},
		"no name":     {[]transport.Listener{{Proto: transport.UDP, Bind: ok.Bind}}, "name of its own"},
		"same name":   {[]transport.Listener{ok, ok}, "name of its own"},
		"transport":   {[]transport.Listener{{Name: "a", Proto: "sctp", Bind: ok.Bind}}, "write udp, tcp or tls"},
		"no address":  {[]transport.Listener{{Name: "a", Proto: transport.UDP}}, "no address"},
		"everywhere":  {[]transport.Listener{everywhere}, "advertise"},
		"readers":     {[]transport.Listener{{Name: "a", Proto: transport.UDP, Bind: ok.Bind, Readers: 17}}, "1 to 16"},
		"not of ours": {[]transport.Listener{{Name: "a", Proto: transport.UDP, Bind: netip.MustParseAddrPort("192.0.2.1:0")}}, `listener "a"`},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := transport.New(transport.Config{Listeners: tc.listeners}, &recorder{}, nil)
			if err == nil {
				t.Fatal("accepted", l.Close())
			}
			mustContain(t, err.Error(), tc.says)
		})
	}
}
