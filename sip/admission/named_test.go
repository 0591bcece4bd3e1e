package admission_test

import (
	"log/slog"
	"net/netip"
	"slices"
	"testing"

	"strowger/sip/leg"
	"strowger/sip/resolve"
	"strowger/sip/resolve/dnstest"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

// TestNamedTrunk: a trunk that is a name is called at each address that DNS has for
// it and the network allows, by the name.
func TestNamedTrunk(t *testing.T) {
	t.Parallel()
	server := dnstest.Start(t, `
host-record=a.test,192.0.2.9
host-record=b.test,192.0.2.10
host-record=c.test,192.0.2.11
srv-host=_sip._udp.carrier.test,a.test,5060,10,0
srv-host=_sip._udp.carrier.test,c.test,5060,20,0
srv-host=_sip._udp.carrier.test,b.test,5080,30,0
srv-host=_sip._tcp.backup.test,a.test,5060,10,0
`)
	r := resolve.New(resolve.Config{Servers: []netip.AddrPort{server.Addr}, Log: slog.New(slog.DiscardHandler)})
	follow := func(host string, port uint16, protos ...transport.Proto) *resolve.Name {
		return r.Follow(resolve.Target{Host: host, Port: port, Protos: protos, V4: true})
	}
	b := benchOf(t, trunk.NewSet([]trunk.Trunk{
		{Name: "carrier", Tenant: tenantName, Network: "carriers", Targets: []*resolve.Name{
			follow("carrier.test", 0, transport.UDP), follow("a.test", 5060, transport.UDP), // the same again
		}},
		{Name: "backup", Tenant: tenantName, Network: "carriers", Targets: []*resolve.Name{
			follow("backup.test", 0, transport.UDP, transport.TCP), follow("b.test", 5070, transport.TCP), follow("none.test", 0, transport.UDP),
		}},
	}))
	b.sender.blocked = blocked(netip.MustParseAddrPort("192.0.2.11:5060"))
	refused(t, b.fromSeat("1001", "901632960777"), 503, "No trunk available")
	if n := b.Counters().TrunkUnknown.Load(); n != 2 {
		t.Errorf("before it is resolved, %d calls had no address, want 2", n)
	}
	r.Start()
	defer r.Close()
	r.Wait(t.Context())
	p := b.fromSeat("1001", "901632960777")
	const shown = " as sip:+441632961001@203.0.113.1"
	rings(t, p, "sip:+441632960777@carrier.test"+shown+" or sip:+441632960777@carrier.test",
		"sip:+441632960777@backup.test"+shown+" or sip:+441632960777@b.test:5070;transport=tcp")
	var ways []string
	for _, s := range p.Stages {
		target := s.Targets[0]
		for _, way := range append([]leg.Address{target.Address}, target.Next...) {
			ways = append(ways, resolve.Address{AddrPort: way.Flow.Remote, Proto: way.Flow.Proto}.String())
			if way.Party.Home != way.Flow.Remote {
				t.Errorf("%s has the home %s", way.Flow.Remote, way.Party.Home)
			}
		}
	}
	want := []string{"192.0.2.9:5060/udp", "192.0.2.10:5080/udp", "192.0.2.9:5060/tcp", "192.0.2.10:5070/tcp"}
	if !slices.Equal(ways, want) {
		t.Errorf("the ways are %s, want %s", ways, want)
	}
	if n := b.Counters().TrunkBlocked.Load(); n != 1 {
		t.Errorf("%d addresses were blocked, want 1", n)
	}
}
