package configs_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"strowger/configs"
)

func demo(tb testing.TB, o configs.Overrides) *configs.Config {
	tb.Helper()
	if o.Subnets == nil {
		o.Subnets = loopback
	}
	c, err := configs.Load("strowger.hcl", o)
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func TestOverrides(t *testing.T) {
	c := demo(t, configs.Overrides{
		NodeName: "other", Data: "/tmp/x", SIPPort: 5070, RTPFrom: 40000, RTPTo: 40999,
		AdminHTTP: netip.MustParseAddrPort("127.0.0.1:0"), TrunkPort: 5090,
	})
	got := fmt.Sprintln(c.Node, c.Networks[0].Listeners, c.Networks[0].RTP, c.Trunks[0].Targets, c.Admin.HTTP, c.Admin.Socket)
	want := fmt.Sprintln("{other /tmp/x}",
		"[{local/udp udp []  127.0.0.1:5070 127.0.0.1:5070 demo 0 [md5]} {local/tcp tcp []  127.0.0.1:5070 127.0.0.1:5070 demo 0 [md5]}]",
		"[127.0.0.1 ports 40000-40999] [127.0.0.2:5090] 127.0.0.1:0 /tmp/x/admin.sock")
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
}

func TestBadOverrides(t *testing.T) {
	for name, o := range map[string]configs.Overrides{
		"port": {SIPPort: 65536}, "negative": {TrunkPort: -1}, "odd": {RTPFrom: 20001, RTPTo: 20100},
		"half": {RTPFrom: 20000}, "other half": {RTPTo: 20000}, "clash": {SIPPort: 20000}, "name": {NodeName: "a b"},
	} {
		if _, err := configs.Load("strowger.hcl", o); err == nil {
			t.Errorf("%s is taken as good", name)
		}
	}
}

// TestBeside: what a file names lies beside it, its state in the working directory.
func TestBeside(t *testing.T) {
	c, err := configs.Load("../configs/strowger.hcl", configs.Overrides{Subnets: loopback})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(c.Tenants[0].Seed, c.Node.Data, c.Admin.Socket)
	want := fmt.Sprintln("{../configs/demo.plan.hcl ../configs/demo.seats.csv} ./data data/admin.sock")
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAllow(t *testing.T) {
	lan := netip.MustParsePrefix("192.0.2.0/24")
	src := strings.ReplaceAll(string(whole("")), "bind = \"127.0.0.1", "bind = \"192.0.2.7")
	c, err := configs.Parse("x", []byte(src), configs.Overrides{Subnets: []netip.Prefix{lan, loopback[0]}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(c.Networks[0].Allow), "[127.0.0.2/32 192.0.2.0/24]"; got != want {
		t.Errorf("may send to %s, want %s", got, want)
	}
	src = strings.ReplaceAll(src, "targets = ", "media = [\"198.51.100.0/26\"]\n targets = ")
	c, err = configs.Parse("x", []byte(src), configs.Overrides{Subnets: []netip.Prefix{lan}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(c.Networks[0].Allow, c.Trunks[0].Media), "[127.0.0.2/32 192.0.2.0/24 198.51.100.0/26] [198.51.100.0/26]"; got != want {
		t.Errorf("with media, may send to %s, want %s", got, want)
	}
	for _, n := range demo(t, configs.Overrides{Subnets: []netip.Prefix{lan, loopback[0]}}).Networks {
		if got, want := fmt.Sprint(n.Allow), "[127.0.0.0/8 127.0.0.2/32]"; got != want {
			t.Errorf("the demo may send to %s, want %s", got, want)
		}
	}
}

func TestDefaults(t *testing.T) {
	c, err := configs.Parse("x", whole(""), configs.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(c.Node, c.Networks[0].Listeners, c.Networks[0].RTP, c.Networks[0].DSCPSIP, c.Networks[0].DSCPRTP) +
		fmt.Sprintln(c.Registration, c.Media, c.Session, c.Limits, c.Log, c.Admin, c.Store, c.Cluster) +
		fmt.Sprintln(c.Tenants[0].Realm, c.Tenants[0].Emergency.Numbers(), c.Trunks)
	want := `{strowger ./data} [{lan/udp udp []  127.0.0.1:5060 127.0.0.1:5060 demo 0 [sha-256 md5]}] [127.0.0.1 ports 20000-29999] 24 46
{1m0s 10m0s 1h0m0s} {{en uk default}  1m0s 2h0m0s true auto auto /sys/fs/bpf} {30m0s 1m30s} {200 2000 85 200000 200 2000} {INFO false full} {127.0.0.1:8080 data/admin.sock   []} {} <nil>
demo [999 112 18000] [{carrier demo lan [127.0.0.2/32] [127.0.0.2:5060] [] udp true false false false default false false {  { }} false [] {30s 3 2 false} {0 0 0 0 0 0} auto {[] plus false [] []} {0 0 false} 0 <nil> <nil>}]
`
	want = strings.Replace(want, "{} <nil>", "{ } <nil>", 1)
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// TestListenerTenant: of several tenants none is meant unless a listener says so.
func TestListenerTenant(t *testing.T) {
	c, err := configs.Parse("x", []byte(`
network "lan" {
  listener "udp" { bind = "127.0.0.1:5060" }
  listener "two" {
    proto  = "udp"
    bind   = "127.0.0.1:5070"
    tenant = "two"
  }
  rtp { bind = "127.0.0.1" }
}
tenant "one" {
  emergency { trunks = ["a"] }
}
tenant "two" {
  emergency { trunks = ["b"] }
}
trunk "a" {
  tenant  = "one"
  sources = ["127.0.0.2"]
  targets = ["127.0.0.2"]
}
trunk "b" {
  tenant  = "two"
  sources = ["127.0.0.3"]
  targets = ["127.0.0.3"]
}
`), configs.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	if l := c.Networks[0].Listeners; l[0].Tenant != "" || l[1].Tenant != "two" {
		t.Errorf("the listeners are those of %q and %q", l[0].Tenant, l[1].Tenant)
	}
}

func TestEmergencyTrunks(t *testing.T) {
	c, err := configs.Parse("x", whole(`
trunk "a" {
  sources = ["127.0.0.3"]
  targets = ["127.0.0.3"]
}
trunk "b" {
  sources = ["127.0.0.4"]
}
`), configs.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(c.EmergencyTrunks("demo")), "[carrier a]"; got != want {
		t.Errorf("tried are %s, want %s", got, want)
	}
	if got := c.EmergencyTrunks("other"); len(got) > 0 {
		t.Errorf("an unknown tenant has %v", got)
	}
}

func TestFit(t *testing.T) {
	c := demo(t, configs.Overrides{}) // 10,000 ports, 2,000 calls
	small := demo(t, configs.Overrides{RTPFrom: 20000, RTPTo: 20399})
	high := demo(t, configs.Overrides{RTPFrom: 30000, RTPTo: 39999})
	debian := configs.Host{Descriptors: 1 << 20, EphemeralLow: 32768, EphemeralHigh: 60999}
	for _, tt := range []struct {
		config *configs.Config
		host   configs.Host
		calls  int
		line   string
	}{
		{c, debian, 2000, ""},
		{c, configs.Host{Descriptors: 1 << 20}, 2000, ""},
		{c, configs.Host{Descriptors: 4096}, 896, "limit of calls lowered from 2000 to 896: 4096 descriptors allow no more; raise the limit with: ulimit -n 8512"},
		{c, configs.Host{Descriptors: 100}, 0, "limit of calls lowered from 2000 to 0: 100 descriptors allow no more; raise the limit with: ulimit -n 8512"},
		{small, debian, 100, "limit of calls lowered from 2000 to 100: 400 RTP ports allow no more, a call takes 4; widen ports in the rtp blocks"},
		{high, debian, 692, "limit of calls lowered from 2000 to 692: 7232 of 10000 RTP ports lie in ip_local_port_range 32768-60999, which any program is given; choose ports below it"},
	} {
		calls, line := tt.config.Fit(tt.host)
		if calls != tt.calls || line != tt.line {
			t.Errorf("%+v\n got %d %s\nwant %d %s", tt.host, calls, line, tt.calls, tt.line)
		}
	}
}

func TestDemoExposed(t *testing.T) {
	if err := demo(t, configs.Overrides{}).DemoExposed(); err != nil {
		t.Error(err)
	}
	src := strings.Replace(string(whole("")), "bind = \"127.0.0.1:5060\"", "bind = \"192.0.2.7:5060\"", 1)
	c, err := configs.Parse("x", []byte(src), configs.Overrides{})
	if err != nil {
		t.Fatal(err)
	}
	const want = "listener lan/udp is on 192.0.2.7:5060, outside loopback, and seats have demo passwords, which everybody knows; make a configuration with: strowger init --lan"
	if err := c.DemoExposed(); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestLoadNothing(t *testing.T) {
	_, err := configs.Load(filepath.Join(t.TempDir(), "no.hcl"), configs.Overrides{})
	if err == nil || strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "--config") {
		t.Errorf("got %v", err)
	}
	huge := filepath.Join(t.TempDir(), "huge.hcl")
	if err := os.WriteFile(huge, make([]byte, 3<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := configs.Load(huge, configs.Overrides{}); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("got %v", err)
	}
}

// TestSubscriptionLimits: what is written is taken, and a seat never has more than all.
func TestSubscriptionLimits(t *testing.T) {
	for text, want := range map[string]string{
		"subscriptions = 1000\nseat_subscriptions = 50\nnotifies = 300": "1000 50 300",
		"subscriptions = 100": "100 100 2000",
		"notifies = 1":        "200000 200 1",
	} {
		c, err := configs.Parse("x", whole("limits {\n"+text+"\n}\n"), configs.Overrides{})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(c.Limits.Subscriptions, c.Limits.SeatSubscriptions, c.Limits.Notifies); got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}
