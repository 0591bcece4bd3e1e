package configs_test

import (
	"net/netip"
	"testing"

	"strowger/configs"
)

// loopback is the machine that tests pretend to be.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

func TestShippedFiles(t *testing.T) {
	env := map[string]string{
		"STROWGER_NODE": "node-1", "STROWGER_ADDRESS": "127.0.0.11",
		"STROWGER_STORE": "redis://127.0.0.1:6379/0", "STROWGER_KEY": "/run/strowger.key",
	}
	lookup := func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	for _, file := range []string{"strowger.hcl", "cluster.hcl"} {
		c, err := configs.Load(file, configs.Overrides{Env: lookup, Subnets: loopback})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v", c)
	}
}
