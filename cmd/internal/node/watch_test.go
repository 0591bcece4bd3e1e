package node_test

import (
	"fmt"
	"strings"
	"testing"

	"strowger/cmd/internal/hosttest"
	"strowger/sip/auth"
)

// watch subscribes to a seat's dialogs and takes the first NOTIFY.
func (p *peer) watch(node, seat, watched string) {
	p.t.Helper()
	target := "sip:" + watched + "@" + node
	lines := func(cseq int, more ...string) []string {
		return append([]string{
			"SUBSCRIBE " + target + " SIP/2.0", p.via(), "Max-Forwards: 70",
			"From: <sip:" + seat + "@demo>;tag=sub", "To: <sip:" + watched + "@demo>",
			fmt.Sprintf("Call-ID: sub-%d", p.local.Port()), fmt.Sprintf("CSeq: %d SUBSCRIBE", cseq),
			p.contact(seat), "Event: dialog", "Expires: 600",
		}, more...)
	}
	p.send(node, "", lines(1)...)
	challenge := p.await("SIP/2.0 401").get("WWW-Authenticate")
	answer, err := auth.Answer([]string{challenge}, "SUBSCRIBE", target, seat, "demo-"+seat, 1)
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(node, "", lines(2, "Authorization: "+answer)...)
	p.await("SIP/2.0 200")
	p.noticed(node, "full")
}

// noticed takes NOTIFYs until one tells of it.
func (p *peer) noticed(node, what string) {
	p.t.Helper()
	for {
		m := p.await("NOTIFY ")
		p.respond(node, m, "200 OK", "")
		if strings.Contains(m.body, what) {
			return
		}
	}
}

// TestLampAcrossNodes: a phone of one node watches a seat whose calls are at the
// other, and when the other is lost the lamp goes out.
func TestLampAcrossNodes(t *testing.T) {
	t.Parallel()
	p := startPair(t)
	one, two := p.sip(0), p.sip(1)
	phone, lamp := udpPeer(t, hosttest.Next()), udpPeer(t, hosttest.Next())
	phone.register(two, "1002", 1)
	lamp.register(one, "1003", 1)
	lamp.watch(one, "1003", "1002")
	c := ring(t, two, two, phone)
	lamp.noticed(one, "<state>early</state>")
	c.answered(t)
	lamp.noticed(one, "<state>confirmed</state>")
	c.carrierBye(t)
	lamp.noticed(one, "<state>terminated</state>")
	ring(t, two, two, phone)
	lamp.noticed(one, "<state>early</state>")
	if err := p.nodes[1].Link.Close(); err != nil {
		t.Fatal(err)
	}
	lamp.noticed(one, "<state>terminated</state>")
}
