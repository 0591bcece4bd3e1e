package exchange

import (
	"net/netip"
	"testing"

	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transport"
)

// TestHopProto: the transport of a next hop, by that of the leg.
func TestHopProto(t *testing.T) {
	for uri, want := range map[string]map[transport.Proto]transport.Proto{
		"sip:h":                {transport.UDP: transport.UDP, transport.TCP: transport.TCP, transport.TLS: transport.TLS},
		"sip:h;transport=TCP":  {transport.UDP: transport.TCP, transport.TCP: transport.TCP, transport.TLS: ""},
		"sip:h;transport=udp":  {transport.UDP: transport.UDP, transport.TCP: transport.UDP, transport.TLS: ""},
		"sip:h;transport=tls":  {transport.UDP: transport.TLS, transport.TCP: transport.TLS, transport.TLS: transport.TLS},
		"sips:h;transport=tcp": {transport.UDP: transport.TLS, transport.TCP: transport.TLS, transport.TLS: transport.TLS},
		"sip:h;transport=ws":   {transport.UDP: "", transport.TCP: "", transport.TLS: ""},
	} {
		hop, err := message.ParseURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		for of, proto := range want {
			if got, ok := hopProto(of, hop); ok != (proto != "") || ok && got != proto {
				t.Errorf("%s of a leg by %s: %s, %t; want %s", uri, of, got, ok, proto)
			}
		}
	}
}

// TestBehindNAT: a private address is followed of who is reached at one, or owns it.
func TestBehindNAT(t *testing.T) {
	own := []netip.Prefix{netip.MustParsePrefix("192.168.7.0/24")}
	for _, c := range []struct {
		at, named string
		want      bool
	}{
		{"203.0.113.5", "192.168.1.10", true},
		{"203.0.113.5", "fd00::1", true},
		{"203.0.113.5", "192.168.7.10", false},
		{"203.0.113.5", "203.0.113.6", false},
		{"10.0.0.5", "192.168.1.10", false},
		{"127.0.0.5", "192.168.1.10", false},
	} {
		l := &leg.Leg{
			Flow:  transport.Flow{Remote: netip.AddrPortFrom(netip.MustParseAddr(c.at), 5060)},
			Party: leg.Party{Kind: leg.Trunk, Sources: own},
		}
		if got := behindNAT(l, netip.MustParseAddr(c.named)); got != c.want {
			t.Errorf("%s of a party at %s: %t", c.named, c.at, got)
		}
	}
}
