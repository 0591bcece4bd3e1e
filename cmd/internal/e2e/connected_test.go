package e2e

import "testing"

// takesUpdate is what a phone or carrier says that may be told something by UPDATE.
const takesUpdate = "Allow: INVITE, ACK, BYE, CANCEL, UPDATE"

// TestWhoAnswersIsTold: a trusted carrier is told the network number of who rings and
// answers, and whether its caller may know; another carrier nothing.
func TestWhoAnswersIsTold(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const (
		to      = "+448081570002"
		network = "P-Asserted-Identity: <sip:" + presentedNumber + "@"
	)
	for name, c := range map[string]struct {
		edits       []edit
		answer      message
		says, lacks []string
	}{
		"trusted":              {[]edit{trusting}, answer(), []string{network}, []string{"Privacy:"}},
		"trusted and withheld": {[]edit{trusting}, answer().with("Privacy: id"), []string{network, "Privacy: id"}, nil},
		"not trusted":          {nil, answer(), nil, []string{"P-Asserted-Identity:", "Privacy:"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, c.edits...)
			phone := n.phone("1002", rung, ringing(), pause(100), c.answer, await("ACK"), hungUp())
			call := n.fromCarrier(to, carrier.calls(to), carrier.hangsUp(2))
			allDone(call, phone)
			says(t, call.got("SIP/2.0 200 OK", "CSeq: 1 INVITE"), c.says...)
			lacks(t, call.got("SIP/2.0 200 OK", "CSeq: 1 INVITE"), c.lacks...)
			lacks(t, call.got("SIP/2.0 180", ""), "Privacy:")
			n.recorded(byCaller)
		})
	}
}

// TestSeatIsToldWhoAnswers: what a carrier says of who has answered is shown to a seat if
// the carrier is trusted, and else the number that it has called.
func TestSeatIsToldWhoAnswers(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960777"
	for name, c := range map[string]struct {
		edits []edit
		shown string
	}{
		"trusted":     {[]edit{trusting}, `P-Asserted-Identity: "Bob" <sip:+441632960778@`},
		"not trusted": {nil, "P-Asserted-Identity: <sip:+441632960777@"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, c.edits...)
			trunk := n.waits("carrier", n.carrier, rung, answer().with(`P-Asserted-Identity: "Bob" <sip:+441632960778@[local_ip]>`), await("ACK"), hungUp())
			call := n.call("1001", host(), to, ada.dials(to), pause(100), ada.hangsUp(3))
			allDone(call, trunk)
			says(t, call.got("SIP/2.0 200 OK", "CSeq: 2 INVITE"), c.shown)
			n.recorded(byCaller)
		})
	}
}

// TestTransferIsShown: after a transfer the party that stays is told who has answered, by
// UPDATE.
func TestTransferIsShown(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "1002"
	n := startNode(t)
	phone := n.phone("1002", answers(), pause(200), refers("1003"), await("202"), reported(), reported(), hungUp())
	target := n.phone("1003", rung, answer(), await("ACK"), pause(500), called("BYE", 1), await("200"))
	call := n.call("1001", host(), to, ada.isRefused(to, "407"), ada.invite(2, to).with(takesUpdate).signed(string(ada)),
		maybe(100), maybe(180), await("200"), ada.ack(2), await("UPDATE"), again(200, "OK"), hungUp())
	allDone(call, phone, target)
	says(t, call.got("SIP/2.0 200 OK", "CSeq: 2 INVITE"), `P-Asserted-Identity: "`)
	says(t, call.got("UPDATE", "P-Asserted-Identity: "), `P-Asserted-Identity: "`)
	if got := call.all("UPDATE", ""); len(got) != 1 {
		t.Errorf("%d UPDATEs", len(got))
	}
	n.recorded(ending{"answered", 200, 16, "callee"})
}
