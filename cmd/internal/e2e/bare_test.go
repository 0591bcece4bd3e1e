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

// bare is a carrier that is no more than a socket.
type bare struct {
	t    *testing.T
	sip  *net.UDPConn
	node netip.AddrPort
}

func (b *bare) send(method, call, branch, number, tag, body string) {
	b.t.Helper()
	from := b.sip.LocalAddr().(*net.UDPAddr).AddrPort()
	request := fmt.Appendf(nil, "%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s%s\r\n"+
		"Max-Forwards: 70\r\nFrom: <sip:+441632960999@%s>;tag=1\r\nTo: <sip:%s@%s>%s\r\n"+
		"Call-ID: %s\r\nCSeq: 1 %s\r\nContact: <sip:%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
		method, number, b.node, from, call, branch, from.Addr(), number, b.node, tag, call, method, from, len(body), body)
	if _, err := b.sip.WriteToUDPAddrPort(request, b.node); err != nil {
		b.t.Fatal(err)
	}
}

// read is the next message; "" when none comes.
func (b *bare) read(wait time.Duration) string {
	b.t.Helper()
	if err := b.sip.SetReadDeadline(time.Now().Add(wait)); err != nil {
		b.t.Fatal(err)
	}
	msg := make([]byte, 4096)
	n, err := b.sip.Read(msg)
	if err != nil {
		return ""
	}
	return string(msg[:n])
}

// invite calls a number with a media line of its choice. It returns the responses, the
// last of which is final, and has sent ACK.
func (b *bare) invite(call, number, audio string) (responses []string) {
	b.t.Helper()
	at := b.sip.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
	b.send("INVITE", call, "1", number, "", fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\n%s", at, at, audio))
	for {
		msg := b.read(fileWait)
		switch {
		case msg == "":
			b.t.Fatalf("no final response to the INVITE of call %s: %q", call, responses)
		case !strings.HasPrefix(msg, "SIP/2.0 ") || !strings.Contains(msg, "Call-ID: "+call+"\r\n"):
			continue
		}
		responses = append(responses, msg)
		tag := answerTag.FindStringSubmatch(msg)
		switch {
		case strings.HasPrefix(msg, "SIP/2.0 1"):
			continue
		case tag == nil:
			b.t.Fatalf("no tag in %s", msg)
		case strings.HasPrefix(msg, "SIP/2.0 2"):
			b.send("ACK", call, "2", number, tag[1], "")
		default:
			b.send("ACK", call, "1", number, tag[1], "")
		}
		return responses
	}
}

// callBare has such a carrier call a number, and returns where sound goes.
func callBare(t *testing.T, sip *net.UDPConn, node netip.AddrPort, number, audio string) netip.AddrPort {
	t.Helper()
	b := &bare{t, sip, node}
	responses := b.invite("bare", number, audio)
	last := responses[len(responses)-1]
	port := answerPort.FindStringSubmatch(last)
	if port == nil {
		t.Fatalf("answer %s", last)
	}
	return netip.MustParseAddrPort(node.Addr().String() + ":" + port[1])
}
