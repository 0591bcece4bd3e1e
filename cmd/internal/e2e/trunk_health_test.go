package e2e

import (
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"strowger/cmd/internal/admin/api"
)

// healthWait is more than an address has to be silent, or to answer, before its state
// changes: two OPTIONS in a row, 5 s apart, each with 5 s for its answer.
const healthWait = 40 * time.Second

// eitherWay is a carrier that answers an OPTIONS by 405, or a call, which is hung up.
func eitherWay() string {
	return steps(
		`<recv request="OPTIONS" optional="true" next="1"/>`, rung, answer(), await("ACK"), hungUp(), `<nop next="2"/>`,
		`<label id="1"/>`, reply(405, "Method Not Allowed"), `<label id="2"/>`,
	)
}

// watches runs a carrier for many calls and OPTIONS.
func (n *node) watches(name, at string) *side {
	n.t.Helper()
	s := n.run(name, at, "u1", []string{"-s", name, "-m", "1000"}, eitherWay())
	listening(n.t, "udp", at)
	return s
}

// admin is a client of the node's admin API.
func (n *node) admin() *api.Client {
	n.t.Helper()
	c, err := api.NewClient(api.Target{Socket: filepath.Join(n.dir, "data", "admin.sock")})
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// becomes waits until the first address of the trunk is in a state.
func (n *node) becomes(state string) {
	n.t.Helper()
	client := n.admin()
	within(n.t, healthWait, "the carrier is "+state, func() bool {
		var one api.Trunk
		err := client.Do(n.t.Context(), "GET", "/v1/tenants/demo/trunks/carrier", nil, &one)
		return err == nil && one.Addresses[0].State == state
	})
}

// TestTrunkHealth: a carrier that dies is out of service, calls go to the next one at
// once, and it has its calls again when it is back.
func TestTrunkHealth(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const out = "901632960555"
	n := &node{t: t, host: host(), carrier: host(), dir: t.TempDir()}
	second := host()
	n.configure([]edit{change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, fmt.Sprintf(`targets = ["127.0.0.2:5060", "%s:5060"]
  health {
    interval = "5s"
    down     = 2
  }`, second))})
	n.start()
	first, other := n.watches("first", n.carrier), n.watches("second", second)
	calls := func() { n.call("1001", host(), out, steps(ada.dials(out), ada.hangsUp(3))).done() }

	n.becomes("up") // 405 is an answer
	calls()
	first.got("INVITE", "")

	_ = first.process.end(syscall.SIGKILL, stopWait)
	n.becomes("down")
	begun := time.Now()
	calls()
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("a call waited for the dead carrier: it took %v", took)
	}
	other.got("INVITE", "")
	records := n.recorded(byCaller, byCaller)
	if legs := n.legs(records[1].Call); len(legs) != 2 {
		t.Errorf("the call has %d legs, want 2: the dead carrier is not tried: %+v", len(legs), legs)
	}

	first = n.watches("again", n.carrier)
	n.becomes("up")
	calls()
	first.got("INVITE", "")
	n.recorded(byCaller, byCaller, byCaller)
	_ = first.process.end(syscall.SIGKILL, stopWait)
	_ = other.process.end(syscall.SIGKILL, stopWait)
}
