package transport_test

import (
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/certificate/certtest"
	"strowger/sip/message"
	"strowger/sip/overload"
	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

// Who is who for the gate of these tests.
var (
	trunkAddr   = netip.MustParseAddrPort("10.0.0.20:5060")
	strangeAddr = netip.MustParseAddrPort("10.0.0.66:5060")
	blockedAddr = netip.MustParseAddrPort("10.0.0.13:5060")
)

func gated(n *memnet.Net) transport.Config {
	cfg := config(n)
	cfg.Gate = &transport.Gate{
		Judge: overload.Judge{
			Mine:      func(token string) bool { return token == "ours" },
			Emergency: func(user string) bool { return user == "999" },
		},
		Trunk:   func(_ string, from netip.Addr) bool { return from == trunkAddr.Addr() },
		Blocked: func(_ string, from netip.Addr) bool { return from == blockedAddr.Addr() },
	}
	return cfg
}

// demand is a request by its method and user; tag is its To tag.
func demand(method, user, tag string, id int) string {
	if tag != "" {
		tag = ";tag=" + tag
	}
	return fmt.Sprintf("%[1]s sip:%[2]s@us SIP/2.0\r\nVia: SIP/2.0/UDP a.invalid;rport;branch=z9hG4bK%[4]d\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@a>;tag=f\r\nTo: <sip:b@b>%[3]s\r\nCall-ID: call-%[4]d\r\nCSeq: 1 %[1]s\r\nContent-Length: 0\r\n\r\n", method, user, tag, id)
}

// slowly makes the recorder take some time for each message.
func slowly(r *recorder, d time.Duration) {
	r.onReceive(func(transport.Received) { <-time.After(d) })
}

// What came while something was handled is taken by its class, each class in the order
// of arrival, with one emergency call before the rest.
func TestBacklogIsTakenByClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		_, r := start(t, gated(n))
		trunk, stranger := n.Peer(t, trunkAddr.String()), n.Peer(t, strangeAddr.String())
		slowly(r, time.Millisecond)
		for i := range 16 { // before the last of them the reader looks for more
			trunk.Send(seatsAddr, demand("OPTIONS", "us", "", i))
		}
		for i := range 3 {
			stranger.Send(seatsAddr, demand("INVITE", "1", "", 100+i))
			trunk.Send(seatsAddr, demand("INVITE", "1", "", 200+i))
			trunk.Send(seatsAddr, demand("CANCEL", "1", "", 200+i))
			stranger.Send(seatsAddr, demand("INVITE", "999", "", 300+i))
			trunk.Send(seatsAddr, demand("BYE", "1", "ours", 400+i))
		}
		<-time.After(time.Second)
		var got []string
		for _, m := range r.messages()[15:] {
			req := m.Msg.(*sip.Request)
			got = append(got, string(req.Method[:1])+strings.TrimPrefix(req.CallID().Value(), "call-"))
		}
		const want = "I300 O15 B400 B401 B402 I301 I302 I200 C200 I201 C201 I202 C202 I100 I101 I102"
		if text := strings.Join(got, " "); text != want {
			t.Errorf("taken:\n%s\nwant\n%s", text, want)
		}
	})
}

// A node that takes 1 ms for a message is offered two calls in that time: it takes most
// of what it can, refuses the rest before it is late, and keeps calls that stand quick.
func TestOverloadIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, gated(n))
		trunk := n.Peer(t, trunkAddr.String())
		var longest time.Duration
		begin := time.Now()
		sent := map[string]time.Time{}
		r.onReceive(func(m transport.Received) {
			if req := m.Msg.(*sip.Request); req.Method == sip.BYE {
				longest = max(longest, time.Since(sent[req.CallID().Value()]))
			}
			<-time.After(time.Millisecond)
		})
		const load = 5 * time.Second
		const taken = 100 // an INVITE that comes again when others are refused
		for i := 0; time.Since(begin) < load; i++ {
			trunk.Send(seatsAddr, demand("INVITE", "1", "", i))
			if i%100 == 0 {
				sent[fmt.Sprintf("call-%d", 1_000_000+i)] = time.Now()
				trunk.Send(seatsAddr, demand("BYE", "1", "ours", 1_000_000+i))
			}
			if i == 6000 {
				trunk.Send(seatsAddr, demand("INVITE", "1", "", taken))
			}
			<-time.After(time.Millisecond / 2)
		}
		synctest.Wait()
		if got, can := len(r.messages()), int(load/time.Millisecond); got < can*8/10 {
			t.Errorf("%d taken of %d", got, can)
		}
		repeated := 0
		for _, m := range r.messages() {
			if m.Msg.CallID().Value() == fmt.Sprintf("call-%d", taken) {
				repeated++
			}
		}
		if repeated != 2 {
			t.Errorf("an INVITE that was taken, and came again, was taken %d times", repeated)
		}
		if longest > 30*time.Millisecond {
			t.Errorf("a BYE waited %s", longest)
		}
		<-time.After(time.Second)
		res := trunk.Response(within)
		if res.StatusCode != 503 || message.Header(res, "Retry-After") == "" {
			t.Errorf("refused with\n%s", res)
		}
		refused := l.Counters().OverloadRefused.Load()
		if all := refused + uint64(len(r.messages())); all != 10_101 {
			t.Errorf("%d of 10101 were taken or refused", all)
		}
		r.forget()
		trunk.Send(seatsAddr, demand("ACK", "1", message.ToTag(res), 1))
		trunk.Send(seatsAddr, demand("INVITE", "1", "", 999_999))
		synctest.Wait()
		if len(r.messages()) != 1 || l.Counters().RefusalAcks.Load() != 1 || l.Counters().OverloadRefused.Load() != refused {
			t.Errorf("after the load %d messages were taken, of an ACK and an INVITE", len(r.messages()))
		}
	})
}

// Whoever is not known brings so much and no more, is told so at most so often, and
// delays nobody; whoever has registered is known, also by the port that it wants its
// replies at.
func TestUnknownSourcesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, gated(n))
		flood := func(p *memnet.Peer, count int) int {
			r.forget()
			for i := range count {
				p.Send(seatsAddr, strings.Replace(demand("INVITE", "1", "", i), ";rport", "", 1))
				if i%100 == 0 {
					synctest.Wait()
				}
			}
			synctest.Wait()
			return len(r.messages())
		}
		const many = 2 * overload.PerSource
		stranger := n.Peer(t, "10.0.0.66:7000")
		replies := n.Peer(t, strangeAddr.String())
		if got := flood(stranger, many); got != overload.PerSource {
			t.Errorf("%d of %d taken", got, many)
		}
		refused := 0
		for replies.Read(time.Millisecond) != nil {
			refused++
		}
		if c := l.Counters(); c.SourceRate.Load() != many-overload.PerSource || refused == 0 || uint64(refused) != c.OverloadRefused.Load() ||
			c.OverloadRefused.Load()+c.OverloadDropped.Load() != c.SourceRate.Load() || c.OverloadDropped.Load() == 0 {
			t.Errorf("%d too many, %d told", c.SourceRate.Load(), refused)
		}
		if got := flood(n.Peer(t, trunkAddr.String()), many); got != many {
			t.Errorf("%d of a trunk's %d taken", got, many)
		}
		phone := n.Peer(t, "10.0.0.7:6000")
		flow, err := l.FlowTo("seats", transport.UDP, phone.Addr)
		if err != nil {
			t.Fatal(err)
		}
		l.Know(flow)
		if got := flood(phone, many); got != many {
			t.Errorf("%d of a phone's %d taken", got, many)
		}
	})
}

func TestBlockedSourcesAreDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, gated(n))
		p := n.Peer(t, blockedAddr.String())
		p.Send(seatsAddr, demand("INVITE", "1", "", 1))
		p.Write(seatsAddr, []byte("\r\n\r\n"))
		mustBeClosed(t, dial(t, n, blockedAddr.Addr().String()))
		synctest.Wait()
		if len(r.messages()) != 0 || l.Counters().Blocked.Load() != 3 || l.Counters().KeepAlives.Load() != 0 {
			t.Errorf("%d taken, %d blocked", len(r.messages()), l.Counters().Blocked.Load())
		}
	})
}

// What waits behind the layer has new requests refused on streams, and those of strangers
// first; what a known source has begun it may end.
// TestProvenByCertificate: what comes by a connection that has shown a trunk's
// certificate goes before what comes from others, from wherever it was made.
func TestProvenByCertificate(t *testing.T) {
	for name, tt := range map[string]struct {
		shown string
		taken bool
	}{
		"the trunk's": {"carrier.example", true},
		"another":     {"elsewhere.example", false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := memnet.New()
				cfg, client := tlsNode(t, n)
				cfg.Gate = gated(n).Gate
				cfg.Gate.Certificate = func(network string, names []string) bool {
					return network == "seats" && slices.Contains(names, "carrier.example")
				}
				ca, dir := certtest.New(t), t.TempDir()
				server := cfg.Listeners[len(cfg.Listeners)-1].TLS
				server.ClientAuth, server.ClientCAs = tls.RequireAndVerifyClientCert, ca.Pool()
				pair, err := tls.LoadX509KeyPair(ca.Write(dir, "peer", time.Hour, tt.shown))
				if err != nil {
					t.Fatal(err)
				}
				client.Certificates = []tls.Certificate{pair}
				l, r := start(t, cfg)
				c := tls.Client(dialTLS(t, n, "10.0.0.7"), client)
				write(t, c, demand("OPTIONS", "1", "", 1))
				synctest.Wait()
				l.Delayed(time.Now(), time.Second)
				<-time.After(overload.Interval)
				l.Delayed(time.Now(), time.Second)
				l.Delayed(time.Now(), 80*time.Millisecond) // too long for strangers alone
				write(t, c, demand("INVITE", "1", "", 2))
				if !tt.taken {
					if got := readUntil(t, c, "\r\n\r\n"); !strings.HasPrefix(got, "SIP/2.0 503") {
						t.Errorf("it is answered with\n%s", got)
					}
				}
				synctest.Wait()
				if got := len(r.messages()); (got == 2) != tt.taken {
					t.Errorf("%d messages were taken", got)
				}
			})
		})
	}
}

func TestDelayBehindTheLayerRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, gated(n))
		trunk, stranger := dial(t, n, trunkAddr.Addr().String()), dial(t, n, "10.0.0.66")
		l.Delayed(time.Now(), time.Second)
		<-time.After(overload.Interval)
		l.Delayed(time.Now(), time.Second)
		write(t, trunk, demand("INVITE", "1", "", 1))
		if got := readUntil(t, trunk, "\r\n\r\n"); !strings.HasPrefix(got, "SIP/2.0 503") {
			t.Errorf("a new call is answered with\n%s", got)
		}
		for _, text := range []string{demand("CANCEL", "1", "", 1), demand("BYE", "1", "ours", 2), demand("INVITE", "999", "", 3)} {
			write(t, trunk, text)
		}
		synctest.Wait()
		if got := len(r.messages()); got != 3 {
			t.Errorf("%d of 3 taken that must be", got)
		}
		l.Delayed(time.Now(), 80*time.Millisecond)
		write(t, stranger, demand("REGISTER", "1", "", 4))
		if got := readUntil(t, stranger, "\r\n\r\n"); !strings.HasPrefix(got, "SIP/2.0 503") {
			t.Errorf("a stranger is answered with\n%s", got)
		}
		write(t, trunk, demand("INVITE", "1", "", 5))
		l.Delayed(time.Now(), 0)
		write(t, stranger, demand("REGISTER", "1", "", 6))
		synctest.Wait()
		if got := len(r.messages()); got != 5 {
			t.Errorf("%d of 5 taken", got)
		}
	})
}
