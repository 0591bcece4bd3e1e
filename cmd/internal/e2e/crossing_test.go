package e2e

import "testing"

// byed awaits a BYE and keeps what it takes to answer it later, by toBye.
const byed = `<recv request="BYE"><action>
<ereg regexp="[^ ].*" search_in="hdr" header="Via:" assign_to="via"/>
<ereg regexp="[^ ].*" search_in="hdr" header="From:" assign_to="from"/>
<ereg regexp="[^ ].*" search_in="hdr" header="To:" assign_to="to"/>
<ereg regexp="[^ ].*" search_in="hdr" header="CSeq:" assign_to="cseq"/>
</action></recv>`

var toBye = message{lines: []string{"SIP/2.0 200 OK", "Via: [$via]", "From: [$from]", "To: [$to]", "[last_Call-ID:]", "CSeq: [$cseq]"}}

// TestByesCross: the carrier hangs up before it has seen that the phone did. Both BYEs
// are answered, and the call has one end.
func TestByesCross(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), pause(200), hangsUpOn(1))
	call := n.fromCarrier(to, carrier.calls(to), byed, carrier.inDialog("BYE", 2), await("200"), toBye)
	allDone(call, phone)
	n.recorded(ending{"answered", 200, 16, "callee"})
}

// TestByeCrossesReinvite: the phone hangs up into a re-INVITE that the carrier has
// caused, and then answers that: 487, or even 200. The carrier's own re-INVITE ends.
func TestByeCrossesReinvite(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	for name, final := range map[string]message{
		"refused":  toReinvite(487, "Request Terminated"),
		"accepted": toReinvite(200, "OK").sdp(offer("sendrecv", 9)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", answers(), asked, called("BYE", 1), await("200"), final, await("ACK"))
			call := n.fromCarrier(to, carrier.calls(to), pause(200), carrier.inDialog("INVITE", 2).sdp(offer("sendrecv", 9)).once(), maybe(100),
				await("487"), carrier.ack(2).swap("Via:", "[last_Via:]"), hungUp())
			allDone(call, phone)
			n.recorded(ending{"answered", 200, 16, "callee"})
		})
	}
}

// asked awaits a re-INVITE and keeps its Via for toReinvite.
const asked = `<recv request="INVITE"><action><ereg regexp="[^ ].*" search_in="hdr" header="Via:" assign_to="via"/></action></recv>`

// toReinvite is a response to what asked awaited, the second INVITE of the node.
func toReinvite(status int, reason string) message {
	return toInvite(status, reason).swap("[last_From:]", "From: [$peer]").swap("CSeq:", "CSeq: 2 INVITE")
}

// TestOffersCross: carrier and phone both ask for another codec at once. Each is told
// 491 (RFC 3261, section 14.1), and the call goes on as it was.
func TestOffersCross(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	g722 := offer("sendrecv", 9)
	phone := n.phone("1002", answers(), asked,
		called("INVITE", 1).sdp(g722).once(), maybe(100), await("491"), called("ACK", 1).swap("Via:", "[last_Via:]"),
		toReinvite(491, "Request Pending"), await("ACK"), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(200),
		carrier.inDialog("INVITE", 2).sdp(g722), maybe(100), await("491"), carrier.ack(2).swap("Via:", "[last_Via:]"), pause(200), carrier.hangsUp(3))
	allDone(call, phone)
	n.recorded(byCaller)
}

// TestAnswersAfterCancel: two phones behind a carrier's proxy answer into our CANCEL:
// each is acknowledged and hung up on.
func TestAnswersAfterCancel(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960555"
	tagged := func(m message, tag string) message { return m.swap("To:", "To: [$me];tag="+tag) }
	first, second := tagged(toInvite(200, "OK"), "one").sdp(usual), tagged(toInvite(200, "OK"), "two").sdp(usual)
	n := startNode(t)
	trunk := n.waits("carrier", n.carrier, rung, tagged(toInvite(180, "Ringing"), "one"), await("CANCEL"), reply(200, "OK"),
		first, await("ACK"), hungUp(), second, await("ACK"), hungUp())
	call := n.call("1001", host(), to, ada.isRefused(to, "407"), ada.invite(2, to).signed("1001"), await("100"), await("180"),
		ada.cancel(2, to), await("200"), await("487"), ada.refused(2, to))
	allDone(call, trunk)
	for _, method := range []string{"ACK", "BYE"} {
		for _, tag := range []string{"one", "two"} {
			trunk.got(method, "To: <sip:+441632960555@"+n.carrier+":5060>;tag="+tag)
		}
	}
	n.recorded(ending{"cancelled", 487, 16, "caller"})
}
