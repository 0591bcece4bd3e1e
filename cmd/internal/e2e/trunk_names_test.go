package e2e

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/ledger"
	"strowger/sip/resolve/dnstest"
)

// named starts a node whose carrier is a name: of two hosts, the node's carrier
// first and then the second address. Its DNS server is there or has just ended.
func named(t *testing.T, there bool) (n *node, second string) {
	t.Helper()
	n = &node{t: t, host: host(), carrier: host(), dir: t.TempDir()}
	second = host()
	server := dnstest.Start(t, fmt.Sprintf(`
host-record=a.test,%s
host-record=b.test,%s
naptr-record=carrier.test,10,10,s,SIP+D2U,,_sip._udp.carrier.test
srv-host=_sip._udp.carrier.test,a.test,5060,10,0
srv-host=_sip._udp.carrier.test,b.test,5060,20,0
`, n.carrier, second))
	n.configure([]edit{
		change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, `targets = ["carrier.test"]`),
		change("strowger.hcl", "admin {", fmt.Sprintf("dns {\n  servers = [%q]\n}\n\nadmin {", server.Addr)),
	})
	if !there {
		server.Stop()
	}
	n.start()
	return n, second
}

// TestTrunkByName: a call to a carrier that is a name goes to the hosts that DNS
// has for it, the next one if one is overloaded or says nothing.
func TestTrunkByName(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const out = "901632960555"
	for name, c := range map[string]struct {
		first  string // what the first host does; nothing if it is not there
		status int    // of its leg
	}{
		"first answers": {steps(answers(), hungUp()), 0},
		"overloaded":    {steps(rung, toInvite(503, "Service Unavailable"), await("ACK")), 503},
		"silent":        {"", 408},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, second := named(t, true)
			var sides []*side
			if c.first != "" {
				sides = append(sides, n.waits("first", n.carrier, c.first))
			}
			if c.status != 0 {
				sides = append(sides, n.waits("second", second, answers(), hungUp()))
			}
			call := n.call("1001", host(), out, steps(ada.dials(out), pause(100), ada.hangsUp(3)))
			allDone(append(sides, call)...)
			sides[len(sides)-1].got("INVITE sip:+441632960555@carrier.test SIP", "")
			record := n.recorded(byCaller)[0]
			legs := n.legs(record.Call)
			if c.status != 0 && (len(legs) != 3 || !slices.ContainsFunc(legs, func(l ledger.LegRecord) bool { return l.Status == c.status })) {
				t.Errorf("the legs are %+v, want one that ended with %d", legs, c.status)
			}
		})
	}
}

// TestTrunkStatus: status tells what a trunk's name stands for.
func TestTrunkStatus(t *testing.T) {
	t.Parallel()
	n, second := named(t, true)
	client, err := api.NewClient(api.Target{Socket: filepath.Join(n.dir, "data", "admin.sock")})
	if err != nil {
		t.Fatal(err)
	}
	var st api.Status
	if err := client.Do(t.Context(), "GET", "/v1/status", nil, &st); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("[{demo carrier carrier.test [%s:5060/udp %s:5060/udp] false }]", n.carrier, second)
	if got := fmt.Sprint(st.Targets); got != want {
		t.Errorf("status has %s, want %s", got, want)
	}
	cmd := n.command()
	cmd.Args = append(cmd.Args[:1], "status", "--socket", "data/admin.sock")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "carrier.test") || !strings.Contains(string(out), second+":5060/udp") {
		t.Errorf("strowger status: %v\n%s", err, out)
	}
}

// TestTrunkUnresolved: a node whose DNS server is away starts, and refuses calls to
// the carrier.
func TestTrunkUnresolved(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const out = "901632960555"
	n, _ := named(t, false)
	call := n.call("1001", host(), out, ada.isRefused(out, "407"), ada.invite(2, out).signed("1001"), await("100"), await("503"), ada.refused(2, out))
	call.done()
	n.recorded(ending{"failed", 503, 38, "switch"})
	if got := n.counter("admission_trunk_unknown"); got != 1 {
		t.Errorf("%v calls are counted as to an unresolved trunk, want 1", got)
	}
	if log := n.process.output(); !strings.Contains(log, "no DNS server answers") {
		t.Errorf("the log does not say why:\n%s", log)
	}
}
