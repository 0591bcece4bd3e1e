package relay

import (
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

func TestConfig(t *testing.T) {
	network := func(addr string, from, to uint16) Network {
		return Network{Addresses: []Addr{{Bind: netip.MustParseAddr(addr)}}, PortMin: from, PortMax: to, Allow: Anywhere()}
	}
	for name, test := range map[string]struct {
		change func(*Config)
		want   string // part of the error
	}{
		"fine":           {func(*Config) {}, ""},
		"no network":     {func(c *Config) { c.Networks = nil }, "no network"},
		"DSCP":           {func(c *Config) { c.DSCP = 64 }, "DSCP 64"},
		"rest":           {func(c *Config) { c.Rest = time.Second }, "rest of 1s"},
		"linger":         {func(c *Config) { c.Linger = time.Second }, "linger of 1s"},
		"workers":        {func(c *Config) { c.Workers = 65 }, "65 workers"},
		"no address":     {func(c *Config) { c.Networks["net"] = Network{PortMin: 2, PortMax: 9} }, "no RTP address"},
		"any address":    {func(c *Config) { c.Networks["net"] = network("::", 2000, 2009) }, "name one address"},
		"nowhere":        {func(c *Config) { n := c.Networks["net"]; n.Allow = nil; c.Networks["net"] = n }, "list addresses in allow"},
		"no range":       {func(c *Config) { c.Networks["net"] = network("127.0.0.1", 0, 9) }, "no pair"},
		"odd range":      {func(c *Config) { c.Networks["net"] = network("127.0.0.1", 2001, 2002) }, "no pair"},
		"shared ports":   {func(c *Config) { c.Networks["other"] = network(loopback().String(), testMax, testMax+8) }, "share RTP ports"},
		"ranges apart":   {func(c *Config) { c.Networks["other"] = network(loopback().String(), testMax+1, testMax+8) }, ""},
		"other address":  {func(c *Config) { c.Networks["other"] = network("127.0.0.2", testMin, testMax) }, ""},
		"top of the end": {func(c *Config) { c.Networks["other"] = network("127.0.0.1", 65533, 65535) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := testConfig()
			test.change(&cfg)
			err := cfg.check()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestSeveralAddressesAndIPv6(t *testing.T) {
	cfg := testConfig()
	public := netip.MustParseAddr("192.0.2.1")
	cfg.DSCP = 46
	six := uint16(22000 + os.Getpid()%4000*2) // there is but one IPv6 loopback address
	cfg.Networks = map[string]Network{
		"two": {Addresses: []Addr{{Bind: loopback()}, {Bind: loopback().Next(), Advertised: public}}, PortMin: 21020, PortMax: 21021, Allow: Anywhere()},
		"six": {Addresses: []Addr{{Bind: netip.IPv6Loopback()}}, PortMin: six, PortMax: six + 1, Allow: Anywhere()},
	}
	b := newBench(t, cfg)
	got := map[netip.Addr]bool{}
	for range 2 {
		e, err := b.Open("two", "any", nil)
		if err != nil {
			t.Fatal(err)
		}
		got[e.Local().Addr()] = true
	}
	if !got[loopback()] || !got[public] {
		t.Errorf("addresses %v", got)
	}
	e, err := b.Open("six", "any", nil)
	if err != nil {
		t.Skipf("no IPv6 here: %v", err)
	}
	if e.Local() != netip.AddrPortFrom(netip.IPv6Loopback(), six) {
		t.Errorf("local %v", e.Local())
	}
}
