package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"strowger/sip/certificate/certtest"
	"strowger/sip/resolve/dnstest"
)

// TestTLSTrunkByName: a node calls another by a name, for which that one has to have a
// certificate, and is known there by the name in its own.
func TestTLSTrunkByName(t *testing.T) {
	for name, c := range map[string]struct {
		certificate string // of the far node
		shown       string // of the near one
		answered    bool
	}{
		"right":           {"carrier.test", "near.test", true},
		"another carrier": {"sbc.carrier.test", "near.test", false}, // its host's name is not enough
		"another node":    {"carrier.test", "else.test", false},
	} {
		t.Run(name, func(t *testing.T) {
			need(t, "dnsmasq", "dnsmasq-base")
			near, far := newNode(t), newNode(t)
			near.carrier, far.carrier = far.host, near.host
			authority := certtest.New(t)
			authority.Write(near.dir, "node", certified, near.host, c.shown)
			authority.Write(far.dir, "node", certified, c.certificate)
			server := dnstest.Start(t, fmt.Sprintf(`
host-record=sbc.carrier.test,%s
naptr-record=carrier.test,10,10,s,SIPS+D2T,,_sips._tcp.carrier.test
srv-host=_sips._tcp.carrier.test,sbc.carrier.test,5061,10,0
`, far.host))
			for _, n := range []*node{near, far} {
				authority.WriteCA(n.dir)
			}
			near.configure([]edit{
				tlsListener(""),
				change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, "targets = [\"carrier.test\"]\n  proto = \"tls\"\n  ca_file = \"ca.pem\""),
				change("strowger.hcl", "admin {", fmt.Sprintf("dns {\n  servers = [%q]\n}\n\nadmin {", server.Addr)),
			})
			far.configure([]edit{
				tlsListener(`client_ca_file = "ca.pem"`), change("demo.plan.hcl", "+448081570003", "+441632960555"),
				change("strowger.hcl", `sources = ["127.0.0.2"]`, `client_names = ["near.test"]`),
			})
			near.start()
			far.start()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "phone", "call", "901632960555", "--duration", "1s", "--transport", "tls",
				"--server", near.host, "--ca-file", filepath.Join(near.dir, "ca.pem"))
			cmd.Env = append(os.Environ(), asNode+"=1")
			if out, err := cmd.CombinedOutput(); (err == nil) != c.answered {
				t.Errorf("%v:\n%s\n%s", err, out, near.process.output())
			}
			if c.answered {
				near.recorded(byCaller)
				far.recorded(byCaller)
			}
		})
	}
}
