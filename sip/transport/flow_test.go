package transport_test

import (
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

// A connection number alone opens nothing: peer and listener must be its own.
func TestNumberOfAnotherFlowIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		write(t, dial(t, n, "10.0.0.7"), tcpOptions(1))
		synctest.Wait()
		flow := r.messages()[0].Flow
		remote, listener := flow, flow
		remote.Remote = netip.MustParseAddrPort("10.0.0.8:5060")
		listener.Listener = "carrier-tcp"
		for _, f := range []transport.Flow{remote, listener} {
			if err := l.Send(f, []byte("SIP/2.0 200 OK\r\n\r\n")); !errors.Is(err, transport.ErrGone) {
				t.Errorf("%+v: %v", f, err)
			}
		}
	})
}

// Closing breaks nothing, and numbers go on rising over a restart.
func TestConnectionNumbersOutliveTheLayer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var last uint64
		for range 3 {
			n, r := memnet.New(), &recorder{}
			l, err := transport.New(config(n), r, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			l.Start()
			write(t, dial(t, n, "10.0.0.7"), tcpOptions(1))
			synctest.Wait()
			if conn := r.messages()[0].Flow.Conn; conn <= last {
				t.Errorf("number %d after %d", conn, last)
			} else {
				last = conn
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
			if len(r.breaks()) != 0 {
				t.Error("closing was reported as a break")
			}
			<-time.After(time.Second)
		}
	})
}

func TestFlowLeavesByTheListenerOfItsFamily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		everything := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
		advertised := netip.MustParseAddrPort("203.0.113.1:0")
		l, _ := start(t, transport.Config{
			Sockets:  memnet.New(),
			Networks: map[string][]netip.Prefix{"n": everything},
			Listeners: []transport.Listener{
				{Name: "six", Network: "n", Proto: transport.UDP, Bind: netip.MustParseAddrPort("[fd00::1]:5060")},
				{Name: "four", Network: "n", Proto: transport.UDP, Bind: netip.MustParseAddrPort("0.0.0.0:5060"), Advertised: advertised},
			},
		})
		for remote, want := range map[string]transport.Flow{
			"10.0.0.7:5060":          {Listener: "four", Advertised: netip.MustParseAddrPort("203.0.113.1:5060"), Remote: netip.MustParseAddrPort("10.0.0.7:5060")},
			"[::ffff:10.0.0.7]:5060": {Listener: "four", Advertised: netip.MustParseAddrPort("203.0.113.1:5060"), Remote: netip.MustParseAddrPort("10.0.0.7:5060")},
			"[fd00::7]:5060":         {Listener: "six", Advertised: netip.MustParseAddrPort("[fd00::1]:5060"), Remote: netip.MustParseAddrPort("[fd00::7]:5060")},
		} {
			want.Network, want.Proto = "n", transport.UDP
			if got, err := l.FlowTo("n", transport.UDP, netip.MustParseAddrPort(remote)); err != nil || got != want {
				t.Errorf("%s: %+v, %v", remote, got, err)
			}
		}
	})
}

// Whatever order sends and breaks come in, each connection ends once and leaves
// nothing behind.
func TestEveryConnectionBreaksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		trunk := netip.MustParseAddrPort("10.0.0.9:5060")
		ln, err := n.Listen(trunk)
		if err != nil {
			t.Fatal(err)
		}
		go func() { // takes a few bytes of each connection, then closes it
			for k := 0; ; k++ {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				_, _ = c.Read(make([]byte, k%7*100))
				_ = c.Close()
			}
		}()
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				for i := range 300 {
					flow, err := l.FlowTo("seats", transport.TCP, trunk)
					if err != nil {
						t.Error(err)
					}
					if err := l.Send(flow, []byte(tcpOptions(1))); err != nil && !errors.Is(err, transport.ErrGone) && !errors.Is(err, transport.ErrQueueFull) {
						t.Error(err)
					}
					if i%50 == 0 {
						<-time.After(time.Millisecond) // let the others end what they do
					}
				}
			})
		}
		senders.Wait()
		_ = ln.Close()
		<-time.After(transport.DefaultIdle + time.Minute)
		numbers := make(map[uint64]bool)
		for _, b := range r.breaks() {
			if numbers[b.Conn] {
				t.Errorf("connection %d broke twice", b.Conn)
			}
			numbers[b.Conn] = true
		}
		c := l.Counters()
		if made := c.Dialled.Load() + c.DialFailed.Load(); uint64(len(numbers)) != made || made < 2 {
			t.Errorf("%d connections made, %d broken", made, len(numbers))
		}
		if flow, err := l.FlowTo("seats", transport.TCP, trunk); err != nil || flow.Conn != 0 {
			t.Errorf("left behind: %+v, %v", flow, err)
		}
	})
}
