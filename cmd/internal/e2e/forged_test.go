package e2e

import (
	"strings"
	"testing"
)

// TestForged: whatever a stranger sends with the tags of a call, of either leg, it goes
// on to its end; the log of security events names the stranger.
func TestForged(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(1500), carrier.hangsUp(2))
	until(t, "the call stands", func() bool {
		return len(phone.all("ACK", "")) > 0 && len(call.all("SIP/2.0 200", "m=audio")) > 0
	})
	s := newStranger(t, n.host+":5060")
	ok, ack := call.got("SIP/2.0 200", "CSeq: 1 INVITE"), phone.got("ACK", "")
	more := map[string]string{
		"REFER": "Refer-To: <sip:evil@203.0.113.9>\nContact: <sip:evil@203.0.113.9>\n", "PRACK": "RAck: 1 1 INVITE\n",
		"INVITE": "Contact: <sip:evil@203.0.113.9>\n", "UPDATE": "Contact: <sip:evil@203.0.113.9>\n",
	}
	for _, method := range []string{"REFER", "INFO", "UPDATE", "PRACK", "INVITE", "BYE"} {
		with := func(request string) string {
			return strings.NewReplacer("Content-Length", more[method]+"Content-Length", "forged", "forged-"+method).Replace(request)
		}
		s.told(with(forged(method, header(t, ok, "From"), header(t, ok, "To"), header(t, ok, "Call-ID"))), "403")
		s.told(with(forged(method, header(t, ack, "To"), header(t, ack, "From"), header(t, ack, "Call-ID"))), "407")
		n.event(`event=foreign-request source=` + s.conn.LocalAddr().String()[:strings.Index(s.conn.LocalAddr().String(), ":")] + ` .* method=` + method + `$`)
	}
	_, theirs, _ := strings.Cut(header(t, ok, "From"), "tag=")
	_, ours, _ := strings.Cut(header(t, ok, "To"), "tag=")
	s.told("INVITE sip:1002@demo SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKreplaces;rport\nMax-Forwards: 70\nFrom: <sip:1003@demo>;tag=r\nTo: <sip:1002@demo>\n"+
		"Call-ID: replaces\nCSeq: 1 INVITE\nContact: <sip:evil@203.0.113.9>\nReplaces: "+header(t, ok, "Call-ID")+";to-tag="+ours+";from-tag="+theirs+"\nContent-Length: 0\n\n", "407")
	allDone(call, phone)
	n.recorded(byCaller)
}

// TestForgedCancel: a CANCEL with the branch of an INVITE, from another address, cancels
// nothing.
func TestForgedCancel(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", rung, ringing(), pause(1000), answer(), await("ACK"), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(100), carrier.hangsUp(2))
	until(t, "it rings", func() bool { return len(call.all("SIP/2.0 180", "")) > 0 })
	rings := call.got("SIP/2.0 180", "")
	to180, _, _ := strings.Cut(header(t, rings, "To"), ";tag=")
	via, _, _ := strings.Cut(header(t, rings, "Via"), ";received")
	s := newStranger(t, n.host+":5060")
	s.told("CANCEL sip:"+to+"@"+n.host+":5060 SIP/2.0\nVia: "+via+";rport\nMax-Forwards: 70\nFrom: "+header(t, rings, "From")+"\nTo: "+to180+
		"\nCall-ID: "+header(t, rings, "Call-ID")+"\nCSeq: 1 CANCEL\nContent-Length: 0\n\n", "481")
	n.event(`event=foreign-request .* method=CANCEL$`)
	allDone(call, phone)
	n.recorded(byCaller)
}

// TestSRTPOnly: an offer of nothing but SRTP is refused before anybody is rung, with a
// line that says so, also in the record.
func TestSRTPOnly(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t)
	invite := ada.invite(2, "1002").signed("1001")
	invite.body = strings.Replace(invite.body, "RTP/AVP", "RTP/SAVP", 1)
	call := n.call("1001", host(), "1002", ada.isRefused("1002", "407"), invite, maybe(100), await("488"), ada.refused(2, "1002"))
	call.done()
	call.got("SIP/2.0 488 SRTP only is offered", "")
	n.recorded(ending{"failed", 488, 65, "switch"})
}

// TestForgedPath: a phone that registers with a Contact and a Path elsewhere, and answers
// with a Contact, a Record-Route and sound there, is called where it registered from, and
// nothing is sent elsewhere. What would go to an address that the network does not list is
// an event.
func TestForgedPath(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	at, unlisted := host(), host()
	n := startNode(t, change("strowger.hcl", "  rtp {", "  allow = [\"127.0.0.2\", \""+at+"\"]\n\n  rtp {"))
	victim := newSpeaker(t, host()) // whose address the network does not list
	elsewhere := victim.conn.LocalAddr().String()
	forgedRegister := func(cseq int) message {
		return register("1002", cseq).swap("Contact:", "Contact: <sip:1002@"+elsewhere+">").with("Supported: path", "Path: <sip:"+elsewhere+";lr>")
	}
	n.run("register-1002", at, "u1", []string{"-s", "1002"}, forgedRegister(1), await("401"), forgedRegister(2).signed("1002"), await("200")).done()
	address, port, _ := strings.Cut(elsewhere, ":")
	forgedAnswer := answer().swap("Contact:", "Contact: <sip:1002@"+elsewhere+">").with("Record-Route: <sip:" + elsewhere + ";lr>")
	forgedAnswer.body = strings.NewReplacer("[media_ip]", address, "[media_port]", port).Replace(forgedAnswer.body)
	phone := n.waits("1002", at, rung, ringing(), pause(100), forgedAnswer, await("ACK"), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), play(tone(t, 440), 8), pause(1000), carrier.hangsUp(2))
	allDone(call, phone)
	n.recorded(byCaller)
	says(t, phone.got("INVITE", ""), "INVITE sip:1002@"+elsewhere, "Route: <sip:"+elsewhere+";lr>")
	for _, method := range []string{"ACK", "BYE"} {
		says(t, phone.got(method, ""), method+" sip:1002@"+elsewhere, "Route: <sip:"+elsewhere+";lr>")
	}
	n.event(`event=destination-disallowed target=` + elsewhere + ` network=local detail="sound of call \S+"$`)
	if victim.hears() {
		t.Error("somebody else was sent something")
	}
	// With the right password from where nobody may be called: the phone is not rung.
	n.registered("1003", unlisted)
	n.fromCarrier("+441632960103", carrier.isRefused("+441632960103", "480")).done()
	n.event(`event=destination-disallowed target=` + unlisted + `:5060 network=local$`)
	if got := n.counter("transport_not_allowed"); got < 1 {
		t.Errorf("%v sends were refused", got)
	}
}
