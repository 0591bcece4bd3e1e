package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"strowger/sip/leg"
	"strowger/sip/ua"
)

// silence is an SDP of who sends no sound.
const silence = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n"

// line is a carrier's TCP connection with the node.
type line struct {
	t    *testing.T
	conn *net.TCPConn
	r    *bufio.Reader
}

func newLine(t *testing.T, conn net.Conn, err error) *line {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &line{t, conn.(*net.TCPConn), bufio.NewReader(conn)}
}

// await returns the next message that begins with a word; 1xx are passed over.
func (l *line) await(first string) string {
	l.t.Helper()
	if err := l.conn.SetReadDeadline(time.Now().Add(fileWait)); err != nil {
		l.t.Fatal(err)
	}
	for {
		var head strings.Builder
		for !strings.HasSuffix(head.String(), "\n\n") {
			text, err := l.r.ReadString('\n')
			if err != nil {
				l.t.Fatalf("waiting for %s: %v", first, err)
			}
			head.WriteString(strings.TrimSuffix(text, "\r\n") + "\n")
		}
		msg := head.String()
		length, _ := strconv.Atoi(header(l.t, msg, "Content-Length"))
		if _, err := io.CopyN(io.Discard, l.r, int64(length)); err != nil {
			l.t.Fatal(err)
		}
		switch {
		case strings.HasPrefix(msg, first):
			return msg
		case !strings.HasPrefix(msg, "SIP/2.0 1"):
			l.t.Fatalf("the node says\n%s\nwhere the carrier waits for %s", msg, first)
		}
	}
}

// send writes lines and a body.
func (l *line) send(body string, lines ...string) {
	l.t.Helper()
	lines = append(lines, "Content-Type: application/sdp", fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	if _, err := io.WriteString(l.conn, strings.Join(lines, "\r\n")); err != nil {
		l.t.Fatal(err)
	}
}

// accepts answers a request with 200.
func (l *line) accepts(req, body string) {
	l.t.Helper()
	lines := []string{"SIP/2.0 200 OK"}
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		value := header(l.t, req, name)
		if name == "To" && !strings.Contains(value, ";tag=") {
			value += ";tag=carrier"
		}
		lines = append(lines, name+": "+value)
	}
	l.send(body, append(lines, "Contact: <sip:carrier@"+l.conn.LocalAddr().String()+";transport=tcp>")...)
}

// close ends the connection, and waits until the node has ended it too.
func (l *line) close() {
	l.t.Helper()
	if err := l.conn.CloseWrite(); err != nil {
		l.t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, l.r); n > 0 || err != nil {
		l.t.Errorf("the node sent %d bytes more, %v", n, err)
	}
	_ = l.conn.Close()
}

// phoneOf is a seat's phone that answers at once.
func (n *node) phoneOf(seat string) (*ua.Agent, chan *ua.Call) {
	n.t.Helper()
	calls := make(chan *ua.Call, 1)
	a, err := ua.New(ua.Config{
		User: seat, Password: "demo-" + seat, Server: netip.MustParseAddrPort(n.host + ":5060"),
		Bind: netip.MustParseAddrPort(host() + ":0"),
		Incoming: func(c *ua.Call) func(leg.Event) {
			c.Answer([]byte(silence))
			calls <- c
			return func(leg.Event) {}
		},
	})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { _ = a.Close() })
	return a, calls
}

// lineTo is whom a carrier calls by a line.
const lineTo = "sip:+448081570002@127.0.0.1"

// lineIn is a connection that the carrier opens.
func (n *node) lineIn() *line {
	n.t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(n.carrier)}}
	conn, err := dialer.DialContext(n.t.Context(), "tcp", n.host+":5060")
	return newLine(n.t, conn, err)
}

// lineRequest is a request of the carrier's call; answers to it go to port 5060 if the
// line is gone.
func (n *node) lineRequest(l *line, method string, cseq int, to string) []string {
	return []string{
		method + " " + lineTo + " SIP/2.0", "Via: SIP/2.0/TCP " + n.carrier + ";branch=z9hG4bK" + method,
		"Max-Forwards: 70", "From: <sip:+441632960123@" + n.carrier + ">;tag=carrier", "To: " + to, "Call-ID: in@" + n.carrier,
		fmt.Sprintf("CSeq: %d %s", cseq, method), "Contact: <sip:+441632960123@" + l.conn.LocalAddr().String() + ";transport=tcp>",
	}
}

// TestTrunkCloses: a carrier that closes the connection of a call which stands is
// told of the call's end by a new one.
func TestTrunkCloses(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	for name, begin := range map[string]func(t *testing.T, n *node, listen net.Listener) (*line, *ua.Call){
		"out": func(t *testing.T, n *node, listen net.Listener) (*line, *ua.Call) {
			t.Helper()
			phone, _ := n.phoneOf("1001")
			call, err := phone.Call("901632960555", []byte(silence), func(leg.Event) {})
			if err != nil {
				t.Fatal(err)
			}
			conn, err := listen.Accept()
			l := newLine(t, conn, err)
			l.accepts(l.await("INVITE"), silence)
			l.await("ACK")
			return l, call
		},
		"in": func(t *testing.T, n *node, _ net.Listener) (*line, *ua.Call) {
			t.Helper()
			phone, calls := n.phoneOf("1002")
			if _, err := phone.Register(t.Context(), time.Minute); err != nil {
				t.Fatal(err)
			}
			l := n.lineIn()
			l.send(silence, n.lineRequest(l, "INVITE", 1, "<"+lineTo+">")...)
			l.send("", n.lineRequest(l, "ACK", 1, header(t, l.await("SIP/2.0 200"), "To"))...)
			return l, <-calls
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, tcpTrunk)
			listen, err := net.Listen("tcp", n.carrier+":5060")
			if err != nil {
				t.Fatal(err)
			}
			defer listen.Close()
			first, call := begin(t, n, listen)
			first.close()
			call.Hangup()
			if err := listen.(*net.TCPListener).SetDeadline(time.Now().Add(fileWait)); err != nil {
				t.Fatal(err)
			}
			conn, err := listen.Accept()
			second := newLine(t, conn, err)
			second.accepts(second.await("BYE"), "")
			want := byCaller
			if name == "in" {
				want.by = "callee"
			}
			n.recorded(want)
		})
	}
}

// TestTrunkReturns: a carrier's connection breaks while its call rings. The answer comes by
// a new one to the port of its Via (RFC 3261, section 18.2.2), by which the call goes on.
func TestTrunkReturns(t *testing.T) {
	need(t, "sipp", "sip-tester")
	n := startNode(t, tcpTrunk)
	listen, err := net.Listen("tcp", n.carrier+":5060")
	if err != nil {
		t.Fatal(err)
	}
	defer listen.Close()
	phone := n.phone("1002", rung, ringing(), pause(1000), answer(), await("ACK"), hungUp())
	first := n.lineIn()
	first.send(silence, n.lineRequest(first, "INVITE", 1, "<"+lineTo+">")...)
	first.await("SIP/2.0 180")
	first.close()
	conn, err := listen.Accept()
	second := newLine(t, conn, err)
	to := header(t, second.await("SIP/2.0 200"), "To")
	second.send("", n.lineRequest(second, "ACK", 1, to)...)
	second.send("", n.lineRequest(second, "BYE", 2, to)...)
	second.await("SIP/2.0 200")
	phone.done()
	n.recorded(byCaller)
}
