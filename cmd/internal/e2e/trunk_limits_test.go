package e2e

import (
	"errors"
	"testing"

	"strowger/cmd/internal/admin/api"
)

// limited is the carrier with limits.
func limited(limits string) edit {
	return change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, `targets = ["127.0.0.2:5060"]
  limits { `+limits+` }`)
}

// beside begins a call of the carrier from another port, beside one that stands.
func (n *node) beside(number string, list ...any) *side {
	n.t.Helper()
	return n.run("beside", n.carrier, "u1", []string{"-s", number, "-p", "5070", "-mp", "6100"}, list...)
}

// hangUpAll ends every call as an operator does.
func (n *node) hangUpAll() {
	n.t.Helper()
	const path = "/v1/tenants/demo/calls"
	client := n.admin()
	var list api.Calls
	err := client.Do(n.t.Context(), "GET", path, nil, &list)
	for _, c := range list.Calls {
		err = errors.Join(err, client.Do(n.t.Context(), "DELETE", path+"/"+c.ID, nil, nil))
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// calls are those of the carrier as the node counts them.
func (n *node) calls(client *api.Client) api.TrunkCalls {
	n.t.Helper()
	var one api.Trunk
	if err := client.Do(n.t.Context(), "GET", "/v1/tenants/demo/trunks/carrier", nil, &one); err != nil {
		n.t.Fatal(err)
	}
	return one.Calls
}

// TestTrunkChannelsIn: one more call of a carrier than it has channels finds them busy,
// and says when to try again; it passes when one is free.
func TestTrunkChannelsIn(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t, limited("channels_in = 1"))
	client := n.admin()
	phone := n.phone("1002", answers(), await("BYE"), again(200, "OK"))
	first := n.fromCarrier(to, carrier.calls(to), await("BYE"), again(200, "OK"))
	until(t, "the first call has the channel", func() bool { return n.calls(client).In == 1 })
	second := n.beside(to, carrier.isRefused(to, "486"))
	second.done()
	says(t, second.got("SIP/2.0 486", ""), "Retry-After: 5", "Reason: Q.850;cause=34")
	if c := n.calls(client); c.Full != 1 || c.In != 1 {
		t.Errorf("counted are %+v", c)
	}
	n.hangUpAll()
	allDone(first, phone)
	until(t, "the channel is free", func() bool { return n.calls(client).In == 0 })
	const nobody = "+441632960101" // no phone is registered
	n.beside(nobody, carrier.isRefused(nobody, "480")).done()
}

// TestTrunkChannelsOut: a call by a carrier that has no channel left is refused, and an
// emergency call is not.
func TestTrunkChannelsOut(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const out = "901632960555"
	n := startNode(t, limited("channels_out = 1"))
	client := n.admin()
	outside := n.run("carrier", n.carrier, "u1", []string{"-s", "carrier", "-m", "2"}, answers(), hungUp())
	listening(t, "udp", n.carrier)
	held := n.call("1001", host(), out, steps(ada.dials(out), await("BYE"), again(200, "OK")))
	until(t, "the first call has the channel", func() bool { return n.calls(client).Out == 1 })
	refused := n.call("1001", host(), out, steps(ada.isRefused(out, "407"), ada.invite(2, out).signed("1001"), maybe(100), await("503"), ada.refused(2, out)))
	refused.done()
	says(t, refused.got("SIP/2.0 503", ""), "Retry-After: 5", "Reason: Q.850;cause=34")
	n.call("1001", host(), "999", steps(ada.dials("999"), ada.hangsUp(3))).done()
	if c := n.calls(client); c.Full != 1 || c.Out != 1 || c.Urgents != 1 {
		t.Errorf("counted are %+v", c)
	}
	n.hangUpAll()
	allDone(held, outside)
}

// TestTrunkRate: calls of a carrier that come too fast are told to slow down.
func TestTrunkRate(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const nobody = "+448081570002" // no phone is registered
	n := startNode(t, limited("calls_per_second_in = 1"))
	again := func(cseq int, status string) string {
		return steps(carrier.invite(cseq, nobody), maybe(100), await(status), carrier.refused(cseq, nobody))
	}
	call := n.fromCarrier(nobody, carrier.isRefused(nobody, "480"), again(2, "503"), pause(1100), again(3, "480"))
	call.done()
	says(t, call.got("SIP/2.0 503", ""), "Retry-After: 1", "Reason: Q.850;cause=42")
	if c := n.calls(n.admin()); c.Fast != 1 {
		t.Errorf("counted are %+v", c)
	}
}
