package trunk_test

import (
	"net/netip"
	"slices"
	"testing"

	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/resolve"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func set() *trunk.Set {
	return trunk.NewSet([]trunk.Trunk{
		{Name: "one", Tenant: "demo", Network: "carriers", Sources: prefixes("192.0.2.0/28", "2001:db8::/64"), Media: prefixes("198.51.100.0/24")},
		{Name: "two", Tenant: "demo", Network: "carriers", Sources: prefixes("192.0.2.16/28")},
		{Name: "one", Tenant: "other", Network: "private", Sources: prefixes("192.0.2.0/28")},
		{Name: "out", Tenant: "demo", Network: "carriers"},
	})
}

func TestBySource(t *testing.T) {
	for _, tt := range []struct{ network, from, want string }{
		{"carriers", "192.0.2.1", "demo one"},
		{"carriers", "192.0.2.15", "demo one"},
		{"carriers", "192.0.2.16", "demo two"},
		{"carriers", "::ffff:192.0.2.1", "demo one"}, // as a socket for both families has it
		{"carriers", "2001:db8::7", "demo one"},
		{"private", "192.0.2.1", "other one"},
		{"private", "192.0.2.16", ""},
		{"carriers", "192.0.2.32", ""},
		{"phones", "192.0.2.1", ""},
		{"", "192.0.2.1", ""},
	} {
		got := ""
		if found := set().BySource(tt.network, netip.MustParseAddr(tt.from)); found != nil {
			got = found.Tenant + " " + found.Name
		}
		if got != tt.want {
			t.Errorf("%s on %s is %q, want %q", tt.from, tt.network, got, tt.want)
		}
	}
	if set().BySource("carriers", netip.Addr{}) != nil {
		t.Error("no address is a trunk's")
	}
}

func TestFind(t *testing.T) {
	s := set()
	if got := s.Find("other", "one"); got == nil || got.Network != "private" {
		t.Errorf("other's one is %+v", got)
	}
	if s.Find("demo", "three") != nil || s.Find("", "one") != nil {
		t.Error("found a trunk that there is not")
	}
	if got, want := s.OfTenant("demo"), []string{"one", "two", "out"}; !slices.Equal(got, want) {
		t.Errorf("demo has %q, want %q", got, want)
	}
	if got := s.OfTenant("nobody"); got != nil {
		t.Errorf("nobody has %q", got)
	}
}

func TestParty(t *testing.T) {
	one := set().Find("demo", "one")
	at := netip.MustParseAddrPort("192.0.2.1:5060")
	p := one.Party(at)
	if p.Kind != leg.Trunk || p.String() != "trunk:one" || p.Tenant != "demo" || p.Network != "carriers" || !slices.Equal(p.Sources, one.Sources) || !slices.Equal(p.Media, one.Media) || len(p.Media) != 1 || p.Home != at {
		t.Errorf("%+v", p)
	}
}

// TestCaller: a trunk that called is called back where it called from, if it can be.
func TestCaller(t *testing.T) {
	var targets []netip.AddrPort
	for _, a := range []string{"192.0.2.1:5060", "192.0.2.2:5070", "192.0.2.2:5080"} {
		targets = append(targets, netip.MustParseAddrPort(a))
	}
	for from, want := range map[string]netip.AddrPort{"192.0.2.2": targets[1], "::ffff:192.0.2.2": targets[1], "192.0.2.1": targets[0], "192.0.2.3": targets[0]} {
		one := trunk.Trunk{Name: "one", Targets: []*resolve.Name{resolve.Fixed(transport.UDP, targets...)}}
		if p := one.Caller(netip.MustParseAddr(from)); p.Home != want || p.Name != "one" {
			t.Errorf("from %s: %+v, want home %s", from, p, want)
		}
	}
	if p := new(trunk.Trunk).Caller(targets[0].Addr()); p.Home.IsValid() {
		t.Errorf("a trunk without targets has the home %s", p.Home)
	}
}

// TestWays: every address of every target, in order and once.
func TestWays(t *testing.T) {
	a, b := netip.MustParseAddrPort("192.0.2.1:5060"), netip.MustParseAddrPort("192.0.2.2:5060")
	one := trunk.Trunk{Targets: []*resolve.Name{
		resolve.Fixed(transport.UDP, b, a), resolve.Fixed(transport.TCP, a), resolve.Fixed(transport.UDP, a, b),
	}}
	want := []resolve.Address{{AddrPort: b, Proto: transport.UDP}, {AddrPort: a, Proto: transport.UDP}, {AddrPort: a, Proto: transport.TCP}}
	var got []resolve.Address
	for _, w := range one.Ways() {
		got = append(got, w.Address)
	}
	if !slices.Equal(got, want) {
		t.Errorf("it is called at %v, want %v", got, want)
	}
	if ways := new(trunk.Trunk).Ways(); len(ways) != 0 {
		t.Errorf("a trunk without targets is called at %v", ways)
	}
}

func TestNoTrunks(t *testing.T) {
	var s *trunk.Set
	if s.BySource("carriers", netip.MustParseAddr("192.0.2.1")) != nil || s.Find("demo", "one") != nil || s.OfTenant("demo") != nil {
		t.Error("the nil set has a trunk")
	}
}

// TestByCertificate: a trunk is known by what it showed on a TLS connection of its
// network, and so are the requests of its calls.
func TestByCertificate(t *testing.T) {
	shows := func(f transport.Flow) bool { return f.Conn == 7 }
	s := trunk.NewSet([]trunk.Trunk{{Name: "plain", Network: "net"}, {Name: "secure", Network: "net", Shows: shows}})
	for want, f := range map[string]transport.Flow{
		"secure": {Network: "net", Proto: transport.TLS, Conn: 7},
		"":       {Network: "net", Proto: transport.TLS, Conn: 8},
		"tcp":    {Network: "net", Proto: transport.TCP, Conn: 7},
		"other":  {Network: "other", Proto: transport.TLS, Conn: 7},
	} {
		got := s.ByCertificate(f)
		if (got != nil) != (want == "secure") {
			t.Errorf("%+v is of %+v", f, got)
		}
	}
	l := leg.Leg{Party: s.Find("", "secure").Party(netip.AddrPort{})}
	for _, f := range []transport.Flow{{Network: "net", Proto: transport.TLS, Conn: 7}, {Network: "net", Proto: transport.TLS, Conn: 8}, {Network: "other", Proto: transport.TLS, Conn: 7}} {
		if l.IsPeer(f) != (f.Conn == 7 && f.Network == "net") {
			t.Errorf("%+v is a peer: %v", f, l.IsPeer(f))
		}
	}
	if (*trunk.Set)(nil).ByCertificate(transport.Flow{Proto: transport.TLS}) != nil {
		t.Error("the nil set has a trunk")
	}
}

func carrier(registers bool) *trunk.Trunk {
	t := &trunk.Trunk{
		Name: "one", Network: "carriers", Sources: prefixes("192.0.2.0/28"), Transfers: true,
		Targets: []*resolve.Name{
			resolve.Fixed(transport.UDP, netip.MustParseAddrPort("198.51.100.1:5060")),
			resolve.Fixed(transport.TCP, netip.MustParseAddrPort("198.51.100.2:5070")),
		},
	}
	if registers {
		t.Registration = &trunk.Registration{User: "account"}
	}
	return t
}

func TestIsAt(t *testing.T) {
	for from, want := range map[string]bool{
		"192.0.2.1": true, "::ffff:192.0.2.1": true, "198.51.100.1": true, "198.51.100.2": true, "198.51.100.3": false, "192.0.2.16": false,
	} {
		if got := carrier(false).IsAt(netip.MustParseAddr(from)); got != want {
			t.Errorf("%s: %t", from, got)
		}
	}
}

func TestAt(t *testing.T) {
	for text, want := range map[string]string{
		"sip:1@198.51.100.1":      "sip:9@198.51.100.1:5060",
		"sip:1@198.51.100.1:5060": "sip:9@198.51.100.1:5060",
		"sip:1@198.51.100.1:5070": "",
		"sip:1@198.51.100.2:5070": "sip:9@198.51.100.2:5070;transport=tcp",
		"sip:1@198.51.100.3":      "",
		"sip:1@carrier.example":   "",
	} {
		u, err := message.ParseURI(text)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if way, ok := carrier(false).At(u); ok {
			uri := way.URI("9")
			got = uri.String()
		}
		if got != want {
			t.Errorf("%s is at %q, want %q", text, got, want)
		}
	}
}

// TestRegisteredParty: a trunk that we register with may call from where we do so.
func TestRegisteredParty(t *testing.T) {
	at := netip.MustParseAddrPort("198.51.100.1:5060")
	if p := carrier(false).Party(at); len(p.Sources) != 1 || !p.Transfers || p.Home != at {
		t.Errorf("%+v", p)
	}
	if p := carrier(true).Party(at); !slices.Equal(p.Sources, prefixes("192.0.2.0/28", "198.51.100.1/32", "198.51.100.2/32")) {
		t.Errorf("%+v", p.Sources)
	}
}

func TestAll(t *testing.T) {
	if all := set().All(); len(all) != 4 || all[3].Name != "out" {
		t.Errorf("%+v", all)
	}
	if all := (*trunk.Set)(nil).All(); all != nil {
		t.Errorf("%+v of none", all)
	}
}
