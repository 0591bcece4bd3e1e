package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"strowger/sip/certificate/certtest"
)

// certified is how long certificates of these tests are good.
const certified = 365 * 24 * time.Hour

// newNode is one that is not configured yet.
func newNode(t *testing.T) *node {
	t.Helper()
	return &node{t: t, host: host(), carrier: host(), dir: t.TempDir()}
}

// tlsListener adds a TLS listener with the certificate of the node's folder; keys are
// further lines of it.
func tlsListener(keys string) edit {
	return change("strowger.hcl", `  listener "tcp" {`, `  listener "tls" {
    bind       = "127.0.0.1:5061"
    algorithms = ["md5"]
    cert_file = "node.pem"
    key_file  = "node.key"
    `+keys+`
  }

  listener "tcp" {`)
}

// tlsNode runs a node that has TLS.
func tlsNode(t *testing.T) *node {
	t.Helper()
	n := newNode(t)
	n.certified()
	n.configure([]edit{tlsListener("")})
	n.start()
	return n
}

// certified gives a node a certificate and the authority of it.
func (n *node) certified() {
	n.t.Helper()
	authority := certtest.New(n.t)
	authority.Write(n.dir, "node", certified, n.host)
	authority.WriteCA(n.dir)
}

// TestTLSTrunk: a phone that verifies its node calls through it to another node, both
// of which verify each other.
func TestTLSTrunk(t *testing.T) {
	need(t, "sh", "dash")
	near, far := newNode(t), newNode(t)
	near.carrier, far.carrier = far.host, near.host
	authority := certtest.New(t)
	for _, n := range []*node{near, far} {
		authority.Write(n.dir, "node", certified, n.host)
		authority.WriteCA(n.dir)
	}
	near.configure([]edit{
		tlsListener(""),
		change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, "targets = [\"127.0.0.2\"]\n  proto = \"tls\"\n  ca_file = \"ca.pem\""),
	})
	far.configure([]edit{tlsListener(`client_ca_file = "ca.pem"`), change("demo.plan.hcl", "+448081570003", "+441632960555")})
	near.start()
	far.start()
	call := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), os.Args[0], append([]string{"phone", "call", "901632960555", "--duration", "2s", "--transport", "tls"}, args...)...)
		cmd.Env = append(os.Environ(), asNode+"=1")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	if out, err := call("--server", near.host, "--ca-file", filepath.Join(near.dir, "ca.pem")); err != nil {
		t.Fatalf("%v:\n%s\n%s", err, out, near.process.output())
	}
	near.recorded(byCaller)
	far.recorded(byCaller)
	// Who does not trust the node says nothing to it, and who shows it nothing is not let in.
	if out, err := call("--server", near.host); err == nil || near.counter("transport_handshake_failed") != 1 {
		t.Errorf("a phone without its authority: %v\n%s", err, out)
	}
	if out, err := call("--server", far.host, "--ca-file", filepath.Join(far.dir, "ca.pem")); err == nil || far.counter("transport_handshake_failed") != 1 {
		t.Errorf("a phone without a certificate: %v\n%s", err, out)
	}
	if out := near.process.output(); !strings.Contains(out, "TLS handshake failed") {
		t.Errorf("the failure is not in the log:\n%s", out)
	}
}
