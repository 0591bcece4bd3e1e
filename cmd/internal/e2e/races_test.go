package e2e

import (
	"strings"
	"testing"
)

// TestForks: two phones behind the carrier's proxy ring and answer. The first has the
// call; the other is acknowledged and hung up.
func TestForks(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	tagged := func(m message, tag string) message { return m.swap("To:", "To: [$me];tag="+tag) }
	n := startNode(t)
	first, second := tagged(toInvite(200, "OK"), "first").sdp(usual), tagged(toInvite(200, "OK"), "second").sdp(usual)
	phone := n.phone("1002", rung,
		tagged(toInvite(180, "Ringing"), "first"), tagged(toInvite(183, "Session Progress"), "second").sdp(usual), pause(200),
		first, await("ACK"), second, await("ACK"), hungUp(), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(500), carrier.hangsUp(2))
	allDone(call, phone)
	byes := phone.all("BYE", "")
	if len(byes) != 2 || !strings.Contains(byes[0], "tag=second") || !strings.Contains(byes[1], "tag=first") {
		t.Errorf("the phones are hung up by\n%s", strings.Join(byes, "\n"))
	}
	n.recorded(byCaller)
}

// TestGlare: the other side has an offer pending when a re-INVITE needs its codec
// changed: 491 comes back, and the next one is taken (RFC 3261, section 14.1).
func TestGlare(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	pending := steps(await("INVITE"), again(491, "Request Pending"), await("ACK"))
	agrees := steps(await("INVITE"), again(200, "OK").sdp(offer("sendrecv", 9)), await("ACK"))
	phone := n.phone("1002", answers(), pending, agrees, hungUp())
	asks := func(cseq int) message { return carrier.inDialog("INVITE", cseq).sdp(offer("sendrecv", 9)) }
	call := n.fromCarrier(to, carrier.calls(to), pause(100),
		asks(2), maybe(100), await("491"), carrier.ack(2).swap("Via:", "[last_Via:]"), pause(2100),
		asks(3), maybe(100), await("200"), carrier.ack(3), pause(100), carrier.hangsUp(4))
	allDone(call, phone)
	n.recorded(byCaller)
}

// TestNotUnderstood: what a carrier asks for in a call and we do not know is refused by
// the response that says what we do, and the call goes on.
func TestNotUnderstood(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	info := func(cseq int, kind, body string) message {
		m := carrier.inDialog("INFO", cseq).with("Content-Type: " + kind)
		m.body = body
		return m
	}
	mixed := carrier.invite(1, to)
	mixed.body = "--x\nContent-Type: application/isup;version=itu\nContent-Disposition: signal;handling=optional\n\n01\n" +
		"--x\nContent-Type: application/sdp\n\n" + usual + "\n--x--"
	call := n.fromCarrier(to, mixed.swap("Content-Type:", "Content-Type: multipart/mixed;boundary=x"),
		maybe(100), maybe(180), await("200"), carrier.ack(1),
		info(2, "application/dtmf-relay", "Signal=5\nDuration=160"), await("200"),
		info(3, "application/media_control+xml", "<x/>"), await("415"),
		carrier.inDialog("MESSAGE", 4), await("405"),
		carrier.inDialog("OPTIONS", 5), await("200"),
		carrier.inDialog("UPDATE", 6).with("Require: nonsense"), await("420"),
		carrier.hangsUp(7))
	allDone(call, phone)
	call.got("SIP/2.0 415", "Accept: application/dtmf-relay")
	call.got("SIP/2.0 405", "Allow: INVITE")
	call.got("SIP/2.0 420", "Unsupported: nonsense")
	call.got("SIP/2.0 200", "Accept: application/sdp, multipart/mixed")
	phone.got("INVITE", "m=audio")
	n.recorded(byCaller)
}

// TestLateOffer: a carrier's INVITE without SDP, and a re-INVITE without: our offer is
// in the 200, the answer in the ACK.
func TestLateOffer(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	bare := carrier.invite(1, to)
	bare.body = ""
	call := n.fromCarrier(to, bare.swap("Content-Type:", "Subject: none"), maybe(100), maybe(180), await("200"), carrier.ack(1).sdp(offer("sendrecv", 8)),
		play(tone(t, 440), 8), pause(300),
		carrier.inDialog("INVITE", 2), maybe(100), await("200"), carrier.ack(2).sdp(offer("sendrecv", 8)), pause(300), carrier.hangsUp(3))
	allDone(call, phone)
	if got := len(call.all("SIP/2.0 200", "m=audio")); got != 2 {
		t.Errorf("%d answers with an offer, want 2", got)
	}
	n.recorded(byCaller)
}
