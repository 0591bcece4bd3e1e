package e2e

import (
	"testing"
)

// TestForwardByCode: a phone dials a code, calls go elsewhere, and back again.
func TestForwardByCode(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	at := host()
	n.registered("1002", at)
	dials := func(code string) {
		c := caller("1002")
		n.call("1002", at, "code", c.invite(1, code), maybe(100), await("407"), c.refused(1, code),
			c.invite(2, code).signed("1002"), maybe(100), await("200"), c.ack(2), hungUp()).done()
	}
	dials("*21*1003%23")
	says(t, n.operate("seat", "show", "1002"), "forward         always to 1003")
	other := n.phone("1003", answers(), hungUp())
	call := n.fromCarrier("+448081570002", carrier.calls("+448081570002"), pause(300), carrier.hangsUp(2))
	allDone(call, other)
	says(t, other.got("INVITE", ""), "Diversion: <sip:+441632960102@"+n.host+";user=phone>;reason=unconditional;privacy=off;counter=1")
	dials("%2321%23")
	dials("*78")
	n.fromCarrier("+448081570002", carrier.isRefused("+448081570002", "486")).done()
}

// TestForwardUnanswered: nobody answers, and another seat has the call.
func TestForwardUnanswered(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	n.operate("seat", "forward", "1002", "--no-answer", "1003", "--after", "5s")
	n.operate("seat", "set", "1003", "--auto-answer")
	first := n.phone("1002", rung, ringing(), cancelled())
	second := n.phone("1003", answers(), hungUp())
	call := n.fromCarrier("+448081570002", carrier.calls("+448081570002"), pause(300), carrier.hangsUp(2))
	allDone(call, first, second)
	says(t, second.got("INVITE", ""), "Call-Info: <sip:"+n.host+">;answer-after=0",
		"Diversion: <sip:+441632960102@"+n.host+";user=phone>;reason=no-answer;privacy=off;counter=1")
}
