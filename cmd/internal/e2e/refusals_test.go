package e2e

import "testing"

// TestRefused: what the callee or the switch says is what the caller is told.
func TestRefused(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	refuses := func(status int, reason string) string {
		return steps(rung, ringing(), toInvite(status, reason), await("ACK"))
	}
	for name, c := range map[string]struct {
		phone, status string
		want          ending
	}{
		"busy":     {refuses(486, "Busy Here"), "486", ending{"busy", 486, 17, "callee"}},
		"declined": {refuses(603, "Decline"), "603", ending{"failed", 603, 21, "callee"}},
		"cause": {
			steps(rung, toInvite(480, "Later").with("Reason: Q.850;cause=20"), await("ACK")), "480",
			ending{"unreachable", 480, 20, "switch"},
		},
		"no codec": {
			steps(rung, toInvite(200, "OK").sdp(offer("sendrecv", 18)), await("ACK"), hungUp()), "488",
			ending{"failed", 488, 65, "callee"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", c.phone)
			call := n.fromCarrier(to, carrier.isRefused(to, c.status))
			allDone(call, phone)
			n.recorded(c.want)
		})
	}
}

func TestNoAnswer(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t, change("demo.plan.hcl", `ring { seats = ["1002"] }`, "ring {\n    seats = [\"1002\"]\n    timeout = \"1s\"\n  }"))
	phone := n.phone("1002", rung, ringing(), cancelled())
	call := n.fromCarrier(to, carrier.isRefused(to, "480"))
	allDone(call, phone)
	n.recorded(ending{"no answer", 480, 19, "switch"})
}

// TestUnreached are calls that ring nobody.
func TestUnreached(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	var want []ending
	for _, c := range []struct {
		to, status string
		want       ending
	}{
		{"+448081570002", "480", ending{"unreachable", 480, 20, "switch"}}, // no phone is registered
		{"+448081570099", "404", notInPlan},
		// What seats may dial is nothing to a carrier.
		{"*43", "404", notInPlan},
		{"1002", "404", notInPlan},
		{"9+441632960999", "404", notInPlan},
		{"999", "404", notInPlan},
	} {
		n.fromCarrier(c.to, carrier.isRefused(c.to, c.status)).done()
		want = append(want, c.want)
	}
	n.recorded(want...)
}

var notInPlan = ending{"failed", 404, 1, "switch"}

// TestUnrecorded are requests that begin no call, so none is recorded.
func TestUnrecorded(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	const to = "+448081570003"
	seat := caller("1001")
	uri := "sip:" + to + "@[remote_ip]"
	badTag := func(m message) message { return m.swap("To:", "To: <"+uri+">;tag=nobody") }
	for name, steps := range map[string]string{
		"max-forwards": steps(carrier.invite(1, to).swap("Max-Forwards:", "Max-Forwards: 0"), await("483"), carrier.refused(1, to)),
		"wrong tag":    steps(badTag(carrier.request("BYE", 2, uri)), await("481")),
		"no tag":       steps(carrier.request("BYE", 2, uri), await("481")),
		"extension":    steps(carrier.invite(1, to).with("Require: telepathy"), await("420"), carrier.refused(1, to)),
		"method":       steps(carrier.request("PUBLISH", 1, uri), await("405")),
		"options":      steps(carrier.request("OPTIONS", 1, uri), await("200")),
	} {
		t.Run(name, func(*testing.T) { n.fromCarrier(to, steps).done() })
	}
	// Neither a stranger nor a seat with a wrong password calls anything.
	for name, steps := range map[string]string{
		"stranger":              carrier.isRefused(to, "407"),
		"seat, no password":     seat.isRefused(to, "407"),
		"seat, wrong tag":       steps(badTag(seat.invite(1, to)), await("481"), seat.refused(1, to)),
		"seat, wrong password":  steps(seat.isRefused(to, "407"), seat.invite(2, to).withPassword("1001", "demo-1002"), maybe(100), await("407"), seat.refused(2, to)),
		"register, wrong":       steps(register("1002", 1), await("401"), register("1002", 2).withPassword("1002", "demo-1001"), await("401")),
		"register, no such one": steps(register("7777", 1), await("401"), register("7777", 2).signed("7777"), await("401")),
	} {
		t.Run(name, func(*testing.T) { n.call("stranger", host(), to, steps).done() })
	}
	n.recorded()
}
