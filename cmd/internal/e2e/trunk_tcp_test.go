package e2e

import (
	"strings"
	"testing"
)

// tcpTrunk has the carrier called by TCP.
var tcpTrunk = change("strowger.hcl", `targets = ["127.0.0.2:5060"]`, "targets = [\"127.0.0.2:5060\"]\n  proto   = \"tcp\"")

// hangsUpOn is a BYE of the side that was called.
func hangsUpOn(cseq int) string { return steps(called("BYE", cseq), await("200")) }

// TestTrunkOverTCP: a carrier's dialog stays on its connection, whoever began the
// call and whoever ends it.
func TestTrunkOverTCP(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const out, in = "901632960555", "+448081570002"
	reinvite := func(request func(string, int) message, cseq int) string {
		return steps(request("INVITE", cseq).sdp(offer("sendrecv", 9)), maybe(100), await("200"), request("ACK", cseq), pause(100))
	}
	reinvited := steps(await("INVITE"), again(200, "OK").sdp(offer("sendrecv", 9)), await("ACK"))
	for name, c := range map[string]struct {
		carrier, seat string
		want          ending
	}{
		"out, seat ends":    {steps(answers(), hungUp()), steps(ada.dials(out), pause(100), ada.hangsUp(3)), byCaller},
		"out, carrier ends": {steps(answers(), pause(100), hangsUpOn(1)), steps(ada.dials(out), hungUp()), ending{"answered", 200, 16, "callee"}},
		"out, seat changes": {steps(answers(), reinvited, hungUp()), steps(ada.dials(out), pause(100), reinvite(ada.inDialog, 3), ada.hangsUp(4)), byCaller},
		"out, cancelled": {
			steps(rung, ringing(), cancelled()),
			steps(ada.isRefused(out, "407"), ada.invite(2, out).signed("1001"), await("100"), await("180"), pause(100),
				ada.cancel(2, out), await("200"), await("487"), ada.refused(2, out)),
			ending{"cancelled", 487, 16, "caller"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, tcpTrunk)
			trunk := n.waitsTCP("carrier", n.carrier, c.carrier)
			call := n.call("1001", host(), out, c.seat)
			allDone(call, trunk)
			says(t, trunk.got("INVITE sip:+441632960555@", ""), "Via: SIP/2.0/TCP "+n.host+":5060", "Contact: <sip:")
			n.recorded(c.want)
		})
	}
	for name, c := range map[string]struct {
		carrier, seat string
		want          ending
	}{
		"in, seat ends":    {hungUp(), steps(pause(100), hangsUpOn(1)), ending{"answered", 200, 16, "callee"}},
		"in, carrier ends": {steps(pause(100), carrier.hangsUp(2)), hungUp(), byCaller},
		"in, seat changes": {steps(reinvited, hungUp()), steps(pause(100), reinvite(called, 1), hangsUpOn(2)), ending{"answered", 200, 16, "callee"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, tcpTrunk)
			phone := n.phone("1002", answers(), c.seat)
			call := n.run("carrier", n.carrier, "t1", []string{"-s", in}, carrier.calls(in), c.carrier)
			allDone(call, phone)
			if v := call.got("SIP/2.0 200", "CSeq: 1 INVITE"); !strings.Contains(v, ";transport=tcp>") {
				t.Errorf("our Contact does not say TCP:\n%s", v)
			}
			n.recorded(c.want)
		})
	}
}
