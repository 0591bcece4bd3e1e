package configs_test

import (
	"os"
	"testing"

	"golang.org/x/tools/txtar"

	"strowger/configs"
)

// FuzzParse: a text is either a whole configuration or faults, and never more.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"strowger.hcl", "cluster.hcl"} {
		src, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	bad, err := txtar.ParseFile("testdata/bad.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range bad.Files {
		f.Add(string(whole(string(file.Data))))
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := configs.Parse("x.hcl", []byte(src), configs.Overrides{Env: env, Subnets: loopback})
		if (c == nil) != (err != nil) {
			t.Fatalf("configuration %v with error %v", c, err)
		}
		if c == nil {
			return
		}
		if len(c.Networks) == 0 || len(c.Tenants) == 0 || c.Limits.Calls < 1 {
			t.Fatalf("not whole: %+v", c)
		}
		for _, n := range c.Networks {
			for _, l := range n.Listeners {
				if !l.Bind.IsValid() || l.Bind.Port() == 0 || !l.Advertised.IsValid() || l.Advertised.Addr().IsUnspecified() {
					t.Fatalf("listener %+v", l)
				}
			}
			for _, p := range n.RTP {
				if !p.Bind.IsValid() || !p.Advertised.IsValid() || p.Advertised.IsUnspecified() || p.From >= p.To {
					t.Fatalf("rtp %+v", p)
				}
			}
		}
		for _, tenant := range c.Tenants {
			if number, ok := tenant.Emergency.Match("999"); !ok || number != "999" || len(c.EmergencyTrunks(tenant.Name)) == 0 {
				t.Fatalf("tenant %+v cannot call for help", tenant)
			}
		}
	})
}
