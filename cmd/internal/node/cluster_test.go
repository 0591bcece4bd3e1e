package node_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"strowger/cmd/internal/hosttest"
	"strowger/cmd/internal/node"
	"strowger/configs"
	"strowger/sip/state/redistest"
)

// called rings seat 1002 of the demo plan.
const called = "+448081570002"

// pair is two nodes of one cluster, started from the file that is shipped.
type pair struct {
	nodes [2]*node.Node
	hosts [2]string
}

func (p *pair) sip(i int) string { return p.hosts[i] + ":5060" }

// startPair starts both nodes, one after the other, and waits until they are
// connected. The adaptations change the configuration of the first.
func startPair(t *testing.T, adapt ...func(c *configs.Config)) *pair {
	t.Helper()
	p, cfgs := configurePair(t)
	for _, a := range adapt {
		a(cfgs[0])
	}
	for i, cfg := range cfgs {
		if err := p.start(t, i, cfg); err != nil {
			t.Fatal(err)
		}
	}
	p.connected(t)
	return p
}

// configurePair loads the configuration of both nodes.
func configurePair(t *testing.T) (p *pair, cfgs [2]*configs.Config) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a redis-server: not in -short")
	}
	env := map[string]string{"STROWGER_STORE": redistest.Start(t), "STROWGER_KEY": filepath.Join(t.TempDir(), "key")}
	if err := os.WriteFile(env["STROWGER_KEY"], []byte(strings.Repeat("k", 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	p = &pair{}
	for i := range cfgs {
		p.hosts[i] = hosttest.Next()
		env["STROWGER_NODE"], env["STROWGER_ADDRESS"] = fmt.Sprintf("node-%d", i+1), p.hosts[i]
		cfg, err := configs.Load("../../../configs/cluster.hcl", configs.Overrides{
			Data: t.TempDir(), AdminHTTP: netip.MustParseAddrPort("127.0.0.1:0"),
			Env: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
		})
		if err != nil {
			t.Fatal(err)
		}
		cfgs[i] = cfg
	}
	return p, cfgs
}

// start runs a node until the test ends.
func (p *pair) start(t *testing.T, i int, cfg *configs.Config) error {
	t.Helper()
	n, err := node.Start(t.Context(), cfg, slog.New(slog.NewTextHandler(t.Output(), nil)).With("on", cfg.Node.Name))
	if err != nil {
		return err
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = n.Stop(ctx) // calls may stand
	})
	p.nodes[i] = n
	return nil
}

func (p *pair) connected(t *testing.T) {
	t.Helper()
	until(t, "the nodes are connected", func() bool {
		return p.nodes[0].Link.Connected("node-2") && p.nodes[1].Link.Connected("node-1")
	})
}

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.After(patience)
	for !is() {
		select {
		case <-deadline:
			t.Fatalf("it never came that %s", what)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// call is a carrier's call through a node to a phone.
type call struct {
	carrier, phone *peer
	at             string     // the node that the carrier calls
	by             string     // the node that the phone is reached by
	id, via        string     // Call-ID and tag; Via of the INVITE
	invite         sipMessage // at the phone
	answer         sipMessage // at the carrier
}

func (c *call) request(method string, cseq int, target, to string) []string {
	return []string{
		method + " " + target + " SIP/2.0", c.carrier.via(), "Max-Forwards: 70",
		"From: <sip:+441632960123@" + c.carrier.local.String() + ">;tag=" + c.id, "To: " + to,
		"Call-ID: " + c.id, fmt.Sprintf("CSeq: %d %s", cseq, method), c.carrier.contact("carrier"),
	}
}

// ring has the carrier call and the phone ring.
func ring(t *testing.T, at, by string, phone *peer) *call {
	t.Helper()
	c := &call{carrier: udpPeer(t, "127.0.0.2"), phone: phone, at: at, by: by}
	c.id = fmt.Sprintf("call-%d", c.carrier.local.Port())
	target := "sip:" + called + "@" + at
	lines := c.request("INVITE", 1, target, "<"+target+">")
	c.via = lines[1]
	c.carrier.send(at, c.carrier.sdp(), lines...)
	c.invite = phone.await("INVITE ")
	byHost, _, _ := strings.Cut(by, ":")
	for _, name := range []string{"Via", "Contact"} {
		if v := c.invite.get(name); !strings.Contains(v, byHost) {
			t.Errorf("the phone's INVITE has %s %q, which is not of %s", name, v, by)
		}
	}
	if phone.packet != nil && c.invite.from.String() != by {
		t.Errorf("the INVITE came from %s, not from %s", c.invite.from, by)
	}
	phone.respond(by, c.invite, "180 Ringing", "", phone.contact("1002"))
	c.carrier.await("SIP/2.0 180")
	return c
}

// answered has the phone answer, and both hear each other through the carrier's node.
func (c *call) answered(t *testing.T) {
	t.Helper()
	c.phone.respond(c.by, c.invite, "200 OK", c.phone.sdp(), c.phone.contact("1002"))
	c.answer = c.carrier.await("SIP/2.0 200")
	c.carrier.send(c.at, "", c.request("ACK", 1, uri(c.answer.get("Contact")), c.answer.get("To"))...)
	c.phone.await("ACK ")
	atCarrier, atPhone := soundOf(t, c.answer.body), soundOf(t, c.invite.body)
	atHost, _, _ := strings.Cut(c.at, ":")
	if atCarrier.Addr().String() != atHost || atPhone.Addr().String() != atHost {
		t.Errorf("sound goes by %s and %s, not by %s", atCarrier, atPhone, c.at)
	}
	c.carrier.hears(c.phone, atPhone)
	c.phone.hears(c.carrier, atCarrier)
}

// phoneBye has the phone hang up.
func (c *call) phoneBye(t *testing.T) {
	t.Helper()
	c.phone.send(c.by, "", "BYE "+uri(c.invite.get("Contact"))+" SIP/2.0", c.phone.via(), "Max-Forwards: 70",
		"From: "+c.invite.get("To")+";tag=phone", "To: "+c.invite.get("From"), "Call-ID: "+c.invite.get("Call-ID"), "CSeq: 1 BYE")
	bye := c.carrier.await("BYE ")
	c.carrier.respond(c.at, bye, "200 OK", "")
	c.phone.await("SIP/2.0 200")
}

// carrierBye has the carrier hang up.
func (c *call) carrierBye(t *testing.T) {
	t.Helper()
	c.carrier.send(c.at, "", c.request("BYE", 2, uri(c.answer.get("Contact")), c.answer.get("To"))...)
	bye := c.phone.await("BYE ")
	c.phone.respond(c.by, bye, "200 OK", "")
	c.carrier.await("SIP/2.0 200")
}

// cancelled has the phone end the INVITE that the node which reaches it cancels.
func (c *call) cancelled() {
	cancel := c.phone.await("CANCEL ")
	for _, name := range []string{"Via", "From", "To", "Call-ID"} {
		if got, want := cancel.get(name), c.invite.get(name); got != want {
			c.phone.t.Errorf("the CANCEL has %s %q, the INVITE %q", name, got, want)
		}
	}
	c.phone.respond(c.by, cancel, "200 OK", "")
	c.phone.respond(c.by, c.invite, "487 Request Terminated", "")
	c.phone.await("ACK ")
}

// TestCallThroughOtherNode: a call that arrives at node 1 reaches a seat that is
// registered at node 2, over UDP and TCP, and ends from either side.
func TestCallThroughOtherNode(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	one, two := p.sip(0), p.sip(1)
	udp := udpPeer(t, hosttest.Next())
	udp.register(two, "1002", 1)
	for name, bye := range map[string]func(*call, *testing.T){"phone hangs up": (*call).phoneBye, "carrier hangs up": (*call).carrierBye} {
		t.Run("udp, "+name, func(t *testing.T) {
			c := ring(t, one, two, udp)
			c.answered(t)
			bye(c, t)
		})
	}
	t.Run("refreshed at the other node", func(t *testing.T) {
		udp.register(one, "1002", 10)
		c := ring(t, two, one, udp)
		c.answered(t)
		c.carrierBye(t)
		udp.unregister(one, "1002", 20)
	})
	tcp := tcpPeer(t, hosttest.Next(), two)
	tcp.register(two, "1002", 1)
	for name, bye := range map[string]func(*call, *testing.T){"phone hangs up": (*call).phoneBye, "carrier hangs up": (*call).carrierBye} {
		t.Run("tcp, "+name, func(t *testing.T) {
			c := ring(t, one, two, tcp)
			c.answered(t)
			bye(c, t)
		})
	}
	t.Run("tcp, carrier cancels", func(t *testing.T) {
		c := ring(t, one, two, tcp)
		target := "sip:" + called + "@" + one
		cancel := c.request("CANCEL", 1, target, "<"+target+">")
		cancel[1] = c.via
		c.carrier.send(one, "", cancel...)
		c.cancelled()
		c.carrier.await("SIP/2.0 487")
	})
	t.Run("the phone's connection breaks while it rings", func(t *testing.T) {
		c := ring(t, one, two, tcp)
		tcp.stream.Close()
		c.carrier.await("SIP/2.0 480", "SIP/2.0 503")
	})
	until(t, "no call is left", func() bool { return p.nodes[0].Exchange.Active() == 0 && p.nodes[1].Exchange.Active() == 0 })
}

// TestLinkEnds: without the link a ringing call and a new one fail at once, the
// phone stops ringing, and the node goes on.
func TestLinkEnds(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	one, two := p.sip(0), p.sip(1)
	phone := udpPeer(t, hosttest.Next())
	phone.register(two, "1002", 1)
	ringing := ring(t, one, two, phone)
	if err := p.nodes[1].Link.Close(); err != nil {
		t.Error(err)
	}
	ringing.carrier.await("SIP/2.0 480", "SIP/2.0 503")
	ringing.cancelled()
	until(t, "node 1 knows", func() bool { return !p.nodes[0].Link.Connected("node-2") })
	carrier := udpPeer(t, "127.0.0.2")
	c := &call{carrier: carrier, id: "second"}
	target := "sip:" + called + "@" + one
	carrier.send(one, carrier.sdp(), c.request("INVITE", 1, target, "<"+target+">")...)
	carrier.await("SIP/2.0 480", "SIP/2.0 503")
	phone.register(one, "1002", 10)
	again := ring(t, one, one, phone)
	again.answered(t)
	again.phoneBye(t)
}

// detour is a way to a node's link that can be cut.
type detour struct {
	mu    sync.Mutex
	conns []net.Conn
}

// lead has others reach a node by the detour.
func (d *detour) lead(t *testing.T, c *configs.Config) {
	t.Helper()
	l, err := net.Listen("tcp", c.Cluster.Link.Addr().String()+":0")
	if err != nil {
		t.Fatal(err)
	}
	link := c.Cluster.Link.String()
	c.Cluster.Advertised = addrOf(l.Addr())
	t.Cleanup(func() {
		l.Close()
		d.cut()
	})
	go func() { // ends with the listener
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", link)
			if err != nil {
				in.Close()
				continue
			}
			d.mu.Lock()
			d.conns = append(d.conns, in, out)
			d.mu.Unlock()
			go func() { _, _ = io.Copy(in, out) }()
			go func() { _, _ = io.Copy(out, in) }()
		}
	}()
}

// cut breaks what stands; the way is open for new connections.
func (d *detour) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.conns {
		c.Close()
	}
	d.conns = nil
}

// TestLinkCut: a call that stands outlives a cut of the link, one that rings ends
// on both sides.
func TestLinkCut(t *testing.T) {
	t.Parallel()
	var way detour
	p := startPair(t, func(c *configs.Config) { way.lead(t, c) })
	one, two := p.sip(0), p.sip(1)
	phone := udpPeer(t, hosttest.Next())
	phone.register(two, "1002", 1)
	stands := ring(t, one, two, phone)
	stands.answered(t)
	phone.unregister(two, "1002", 10)
	other := tcpPeer(t, hosttest.Next(), two)
	other.register(two, "1002", 1)
	rings := ring(t, one, two, other)
	before := p.nodes[0].Link.Counters().Connected.Load()
	way.cut()
	rings.carrier.await("SIP/2.0 480", "SIP/2.0 503")
	rings.cancelled()
	until(t, "the link is back", func() bool {
		return p.nodes[0].Link.Counters().Connected.Load() > before && p.nodes[1].Link.Connected("node-1")
	})
	stands.carrier.hears(phone, soundOf(t, stands.invite.body))
	stands.phoneBye(t)
	again := ring(t, one, two, other)
	again.answered(t)
	again.carrierBye(t)
}

// TestStartTogether: nodes that start at once on an empty store share its seed.
func TestStartTogether(t *testing.T) {
	t.Parallel()
	p, cfgs := configurePair(t)
	var together errgroup.Group
	for i, cfg := range cfgs {
		together.Go(func() error { return p.start(t, i, cfg) })
	}
	if err := together.Wait(); err != nil {
		t.Fatal(err)
	}
	p.connected(t)
	phone := udpPeer(t, hosttest.Next())
	phone.register(p.sip(1), "1002", 1)
	c := ring(t, p.sip(0), p.sip(1), phone)
	c.answered(t)
	c.carrierBye(t)
}

// TestSameName: a name that a living node has is refused in one clear line.
func TestSameName(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	cfg := *p.nodes[0].Config
	other := *cfg.Cluster
	other.Link = netip.MustParseAddrPort(hosttest.Next() + ":0")
	other.Advertised = other.Link
	cfg.Cluster = &other
	cfg.Node.Data = t.TempDir()
	n, err := node.Start(t.Context(), &cfg, slog.New(slog.DiscardHandler))
	if err == nil {
		_ = n.Stop(t.Context())
		t.Fatal("two nodes have one name")
	}
	if text := err.Error(); !strings.Contains(text, "the node name node-1 is taken by the node at "+p.hosts[0]) || strings.Contains(text, "\n") {
		t.Errorf("the refusal is %q", text)
	}
}
