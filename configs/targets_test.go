package configs_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"strowger/configs"
)

// TestTargets: a target is an address or a name, and what is not written of a name
// is left to DNS.
func TestTargets(t *testing.T) {
	src := strings.Replace(string(whole("dns { servers = [\"127.0.0.53\", \"[::1]:5353\"] }\n")), `targets = ["127.0.0.2"]`,
		`targets = ["127.0.0.2", "Carrier.Example.", "b.carrier.example:5070", "2001:db8::1", "[2001:db8::1]:5080"]`, 1)
	// Names say nothing about where the network may send.
	src = strings.Replace(src, "  rtp {", "  allow = [\"127.0.0.0/8\", \"2001:db8::/32\"]\n  rtp {", 1)
	c, err := configs.Parse("x", []byte(src), configs.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprint(c.Trunks[0].Targets, c.Trunks[0].AnyProto, c.DNS)
	want := "[127.0.0.2:5060 carrier.example b.carrier.example:5070 [2001:db8::1]:5060 [2001:db8::1]:5080] true [127.0.0.53:53 [::1]:5353]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	src = strings.Replace(src, "targets =", "proto = \"udp\"\n  targets =", 1)
	c, err = configs.Parse("x", []byte(src), configs.Overrides{TrunkPort: 5090})
	if err != nil {
		t.Fatal(err)
	}
	got = fmt.Sprint(c.Trunks[0].Targets[:2], c.Trunks[0].AnyProto)
	if want := "[127.0.0.2:5090 carrier.example:5090] false"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestNamedTrunkCounts: a trunk whose only target is a name can be called, for
// emergencies too, and adds nothing to where the network may send.
func TestNamedTrunkCounts(t *testing.T) {
	src := strings.Replace(string(whole("")), `targets = ["127.0.0.2"]`, `targets = ["carrier.example"]`, 1)
	c, err := configs.Parse("x", []byte(src), configs.Overrides{Subnets: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(c.EmergencyTrunks("demo"), c.Networks[0].Allow), "[carrier] [127.0.0.2/32]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
