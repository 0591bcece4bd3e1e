package node_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"strowger/cmd/internal/hosttest"
	"strowger/configs"
	"strowger/sip/overload"
)

// TestOverloadedNode: a node whose messages wait for too long refuses a new call, goes on
// with one that stands, and takes new ones again once nothing waits.
func TestOverloadedNode(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	phone := udpPeer(t, hosttest.Next())
	phone.register(p.sip(0), "1002", 1)
	standing := ring(t, p.sip(0), p.sip(0), phone)
	standing.answered(t)
	until(t, "the node has taken the ACK", func() bool { // what it takes at once would end the queue
		calls, err := p.nodes[0].Exchange.Calls(t.Context())
		return err == nil && len(calls) == 1 && calls[0].Legs[0].State == "confirmed"
	})
	wire := p.nodes[0].Transport
	soon := time.Now().Add(time.Minute) // what was late holds until then: the machine may be slow
	wire.Delayed(soon.Add(-overload.Interval), time.Second)
	wire.Delayed(soon, time.Second)
	late := &call{carrier: udpPeer(t, "127.0.0.2"), id: "late"}
	target := "sip:" + called + "@" + p.sip(0)
	late.carrier.send(p.sip(0), "", late.request("INVITE", 1, target, "<"+target+">")...)
	if refusal := late.carrier.await("SIP/2.0 503"); refusal.get("Retry-After") == "" {
		t.Errorf("refused with %+v", refusal)
	}
	until(t, "the refusal is counted", func() bool { return wire.Counters().OverloadRefused.Load() == 1 }) // once it was sent
	standing.carrierBye(t)
	ring(t, p.sip(0), p.sip(0), phone)
}

// TestOverloadKnowsRegistrar: what comes from a trunk that the node has registered with is
// taken while a stranger is refused.
func TestOverloadKnowsRegistrar(t *testing.T) {
	t.Parallel()
	provider := udpPeer(t, hosttest.Next())
	p := startPair(t, func(c *configs.Config) {
		c.Networks[0].Allow = append(c.Networks[0].Allow, netip.PrefixFrom(provider.local.Addr(), 32))
		c.Trunks = append(c.Trunks, configs.Trunk{
			Name: "provider", Tenant: "demo", Network: "local", Proto: "udp",
			Targets:      []configs.Target{{Host: provider.local.Addr().String(), Port: int(provider.local.Port())}},
			Registration: &configs.TrunkRegistration{User: "account", Domain: "provider", Expires: 10 * time.Minute},
		})
	})
	register := provider.await("REGISTER ")
	provider.respond(p.sip(0), register, "200 OK", "", "Contact: "+register.get("Contact")+";expires=600")
	contact := uri(register.get("Contact"))
	until(t, "the provider has registered the node", func() bool { return p.nodes[0].Desk.Counters().Registered.Load() == 1 })

	wire := p.nodes[0].Transport
	soon := time.Now().Add(time.Minute)
	wire.Delayed(soon.Add(-overload.Interval), time.Second)
	wire.Delayed(soon, time.Second)
	wire.Delayed(soon, overload.Target) // strangers alone have to go
	stranger := &call{carrier: udpPeer(t, hosttest.Next()), id: "stranger"}
	stranger.carrier.send(p.sip(0), "", stranger.request("INVITE", 1, contact, "<"+contact+">")...)
	if refusal := stranger.carrier.await("SIP/2.0 "); refusal.get("Retry-After") == "" {
		t.Errorf("a stranger has %+v", refusal)
	}
	known := &call{carrier: provider, id: "known"}
	provider.send(p.sip(0), "", known.request("INVITE", 1, contact, "<"+contact+">")...)
	if answer := provider.await("SIP/2.0 4", "SIP/2.0 5"); !strings.HasPrefix(answer.first, "SIP/2.0 404") {
		t.Errorf("the provider has %+v", answer)
	}
}
