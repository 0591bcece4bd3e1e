package e2e

import (
	"strings"
	"testing"
)

// TestPickup: a phone answers what rings at a colleague's, by group and by seat, and
// the other phone shows no missed call.
func TestPickup(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	for _, s := range []string{"1002", "1003"} {
		n.operate("seat", "set", s, "--pickup", "desk")
	}
	at := host()
	n.registered("1003", at)
	for _, code := range []string{"*8", "**1002"} {
		rings := n.phone("1002", rung, ringing(), cancelled())
		call := n.fromCarrier("+448081570002", carrier.calls("+448081570002"), pause(300), carrier.hangsUp(2))
		until(t, "the phone rings", func() bool { return strings.Contains(rings.messages(), "INVITE sip:1002") })
		c := caller("1003")
		n.call("1003", at, "pickup", c.invite(1, code), maybe(100), await("407"), c.refused(1, code),
			c.invite(2, code).signed("1003"), maybe(100), await("200"), c.ack(2), hungUp()).done()
		allDone(call, rings)
		says(t, rings.got("CANCEL", ""), `Reason: SIP;cause=200;text="Call completed elsewhere"`)
	}
}

// TestPark: a phone transfers a call to a place, and another one takes it from there.
func TestPark(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	parks := n.phone("1002", answers(), pause(300),
		called("REFER", 1).with("Refer-To: <sip:*68702@"+n.host+">"), await("202"),
		notified(), notified(), hungUp())
	call := n.fromCarrier("+448081570002", carrier.calls("+448081570002"), await("BYE"), again(200, "OK"))
	parks.done()
	at := host()
	n.registered("1003", at)
	c := caller("1003")
	n.call("1003", at, "retrieve", c.invite(1, "702"), maybe(100), await("407"), c.refused(1, "702"),
		c.invite(2, "702").signed("1003"), maybe(100), await("200"), c.ack(2), pause(500), c.hangsUp(3)).done()
	call.done()
}
