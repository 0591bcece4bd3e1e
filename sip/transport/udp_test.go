package transport_test

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

// The reply of RFC 3261 section 18.2.2 and RFC 3581, from a phone behind a NAT.
func TestReplyGoesWhereTheRequestCameFrom(t *testing.T) {
	tests := []struct {
		name, via  string
		to         string // the socket that gets the reply
		params     map[string]string
		noReceived bool
	}{
		{
			"rport", "SIP/2.0/UDP 192.168.1.5:5062;branch=z9hG4bK1;rport", "10.0.0.7:40123",
			map[string]string{"rport": "40123", "received": "10.0.0.7"},
			false,
		},
		{
			"rport in any case", "SIP / 2.0 / UDP 192.168.1.5 : 5062 ;Branch=z9hG4bK1;RPORT", "10.0.0.7:40123",
			map[string]string{"rport": "40123", "received": "10.0.0.7"},
			false,
		},
		{
			"no rport", "SIP/2.0/UDP 192.168.1.5:5062;branch=z9hG4bK1", "10.0.0.7:5062",
			map[string]string{"received": "10.0.0.7"},
			false,
		},
		{
			"no rport, no port", "SIP/2.0/UDP phone.example;branch=z9hG4bK1", "10.0.0.7:5060",
			map[string]string{"received": "10.0.0.7"},
			false,
		},
		{"true sent-by", "SIP/2.0/UDP 10.0.0.7:40123;branch=z9hG4bK1", "10.0.0.7:40123", nil, true},
		{
			"forged received", "SIP/2.0/UDP 10.0.0.7:40123;branch=z9hG4bK1;received=192.0.2.66", "10.0.0.7:40123",
			map[string]string{"received": "10.0.0.7"},
			false,
		},
		{"maddr is not obeyed", "SIP/2.0/UDP 10.0.0.7:40123;branch=z9hG4bK1;maddr=192.0.2.66", "10.0.0.7:40123", nil, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				net := memnet.New()
				l, r := start(t, config(net))
				r.answer(l)
				from := net.Peer(t, "10.0.0.7:40123")
				to := from
				if tc.to != "10.0.0.7:40123" {
					to = net.Peer(t, tc.to)
				}
				from.Send(seatsAddr, options(tc.via, 1))
				via := to.Response(within).Via()
				for name, want := range tc.params {
					if got, _ := message.Param(via.Params, name); got != want {
						t.Errorf("%s=%q, want %q", name, got, want)
					}
				}
				if _, ok := message.Param(via.Params, "received"); ok && tc.noReceived {
					t.Error("received was added although the sent-by is true")
				}
			})
		})
	}
}

// Of two listeners each answers what it got, also to the same peer.
func TestReplyLeavesByTheSocketOfTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New()
		var sources []netip.AddrPort
		net.Impair(memnet.Impairment{Drop: func(from, to netip.AddrPort, _ []byte) bool {
			if to.Port() == 5070 {
				sources = append(sources, from)
			}
			return false
		}})
		l, r := start(t, config(net))
		r.answer(l)
		p := net.Peer(t, "10.0.0.7:5070")
		want := []netip.AddrPort{seatsAddr, carrierAddr, seatsAddr, seatsAddr, carrierAddr}
		for i, to := range want {
			p.Send(to, options("SIP/2.0/UDP 10.0.0.7:5070;branch=z9hG4bK1", i+1))
			p.Response(within)
		}
		for i := range want {
			if sources[i] != want[i] {
				t.Errorf("reply %d left by %s, want %s", i, sources[i], want[i])
			}
		}
	})
}

func TestOrderOfArrivalIsKeptOverUDP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New()
		_, r := start(t, config(net))
		p := net.Peer(t, "10.0.0.7:5070")
		const n = 2000
		for i := range n {
			p.Send(seatsAddr, options("SIP/2.0/UDP 10.0.0.7:5070;branch=z9hG4bK1", i+1))
		}
		synctest.Wait()
		got := r.messages()
		if len(got) != n {
			t.Fatalf("%d messages, want %d", len(got), n)
		}
		for i, m := range got {
			if seq := m.Msg.CSeq().SeqNo; seq != uint32(i+1) {
				t.Fatalf("message %d has CSeq %d", i, seq)
			}
		}
	})
}

func TestRubbishIsCountedAndNothingElse(t *testing.T) {
	via := "Via: SIP/2.0/UDP 10.0.0.7:5070;branch=z9hG4bK1\r\n"
	rest := "From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 1\r\n"
	tests := []struct {
		name, data string
		counter    func(*transport.Counters) uint64
		status     int // answered; 0 for not at all
	}{
		{"empty", "", func(c *transport.Counters) uint64 { return c.KeepAlives.Load() }, 0},
		{"ping", "\r\n\r\n", func(c *transport.Counters) uint64 { return c.KeepAlives.Load() }, 0},
		{"NUL", "\x00\x00\x00\x00", func(c *transport.Counters) uint64 { return c.KeepAlives.Load() }, 0},
		{"garbage", "\x80\x00\xff\xfe hello", func(c *transport.Counters) uint64 { return c.NotSIP.Load() }, 0},
		{"HTTP", "GET / HTTP/1.1\r\n\r\n", func(c *transport.Counters) uint64 { return c.NotSIP.Load() }, 0},
		{"cut off", "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2", func(c *transport.Counters) uint64 { return c.Truncated.Load() }, 0},
		{"no CSeq", "OPTIONS sip:a@b SIP/2.0\r\n" + via + rest + "\r\n", func(c *transport.Counters) uint64 { return c.Missing.Load() }, 0},
		{"mismatch", "OPTIONS sip:a@b SIP/2.0\r\n" + via + rest + "CSeq: 1 BYE\r\n\r\n", func(c *transport.Counters) uint64 { return c.Mismatch.Load() }, 400},
		{"version", "OPTIONS sip:a@b SIP/3.0\r\n" + via + rest + "CSeq: 1 OPTIONS\r\n\r\n", func(c *transport.Counters) uint64 { return c.Version.Load() }, 505},
		{"two From", "OPTIONS sip:a@b SIP/2.0\r\n" + via + rest + rest[:23] + "CSeq: 1 OPTIONS\r\n\r\n", func(c *transport.Counters) uint64 { return c.Duplicate.Load() }, 400},
		{"bad ACK", "ACK sip:a@b SIP/2.0\r\n" + via + rest + "CSeq: 1 BYE\r\n\r\n", func(c *transport.Counters) uint64 { return c.Mismatch.Load() }, 0},
		{"bad response", "SIP/2.0 99 OK\r\n" + via + rest + "CSeq: 1 BYE\r\n\r\n", func(c *transport.Counters) uint64 { return c.StartLine.Load() }, 0},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				net := memnet.New()
				l, r := start(t, config(net))
				p := net.Peer(t, "10.0.0.7:5070")
				p.Write(seatsAddr, []byte(tc.data))
				synctest.Wait()
				if n := tc.counter(l.Counters()); n != 1 {
					t.Errorf("counted %d times", n)
				}
				if tc.status != 0 {
					if res := p.Response(within); res.StatusCode != tc.status || message.ToTag(res) == "" {
						t.Errorf("answered %s", res)
					}
				} else if data := p.Read(within); data != nil {
					t.Errorf("answered %q", data)
				}
				p.Send(seatsAddr, options("SIP/2.0/UDP 10.0.0.7:5070;branch=z9hG4bK1", 1))
				synctest.Wait()
				if len(r.messages()) != 1 {
					t.Error("the next message was not received")
				}
			})
		})
	}
}

func TestRefusalsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New()
		l, _ := start(t, config(net))
		p := net.Peer(t, "10.0.0.7:5070")
		bad := "OPTIONS sip:a@b SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.7:5070;branch=z9hG4bK1\n" +
			"From: <sip:a@b>;tag=1\nTo: <sip:c@d>\nCall-ID: 1\nCSeq: 1 BYE\n\n"
		for range 500 {
			p.Send(seatsAddr, bad)
		}
		synctest.Wait()
		c := l.Counters()
		if c.Refused.Load() != transport.RefusalsPerSecond || c.Unanswered.Load() != 500-transport.RefusalsPerSecond {
			t.Errorf("answered %d, not answered %d", c.Refused.Load(), c.Unanswered.Load())
		}
	})
}

func TestStunIsAnswered(t *testing.T) {
	for _, tc := range []struct{ server, client string }{{"10.0.0.1:5060", "10.0.0.7:5070"}, {"[fd00::1]:5060", "[fd00::7]:5070"}} {
		synctest.Test(t, func(t *testing.T) {
			net := memnet.New()
			bind := netip.MustParseAddrPort(tc.server)
			l, _ := start(t, transport.Config{Sockets: net, Listeners: []transport.Listener{
				{Name: "a", Network: "seats", Proto: transport.UDP, Bind: bind},
			}})
			p := net.Peer(t, tc.client)
			request := append([]byte{0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42}, "transaction!"...)
			p.Write(bind, request)
			answer := p.Read(within)
			size := len(p.Addr.Addr().AsSlice())
			if len(answer) != 28+size || answer[0] != 1 || answer[1] != 1 || string(answer[4:20]) != string(request[4:]) {
				t.Fatalf("answer %x", answer)
			}
			mapped := make([]byte, size)
			for i := range mapped {
				mapped[i] = answer[28+i] ^ request[4+i]
			}
			addr, _ := netip.AddrFromSlice(mapped)
			port := (uint16(answer[26])<<8 | uint16(answer[27])) ^ 0x2112
			if got := netip.AddrPortFrom(addr, port); got != p.Addr {
				t.Errorf("mapped address %s, want %s", got, p.Addr)
			}
			p.Write(bind, append([]byte{0, 0x11}, request[2:]...))
			synctest.Wait()
			if c := l.Counters(); c.Stun.Load() != 1 || c.StunOther.Load() != 1 || c.NotSIP.Load() != 0 {
				t.Error("STUN was not counted")
			}
		})
	}
}

func TestSendingIsLimitedToTheNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New()
		l, r := start(t, config(net))
		stranger := net.Peer(t, "203.0.113.9:5060")
		if _, err := l.FlowTo("seats", transport.UDP, stranger.Addr); !errors.Is(err, transport.ErrNotAllowed) {
			t.Errorf("FlowTo a stranger: %v", err)
		}
		if _, err := l.FlowTo("elsewhere", transport.UDP, stranger.Addr); !errors.Is(err, transport.ErrNoListener) {
			t.Errorf("FlowTo of an unknown network: %v", err)
		}
		stranger.Send(seatsAddr, options("SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK1", 1))
		synctest.Wait()
		m := r.messages()[0]
		if err := l.Send(m.Flow, []byte(options("SIP/2.0/UDP 10.0.0.1", 1))); !errors.Is(err, transport.ErrNotAllowed) {
			t.Errorf("request to a stranger: %v", err)
		}
		reply := message.NewResponse(m.Msg.(*sip.Request), 403, "", "us")
		if err := l.Send(m.Flow, message.Append(nil, reply)); err != nil {
			t.Errorf("reply to a stranger: %v", err)
		}
		stranger.Response(within)
		if n := l.Counters().NotAllowed.Load(); n != 2 {
			t.Errorf("counted %d", n)
		}
	})
}

func TestAnyNodeOtherThanThisIsTheLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := memnet.New()
		cfg := config(net)
		cfg.Node = "n1"
		var linked []string
		cfg.Link = func(f transport.Flow, msg []byte) error {
			linked = append(linked, fmt.Sprintf("%s %d", f.Node, len(msg)))
			return nil
		}
		l, _ := start(t, cfg)
		p := net.Peer(t, "10.0.0.7:5070")
		f, err := l.FlowTo("seats", transport.UDP, p.Addr)
		if err != nil {
			t.Fatal(err)
		}
		for _, node := range []string{"", "n1", "n2"} {
			f.Node = node
			if err := l.Send(f, []byte(tcpOptions(1))); err != nil {
				t.Error(err)
			}
		}
		p.Request(within)
		p.Request(within)
		if len(linked) != 1 || linked[0] != fmt.Sprintf("n2 %d", len(tcpOptions(1))) {
			t.Errorf("linked %q", linked)
		}
		cfg.Link, cfg.Sockets = nil, memnet.New()
		alone, _ := start(t, cfg)
		if err := alone.Send(f, []byte("x")); !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("without a link: %v", err)
		}
	})
}
