package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"strowger/sip/resolve/dnstest"
)

// TestStrictRouter: a carrier behind a strict router (RFC 3261, section 12.2.1.1): what
// is said in the dialog is for the router, and who is meant is the last route.
func TestStrictRouter(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const out, in = "901632960555", "+448081570002"
	t.Run("it is called", func(t *testing.T) {
		t.Parallel()
		n := startNode(t)
		ok := toInvite(200, "OK").sdp(usual).swap("Contact:", "Contact: <sip:gateway@[local_ip]:5060>").
			with("Record-Route: <sip:core.example>, <sip:[local_ip]>")
		trunk := n.waits("carrier", n.carrier, rung, ok, await("ACK"), hungUp())
		call := n.call("1001", host(), out, ada.dials(out), pause(200), ada.hangsUp(3))
		allDone(call, trunk)
		for _, method := range []string{"ACK", "BYE"} {
			says(t, trunk.got(method+" sip:"+n.carrier+" SIP/2.0", ""), "Route: <sip:core.example>")
			if msg := trunk.got(method, ""); !strings.Contains(msg, "<sip:gateway@"+n.carrier+":5060>\n") {
				t.Errorf("the last route is not whom it is for:\n%s", msg)
			}
		}
		n.recorded(byCaller)
	})
	t.Run("it calls", func(t *testing.T) {
		t.Parallel()
		n := startNode(t)
		phone := n.phone("1002", answers(), pause(200), hangsUpOn(1))
		call := n.fromCarrier(in, carrier.invite(1, in).with("Record-Route: <sip:[local_ip]>"), maybe(100), maybe(180), await("200"), carrier.ack(1), hungUp())
		allDone(call, phone)
		says(t, call.got("BYE sip:"+n.carrier+" SIP/2.0", ""), "Route: <sip:"+string(carrier)+"@"+n.carrier+":5060;transport=UDP>")
		says(t, call.got("SIP/2.0 200", "CSeq: 1 INVITE"), "Record-Route: <sip:"+n.carrier+">")
		n.recorded(ending{"answered", 200, 16, "callee"})
	})
}

// TestTargetMoves: a phone moves the target of its dialog by UPDATE, a carrier by
// re-INVITE (RFC 3261, section 12.2): what follows is for the new one.
func TestTargetMoves(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	moved := func(m message, user string) message {
		return m.swap("Contact:", "Contact: <sip:"+user+"@[local_ip]:[local_port]>")
	}
	phone := n.phone("1002", answers(), pause(100), moved(called("UPDATE", 1), "desk-2"), await("200"), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(100), moved(carrier.inDialog("INVITE", 2).sdp(usual), "gateway-2"), maybe(100), await("200"), carrier.ack(2), hungUp())
	until(t, "both have moved", func() bool {
		return len(call.all("SIP/2.0 200", "CSeq: 2 INVITE")) > 0 && len(phone.all("SIP/2.0 200", "")) > 0
	})
	n.strowger("call", "hangup", n.onlyCall())
	allDone(call, phone)
	phone.got("BYE sip:desk-2@", "")
	call.got("BYE sip:gateway-2@", "")
}

// TestSentNowhereElse: Contact, Record-Route, Path and Refer-To that name whom the
// network does not allow have nothing sent there: it goes where the party was found, and
// a transfer is to the number.
func TestSentNowhereElse(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	at, other := host(), host()
	n := startNode(t, change("strowger.hcl", "  rtp {", fmt.Sprintf("  allow = [\"127.0.0.2\", %q, %q]\n\n  rtp {", at, other)))
	elsewhere, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host()), Port: 5060})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { elsewhere.Close() })
	evil := elsewhere.LocalAddr().(*net.UDPAddr).IP.String()
	n.run("register", at, "u1", []string{"-s", "1002"},
		register("1002", 1).with("Supported: path", "Path: <sip:"+evil+";lr>"), await("401"),
		register("1002", 2).with("Supported: path", "Path: <sip:"+evil+";lr>").signed("1002"), await("200")).done()
	ok := toInvite(200, "OK").sdp(usual).swap("Contact:", "Contact: <sip:evil@"+evil+">").with("Record-Route: <sip:" + evil + ";lr>")
	phone := n.waits("1002", at, rung, ok, await("ACK"), pause(100), called("REFER", 1).with("Refer-To: <sip:1003@"+evil+">"), await("202"), reported(), reported(), hungUp())
	n.registered("1003", other)
	target := n.waits("1003", other, rung, answer(), await("ACK"), hangsUpOn(1))
	invite := carrier.invite(1, to).swap("Contact:", "Contact: <sip:evil@"+evil+">").with("Record-Route: <sip:" + evil + ";lr>")
	call := n.fromCarrier(to, invite, maybe(100), await("200"), carrier.ack(1), hungUp())
	allDone(call, phone, target)
	call.got("BYE sip:evil@"+evil, "Route: <sip:"+evil+";lr>")
	n.recorded(ending{"answered", 200, 16, "callee"})
	if (&speaker{t: t, conn: elsewhere}).hears() {
		t.Error("something was sent there")
	}
}

// TestRouteByName: a carrier's proxy that stays in the way by its name: what follows in the
// dialog goes there.
func TestRouteByName(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const out = "901632960555"
	proxy, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host()), Port: 5060})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { proxy.Close() })
	server := dnstest.Start(t, "host-record=proxy.test,"+proxy.LocalAddr().(*net.UDPAddr).IP.String())
	n := startNode(t, change("strowger.hcl", "admin {", fmt.Sprintf("dns {\n  servers = [%q]\n}\n\nadmin {", server.Addr)))
	stays := "Record-Route: <sip:proxy.test;lr>"
	trunk := n.waits("carrier", n.carrier, rung, ringing().with(stays), pause(500), answer().once().with(stays), pause(500))
	call := n.call("1001", host(), out, ada.dials(out), pause(300), ada.hangsUp(3))
	if err := proxy.SetDeadline(time.Now().Add(fileWait)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 4096)
	for _, method := range []string{"ACK", "BYE"} {
		k, from, err := proxy.ReadFromUDP(buf)
		if err != nil {
			t.Fatal(err)
		}
		msg := strings.ReplaceAll(string(buf[:k]), "\r\n", "\n")
		if !strings.HasPrefix(msg, method+" sip:") {
			t.Fatalf("the proxy gets\n%s\nand not %s", msg, method)
		}
		says(t, msg, "Route: <sip:proxy.test;lr>")
		if method == "BYE" {
			_, rest, _ := strings.Cut(string(buf[:k]), "\r\n")
			_, _ = proxy.WriteToUDP([]byte("SIP/2.0 200 OK\r\n"+rest), from)
		}
	}
	allDone(call, trunk)
	n.recorded(byCaller)
}
