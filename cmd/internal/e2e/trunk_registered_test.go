package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/seat"
)

// TestRegisteredTrunk: a node registers with another one as a seat does, calls out with
// the seat's password, knows what comes to its contact as its trunk's, and unregisters
// when it stops.
func TestRegisteredTrunk(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const out = "901632960555"
	provider := startNode(t, change("demo.plan.hcl", `dial "*43" {`, "number \"+441632960555\" {\n  echo {}\n}\n\ndial \"*43\" {"))
	n := &node{t: t, host: host(), carrier: host(), dir: t.TempDir()}
	n.configure([]edit{
		change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, fmt.Sprintf(`targets = [%q]
  credentials {
    user          = "1001"
    password_file = "password"
  }
  registration { domain = "demo" }`, provider.host)),
	})
	if err := os.WriteFile(filepath.Join(n.dir, "password"), []byte("demo-1001\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	n.start()
	client := n.admin()
	until(t, "it is registered", func() bool {
		var trunk api.Trunk
		err := client.Do(t.Context(), "GET", "/v1/tenants/demo/trunks/carrier", nil, &trunk)
		return err == nil && trunk.Registration != nil && trunk.Registration.State == "registered"
	})
	n.call("1001", host(), out, steps(ada.dials(out), pause(100), ada.hangsUp(3))).done()
	n.recorded(byCaller)
	provider.recorded(byCaller)

	// The provider calls us; its number is not in our plan, and it is not challenged.
	ben := caller("1002")
	in := provider.call("1002", host(), "1001", steps(ben.isRefused("1001", "407"), ben.invite(2, "1001").signed("1002"), await("100"), await("404"), ben.refused(2, "1001")))
	in.done()
	n.recorded(byCaller, ending{"failed", 404, 1, "switch"})
	if got := n.counter("carrier_registers"); got != 2 {
		t.Errorf("%v REGISTERs were sent, want 2: one is challenged", got)
	}

	// Who stops is not sent calls.
	registrar := provider.admin()
	bound := func() int {
		var bindings []seat.Binding
		if err := registrar.Do(t.Context(), "GET", "/v1/tenants/demo/seats/1001/bindings", nil, &bindings); err != nil {
			t.Fatal(err)
		}
		return len(bindings)
	}
	if got := bound(); got != 1 {
		t.Errorf("the provider has %d bindings, want 1", got)
	}
	n.stop()
	until(t, "the registration is given up", func() bool { return bound() == 0 })
}
