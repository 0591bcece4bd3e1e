package e2e

import (
	"testing"
	"time"
)

// ada is seat 1001.
const ada = caller("1001")

// dials is a call of a seat, with its password, up to its ACK.
func (c caller) dials(to string) string {
	return steps(c.isRefused(to, "407"), c.invite(2, to).signed(string(c)), maybe(100), maybe(180), maybe(183), await("200"), c.ack(2))
}

// isTold dials and wants to be refused.
func (c caller) isTold(to, status string) string {
	return steps(c.isRefused(to, "407"), c.invite(2, to).signed(string(c)), maybe(100), maybe(180), await(status), c.refused(2, to))
}

// TestSeatToSeat: a seat dials another, in both ways that a number reaches it.
func TestSeatToSeat(t *testing.T) {
	need(t, "sipp", "sip-tester")
	for _, to := range []string{"1002", "08081570002", "908081570002", "+448081570002"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", answers(), hungUp())
			call := n.call("1001", host(), to, ada.dials(to), play(tone(t, 440), 8), pause(400), ada.hangsUp(3))
			allDone(call, phone)
			says(t, phone.got("INVITE", ""), `From: "Ada Brown" <sip:1001@`)
			record := n.recorded(byCaller)[0]
			if record.Caller != "seat:1001" || record.Answerer != "seat:1002" {
				t.Errorf("the record has %s and %s", record.Caller, record.Answerer)
			}
			n.heard(record.Call, 10)
		})
	}
}

// TestDialOut: 9 and a number goes out by the trunk with the seat's presentation
// number.
func TestDialOut(t *testing.T) {
	need(t, "sipp", "sip-tester")
	for name, c := range map[string]struct {
		carrier, caller string
		want            ending
	}{
		"answered":     {steps(answers(), hungUp()), steps(ada.dials("901632960555"), pause(100), ada.hangsUp(3)), byCaller},
		"early media":  {steps(rung, reply(183, "Session Progress").sdp(usual), pause(100), answer(), await("ACK"), hungUp()), steps(ada.dials("901632960555"), pause(100), ada.hangsUp(3)), byCaller},
		"carrier ends": {steps(answers(), pause(100), called("BYE", 1), await("200")), steps(ada.dials("901632960555"), hungUp()), ending{"answered", 200, 16, "callee"}},
		"busy":         {steps(rung, toInvite(486, "Busy Here"), await("ACK")), ada.isTold("901632960555", "486"), ending{"busy", 486, 17, "callee"}},
		"congested":    {steps(rung, toInvite(503, "No Circuits").with("Reason: Q.850;cause=34"), await("ACK")), ada.isTold("901632960555", "503"), ending{"failed", 503, 34, "switch"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			trunk := n.waits("carrier", n.carrier, c.carrier)
			call := n.call("1001", host(), "901632960555", c.caller)
			allDone(call, trunk)
			invite := trunk.got("INVITE sip:+441632960555@", "")
			says(t, invite, "From: <sip:+441632960101@")
			if record := n.recorded(c.want)[0]; record.To != "+441632960555" {
				t.Errorf("the record says that %s was called", record.To)
			}
		})
	}
}

// TestApplications: what answers by itself.
func TestApplications(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	byCaller, bySwitch := byCaller, ending{"answered", 200, 16, "switch"}
	stream := steps(play(tone(t, 440), 8), pause(400))
	n.fromCarrier("+448081570003", carrier.calls("+448081570003"), stream, carrier.hangsUp(2)).done()
	n.call("1001", host(), "*43", ada.dials("*43"), stream, ada.hangsUp(3)).done()
	n.call("1001", host(), "*45", ada.dials("*45"), hungUp()).done()
	all := n.recorded(byCaller, byCaller, bySwitch)
	n.heard(all[0].Call, 10)
	n.heard(all[1].Call, 10)
	if spoken := n.legs(all[2].Call)[0]; spoken.Sent < 50 {
		t.Errorf("a number of four digits was spoken in %d packets", spoken.Sent)
	}
}

func TestAnnouncement(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	const to = "+448081570004"
	n.fromCarrier(to, carrier.calls(to), hungUp()).done()
	call := n.recorded(ending{"answered", 200, 16, "switch"})[0]
	if spoken := n.legs(call.Call)[0]; spoken.Sent < 50 {
		t.Errorf("the announcement was %d packets", spoken.Sent)
	}
}

// TestToldWhy: a seat is told what would help.
func TestToldWhy(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	for _, c := range []struct{ to, status, reason string }{
		{"1003", "480", "Seat 1003 has no phone registered"},
		{"77", "404", "Number not in plan"},
		{"*99", "404", "Number not in plan"},
	} {
		call := n.call("1001", host(), c.to, ada.isTold(c.to, c.status))
		call.done()
		call.got("SIP/2.0 "+c.status+" "+c.reason, "")
	}
}

// TestTCP: phones on a connection that they opened are reached by it.
func TestTCP(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	at := host()
	phone := n.run("1002", at, "t1", []string{"-s", "1002", "-oocsf", n.file("1002-called.xml", answers(), hungUp())},
		registers("1002"), pause(1500))
	until(t, "the phone is registered", func() bool { return len(phone.all("SIP/2.0 200", "")) > 0 })
	call := n.run("1001", host(), "t1", []string{"-s", "1002"}, ada.dials("1002"), pause(100), ada.hangsUp(3))
	allDone(call, phone)
	phone.got("INVITE", "")
	phone.got("BYE", "")
	n.recorded(byCaller)
}

// TestPhoneGone: a phone whose connection is gone cannot be called, and the caller is
// told at once.
func TestPhoneGone(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	n.run("1002", host(), "t1", []string{"-s", "1002"}, registers("1002")).done()
	call := n.fromCarrier(to, carrier.isRefused(to, "480"))
	call.done()
	if took := call.when("SIP/2.0 480").Sub(call.when("SIP/2.0 100")); took > 3*time.Second {
		t.Errorf("the caller was told after %v", took)
	}
	n.recorded(ending{"unreachable", 480, 20, "switch"})
}
