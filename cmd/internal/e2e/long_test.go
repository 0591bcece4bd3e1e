package e2e

import (
	"testing"
	"time"
)

// TestLongCalls are calls with timers of RFC 3261 and 4028 that cannot be shortened, all
// on one node and at once: a session that the switch refreshes, by UPDATE or re-INVITE,
// one that its party no longer refreshes, and a phone that never answers a CANCEL.
func TestLongCalls(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const echo, expires = "*43", 90 * time.Second
	n := startNode(t)
	silent := offer("inactive", 8) // or the call would end for want of sound
	session := func(c caller, refresher string, more ...string) string {
		invite := c.invite(2, echo).offering(silent).signed(string(c)).with(append(more, "Supported: timer", "Session-Expires: 90;refresher="+refresher)...)
		return steps(c.isRefused(echo, "407"), invite, maybe(100), await("200"), c.ack(2))
	}
	renewed := again(200, "OK").with("Require: timer", "Session-Expires: 90;refresher=uac")
	byUpdate := n.call("1001", host(), echo, session("1001", "uas", "Allow: INVITE, ACK, BYE, UPDATE"), await("UPDATE"), renewed, caller("1001").hangsUp(3))
	byInvite := n.call("1003", host(), echo, session("1003", "uas", "Allow: INVITE, ACK, BYE"), await("INVITE"), renewed.sdp(silent), await("ACK"), caller("1003").hangsUp(3))
	stops := n.call("1004", host(), echo, session("1004", "uac"), hungUp())

	phone := n.phone("1002", rung, ringing(), await("CANCEL"), pause(40_000), answer(), await("ACK"), hungUp())
	ben := caller("1005")
	gone := n.call("1005", host(), "1002", ben.isRefused("1002", "407"), ben.invite(2, "1002").signed("1005"), await("100"), await("180"),
		ben.cancel(2, "1002"), await("200"), await("487"), ben.refused(2, "1002"))
	gone.done()
	if got, want := endingOf(n.cdrOf("1005", "1002")), (ending{"cancelled", 487, 16, "caller"}); got != want {
		t.Errorf("the call that was cancelled is recorded as %+v, want %+v", got, want)
	}
	allDone(phone, byUpdate, byInvite, stops)

	for _, c := range []struct {
		s      *side
		method string
		after  time.Duration // RFC 4028: half the interval, or all but a third of it
		line   string
		want   ending
	}{
		{byUpdate, "UPDATE", expires / 2, "Session-Expires: 90;refresher=uac", byCaller},
		{byInvite, "INVITE", expires / 2, "Session-Expires: 90;refresher=uac", byCaller},
		{stops, "BYE", expires * 2 / 3, "Reason: Q.850;cause=102", ending{"answered", 408, 102, "switch"}},
	} {
		says(t, c.s.got(c.method, ""), c.line)
		if took := c.s.when(c.method).Sub(c.s.when("SIP/2.0 200")); took < c.after-time.Second || took > c.after+3*time.Second {
			t.Errorf("%s has its %s after %v, want %v", c.s.name, c.method, took, c.after)
		}
		if got := endingOf(n.cdrOf(caller(c.s.name), echo)); got != c.want {
			t.Errorf("the call of %s is recorded as %+v, want %+v", c.s.name, got, c.want)
		}
	}
}
