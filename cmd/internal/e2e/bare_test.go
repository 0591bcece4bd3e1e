package e2e

import (
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	answerTag  = regexp.MustCompile(`(?m)^To: .*(;tag=[^;\r]+)`)
	answerPort = regexp.MustCompile(`m=audio (\d+)`)
)

// callBare has a carrier that is no more than a socket call a number, with a media line of
// its choice. It returns where sound goes when the call is answered.
func callBare(t *testing.T, sip *net.UDPConn, node netip.AddrPort, number, audio string) netip.AddrPort {
	t.Helper()
	from := sip.LocalAddr().(*net.UDPAddr).AddrPort()
	request := func(method, branch, tag, body string) []byte {
		return fmt.Appendf(nil, "%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\n"+
			"Max-Forwards: 70\r\nFrom: <sip:+441632960999@%s>;tag=1\r\nTo: <sip:%s@%s>%s\r\n"+
			"Call-ID: bare\r\nCSeq: 1 %s\r\nContact: <sip:%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
			method, number, node, from, branch, from.Addr(), number, node, tag, method, from, len(body), body)
	}
	send := func(b []byte) {
		if _, err := sip.WriteToUDPAddrPort(b, node); err != nil {
			t.Fatal(err)
		}
	}
	at := from.Addr()
	send(request("INVITE", "1", "", fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n%s", at, at, audio)))
	if err := sip.SetReadDeadline(time.Now().Add(fileWait)); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 4096); ; {
		n, err := sip.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		msg := string(b[:n])
		if !strings.HasPrefix(msg, "SIP/2.0 200") {
			continue
		}
		tag, port := answerTag.FindStringSubmatch(msg), answerPort.FindStringSubmatch(msg)
		if tag == nil || port == nil {
			t.Fatalf("answer %s", msg)
		}
		send(request("ACK", "2", tag[1], ""))
		return netip.MustParseAddrPort(node.Addr().String() + ":" + port[1])
	}
}
