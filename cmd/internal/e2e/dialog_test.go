package e2e

import (
	"strings"
	"testing"
)

// TestUpdate: a carrier holds and resumes by UPDATE; the phone is left alone.
func TestUpdate(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	update := func(cseq int, direction string) string {
		return steps(carrier.inDialog("UPDATE", cseq).sdp(offer(direction, 8, 101)), await("200"), pause(200))
	}
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), carrier.inDialog("UPDATE", 2), await("200"),
		update(3, "sendonly"), update(4, "inactive"), update(5, "sendrecv"), carrier.hangsUp(6))
	allDone(call, phone)
	for _, answer := range []string{"a=recvonly", "a=inactive", "a=sendrecv"} {
		call.got("SIP/2.0 200", answer)
	}
	if got := len(phone.all("INVITE", "")); got > 1 {
		t.Errorf("the phone got %d INVITEs", got)
	}
	n.recorded(byCaller)
}

// TestSession: session timers are agreed on either leg by itself, and a session that
// is too short for either side is told so.
func TestSession(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002",
		rung, toInvite(422, "Session Interval Too Small").with("Min-SE: 3600"), await("ACK"), rung,
		again(200, "OK").swap("[last_To:]", "[last_To:]"+toTag).with("Session-Expires: 3600;refresher=uas", "Require: timer").sdp(usual),
		await("ACK"), hungUp())
	timer := func(cseq int, expires string) message {
		return carrier.invite(cseq, to).with("Supported: timer", "Session-Expires: "+expires)
	}
	call := n.fromCarrier(to, timer(1, "60"), await("422"), carrier.refused(1, to),
		timer(2, "600;refresher=uac"), maybe(100), maybe(180), await("200"), carrier.ack(2),
		carrier.inDialog("UPDATE", 3).with("Supported: timer", "Session-Expires: 89"), await("422"),
		carrier.inDialog("UPDATE", 4).with("Supported: timer", "Session-Expires: 90;refresher=uac"), await("200"), carrier.hangsUp(5))
	allDone(call, phone)
	call.got("SIP/2.0 422", "Min-SE: 90")
	call.got("SIP/2.0 200", "Session-Expires: 600;refresher=uac")
	call.got("SIP/2.0 200", "Session-Expires: 90;refresher=uac")
	phone.got("INVITE", "Session-Expires: 1800")
	phone.got("INVITE", "Min-SE: 3600")
	n.recorded(byCaller)
}

// numbered awaits a reliable 183 and keeps its number.
const numbered = `<recv response="183" rrs="true"><action>
<ereg regexp="[0-9]+" search_in="hdr" header="RSeq:" assign_to="rseq"/>
</action></recv>`

// TestPrack: carrier and phone use reliable provisional responses, together or one
// of them; the phone's answer is then in its 183.
func TestPrack(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	early := toInvite(183, "Session Progress").sdp(usual)
	phones := map[string]string{
		"plain": steps(rung, early, pause(200), answer(), await("ACK")),
		"reliable": steps(rung, early.with("Require: 100rel", "RSeq: 77"), await("PRACK"), again(200, "OK"), pause(200),
			toInvite(200, "OK"), await("ACK")),
	}
	prack := func(tag string) string {
		return steps(carrier.invite(1, to).with(tag+": 100rel"), maybe(100), numbered,
			carrier.inDialog("PRACK", 2).with("RAck: [$rseq] 1 INVITE"), await("200"), await("200"), carrier.ack(1), carrier.hangsUp(3))
	}
	for name, c := range map[string]struct{ phone, caller string }{
		"by carrier": {"plain", prack("Supported")},
		"by phone":   {"reliable", steps(carrier.calls(to), carrier.hangsUp(2))},
		"by both":    {"reliable", prack("Require")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t)
			phone := n.phone("1002", phones[c.phone], hungUp())
			call := n.fromCarrier(to, c.caller)
			allDone(call, phone)
			call.got("SIP/2.0 183", "m=audio")
			if c.phone == "reliable" {
				phone.got("PRACK", "RAck: 77 1 INVITE")
			}
			if name != "by phone" {
				call.got("SIP/2.0 183", "RSeq: ")
				if final := call.all("SIP/2.0 200", "CSeq: 1 INVITE"); len(final) == 0 || strings.Contains(final[0], "m=audio") {
					t.Errorf("the 200 after a reliable answer: %q", final)
				}
			}
			n.recorded(byCaller)
		})
	}
}

// TestEarlyUpdate: once its offer has a reliable answer, a carrier holds and resumes by
// UPDATE while the phone still rings (RFC 3311, section 5.1).
func TestEarlyUpdate(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", rung, toInvite(183, "Session Progress").sdp(usual), pause(1200), answer(), await("ACK"), hungUp())
	update := func(cseq int, direction string) string {
		return steps(carrier.inDialog("UPDATE", cseq).sdp(offer(direction, 8, 101)), await("200"))
	}
	call := n.fromCarrier(to, carrier.invite(1, to).with("Require: 100rel"), maybe(100), numbered,
		carrier.inDialog("PRACK", 2).with("RAck: [$rseq] 1 INVITE"), await("200"),
		update(3, "sendonly"), update(4, "sendrecv"), await("200"), carrier.ack(1), carrier.hangsUp(5))
	allDone(call, phone)
	says(t, call.got("SIP/2.0 200", "CSeq: 3 UPDATE"), "a=recvonly")
	says(t, call.got("SIP/2.0 200", "CSeq: 4 UPDATE"), "a=sendrecv")
	if got := distinct(phone.all("UPDATE", "")); got > 0 {
		t.Errorf("the phone got %d UPDATEs", got)
	}
	n.recorded(byCaller)
}
