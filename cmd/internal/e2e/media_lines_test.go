package e2e

import (
	"strings"
	"testing"
)

// Lines of SDP that are not sound.
const (
	videoLine = "\nm=video 6010 RTP/AVP 96\na=rtpmap:96 H264/90000"
	faxLine   = "\nm=image 6012 udptl t38\na=T38FaxVersion:0"
)

// faxOnly is SDP of a fax alone.
const faxOnly = "v=0\no=sipp 1 [cseq] IN IP4 [local_ip]\ns=-\nc=IN IP4 [media_ip]\nt=0 0" + faxLine

// TestOtherMedia: video and fax beside sound are refused by port 0 and the call goes on;
// a fax alone is 488, the call keeps the sound that it has.
func TestOtherMedia(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), pause(100),
		called("INVITE", 1).sdp(usual+faxLine), maybe(100), await("200"), called("ACK", 1),
		called("INVITE", 2).sdp(faxOnly), maybe(100), await("488"), called("ACK", 2).swap("Via:", "[last_Via:]"), hungUp())
	call := n.fromCarrier(to, carrier.invite(1, to).offering(usual+videoLine), maybe(100), maybe(180), await("200"), carrier.ack(1),
		play(tone(t, 440), 8), pause(600), carrier.inDialog("UPDATE", 2).sdp(faxOnly), await("488"), pause(300), carrier.hangsUp(3))
	allDone(call, phone)
	says(t, call.got("SIP/2.0 200", "CSeq: 1 INVITE"), "m=audio 2", "m=video 0 ")
	says(t, phone.got("SIP/2.0 200", "CSeq: 1 INVITE"), "m=audio 2", "m=image 0 ")
	lacks(t, phone.got("INVITE", ""), "m=video", "m=image")
	n.heard(n.recorded(byCaller)[0].Call, 20)
}

// TestFaxRefused: a call whose fax is refused goes on with sound, past the media timeout.
func TestFaxRefused(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t, change("strowger.hcl", "", "media { timeout = \"2s\" }\n"))
	phone := n.phone("1002", answers(), pause(100),
		called("INVITE", 1).sdp(faxOnly), maybe(100), await("488"), called("ACK", 1).swap("Via:", "[last_Via:]"), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), play(tone(t, 440), 8), pause(4500), carrier.hangsUp(2))
	allDone(call, phone)
	n.heard(n.recorded(byCaller)[0].Call, 150)
}

// TestFaxAlone: a call of a fax alone rings nobody.
func TestFaxAlone(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	n.fromCarrier(to, carrier.invite(1, to).offering(faxOnly), maybe(100), await("488"), carrier.refused(1, to)).done()
	n.recorded(ending{"failed", 488, 65, "switch"})
}

// TestOldHolds: a phone holds as RFC 2543 did, by an address of zeros or a port of 0, and
// resumes. The other side is left alone.
func TestOldHolds(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	zeros := strings.Replace(usual, "c=IN IP4 [media_ip]", "c=IN IP4 0.0.0.0", 1)
	noPort := strings.Replace(usual, "m=audio [media_port]", "m=audio 0", 1)
	offers := func(cseq int, sdp string) string {
		return steps(called("INVITE", cseq).sdp(sdp), maybe(100), await("200"), called("ACK", cseq), pause(200))
	}
	n := startNode(t)
	phone := n.phone("1002", answers(), pause(200), offers(1, zeros), offers(2, usual), offers(3, noPort), offers(4, usual), pause(200), hangsUpOn(5))
	call := n.fromCarrier(to, carrier.calls(to), play(tone(t, 440), 8), hungUp())
	allDone(call, phone)
	for cseq, line := range []string{"a=recvonly", "a=sendrecv", "m=audio 0 ", "a=sendrecv"} {
		answers := phone.all("SIP/2.0 200", "CSeq: "+string(rune('1'+cseq))+" INVITE")
		if len(answers) != 1 {
			t.Fatalf("offer %d has %d answers", cseq+1, len(answers))
		}
		says(t, answers[0], line)
	}
	if got := len(call.all("INVITE", "")); got > 0 {
		t.Errorf("the other side got %d INVITEs", got)
	}
	n.heard(n.recorded(ending{"answered", 200, 16, "callee"})[0].Call, 20)
}

// TestAnswerChanges: a carrier's announcement in a 183 has one codec and port, whoever
// answers then has others. The caller is heard and hears either way, and its own answer
// stays what it was.
func TestAnswerChanges(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960555"
	n := startNode(t)
	other := strings.Replace(offer("sendrecv", 0), "[media_port]", "6100", 1)
	early := toInvite(183, "Session Progress").sdp(offer("sendrecv", 8)).swap("To:", "To: [$me];tag=announcement")
	final := toInvite(200, "OK").sdp(other)
	final.retrans = true
	trunk := n.waits("carrier", n.carrier, rung, early, pause(300), final, await("ACK"), hungUp())
	call := n.call("1001", host(), to, ada.isRefused(to, "407"), ada.invite(2, to).signed("1001"), await("100"), await("183"),
		await("200"), ada.ack(2), play(tone(t, 440), 8), pause(400), ada.hangsUp(3))
	allDone(call, trunk)
	first, last := call.got("SIP/2.0 183", ""), call.got("SIP/2.0 200", "CSeq: 2 INVITE")
	_, before, _ := strings.Cut(first, "m=audio ")
	says(t, last, "m=audio "+strings.TrimSpace(strings.SplitN(before, "\n", 2)[0]))
	record := n.recorded(byCaller)[0]
	for _, l := range n.legs(record.Call) {
		if l.Party == "seat:1001" && l.Received < 10 || l.Party == "trunk:carrier" && l.Sent < 10 {
			t.Errorf("leg %+v", l)
		}
	}
}
