package configs_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"strowger/configs"
)

// TestTLS: files are beside the configuration, ports are those of TLS, and a trunk is
// shown the certificate of its network unless it has one of its own.
func TestTLS(t *testing.T) {
	const text = `# without network trunk
network "lan" {
  listener "tcp" { bind = "127.0.0.1:5060" }
  listener "tls" {
    bind           = "127.0.0.1:5061"
    cert_file      = "node.pem"
    key_file       = "node.key"
    client_ca_file = "/etc/ca.pem"
    certificate {
      cert_file = "two.pem"
      key_file  = "two.key"
    }
  }
  rtp { bind = "127.0.0.1" }
}
trunk "carrier" {
  sources = ["127.0.0.2"]
  targets = ["127.0.0.2", "127.0.0.3:5071"]
  proto   = "tls"
}
trunk "b" {
  sources     = ["127.0.0.9"]
  targets     = ["127.0.0.9"]
  proto       = "tls"
  server_name = "b.example"
  ca_file     = "ca.pem"
  cert_file   = "b.pem"
  key_file    = "b.key"
}
`
	c, err := configs.Parse("/site/x.hcl", whole(text), configs.Overrides{Env: env, Subnets: loopback, SIPPort: 5080})
	if err != nil {
		t.Fatal(err)
	}
	node := configs.Certificate{CertFile: "/site/node.pem", KeyFile: "/site/node.key"}
	l := c.Networks[0].Listeners
	if want := []configs.Certificate{node, {CertFile: "/site/two.pem", KeyFile: "/site/two.key"}}; !cmp.Equal(l[1].Certificates, want) || l[1].ClientCAFile != "/etc/ca.pem" {
		t.Errorf("the listener has %q and %q", l[1].Certificates, l[1].ClientCAFile)
	}
	if l[0].Bind.Port() != 5080 || l[1].Bind.Port() != 5081 {
		t.Errorf("the listeners are moved to %s and %s", l[0].Bind, l[1].Bind)
	}
	if want := []configs.Target{{Host: "127.0.0.2", Port: 5061}, {Host: "127.0.0.3", Port: 5071}}; !cmp.Equal(c.Trunks[0].Targets, want) {
		t.Errorf("the trunk is called at %s", c.Trunks[0].Targets)
	}
	if got := c.Trunks[0].TLS; got != (configs.TrunkTLS{Certificate: node}) {
		t.Errorf("the trunk is verified by %+v", got)
	}
	want := configs.TrunkTLS{ServerName: "b.example", CAFile: "/site/ca.pem", Certificate: configs.Certificate{CertFile: "/site/b.pem", KeyFile: "/site/b.key"}}
	if got := c.Trunks[1].TLS; got != want {
		t.Errorf("the second trunk is verified by %+v", got)
	}
}
