package node_test

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

	"strowger/sip/auth"
)

// patience bounds every wait for what takes a moment.
const patience = 20 * time.Second

// sipMessage is a message as text.
type sipMessage struct {
	first  string
	header []string
	body   string
	from   netip.AddrPort // who sent it (UDP)
}

// get is the first header of a name, without the name.
func (m sipMessage) get(name string) string {
	for _, h := range m.header {
		if n, v, ok := strings.Cut(h, ":"); ok && strings.EqualFold(strings.TrimSpace(n), name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// lines are all headers of the names, whole.
func (m sipMessage) lines(names ...string) []string {
	var found []string
	for _, h := range m.header {
		n, _, _ := strings.Cut(h, ":")
		for _, name := range names {
			if strings.EqualFold(n, name) {
				found = append(found, h)
			}
		}
	}
	return found
}

// uri is what stands between angle brackets.
func uri(value string) string {
	_, after, _ := strings.Cut(value, "<")
	before, _, _ := strings.Cut(after, ">")
	return before
}

// peer is a phone or a carrier: a socket that speaks SIP as text, and one for sound.
type peer struct {
	t      *testing.T
	proto  string
	local  netip.AddrPort
	packet *net.UDPConn // if UDP
	stream net.Conn     // if TCP
	reader *bufio.Reader
	sound  *net.UDPConn
	count  int
}

// udpPeer is a peer with a socket at an address.
func udpPeer(t *testing.T, host string) *peer {
	t.Helper()
	p := &peer{t: t, proto: "UDP", sound: listenUDP(t, host), packet: listenUDP(t, host)}
	p.local = addrOf(p.packet.LocalAddr())
	return p
}

// tcpPeer is a peer with a connection to a node.
func tcpPeer(t *testing.T, host, node string) *peer {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(host)}}
	c, err := d.DialContext(t.Context(), "tcp", node)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &peer{t: t, proto: "TCP", sound: listenUDP(t, host), stream: c, reader: bufio.NewReader(c), local: addrOf(c.LocalAddr())}
}

func listenUDP(t *testing.T, host string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func addrOf(a net.Addr) netip.AddrPort { return netip.MustParseAddrPort(a.String()) }

// send writes a message of lines to a node, or down the connection.
func (p *peer) send(to, body string, lines ...string) {
	p.t.Helper()
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	text := strings.Join(append(lines, fmt.Sprintf("Content-Length: %d", len(body))), "\r\n") + "\r\n\r\n" + body
	var err error
	if p.stream != nil {
		_, err = io.WriteString(p.stream, text)
	} else {
		_, err = p.packet.WriteToUDPAddrPort([]byte(text), netip.MustParseAddrPort(to))
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// await returns the next message whose first line begins with one of the starts,
// and passes over others.
func (p *peer) await(starts ...string) sipMessage {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		m, err := p.next(deadline)
		if err != nil {
			p.t.Fatalf("waiting for %q: %v", starts, err)
		}
		for _, s := range starts {
			if strings.HasPrefix(m.first, s) {
				return m
			}
		}
	}
}

func (p *peer) next(deadline time.Time) (sipMessage, error) {
	if p.stream == nil {
		buf := make([]byte, 65536)
		p.packet.SetReadDeadline(deadline)
		n, from, err := p.packet.ReadFromUDPAddrPort(buf)
		head, body, _ := strings.Cut(string(buf[:n]), "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		return sipMessage{lines[0], lines[1:], body, from}, err
	}
	p.stream.SetReadDeadline(deadline)
	var m sipMessage
	for {
		line, err := p.reader.ReadString('\n')
		if err != nil {
			return m, err
		}
		line = strings.TrimRight(line, "\r\n")
		switch {
		case m.first == "" && line == "":
		case m.first == "":
			m.first = line
		case line == "":
			n, _ := strconv.Atoi(m.get("Content-Length"))
			body := make([]byte, n)
			_, err := io.ReadFull(p.reader, body)
			m.body = string(body)
			return m, err
		default:
			m.header = append(m.header, line)
		}
	}
}

func (p *peer) via() string {
	p.count++
	return fmt.Sprintf("Via: SIP/2.0/%s %s;branch=z9hG4bK-%d-%d;rport", p.proto, p.local, p.local.Port(), p.count)
}

func (p *peer) contact(user string) string {
	return fmt.Sprintf("Contact: <sip:%s@%s;transport=%s>", user, p.local, strings.ToLower(p.proto))
}

// register registers a seat of the demo at a node.
func (p *peer) register(node, seat string, cseq int) {
	p.t.Helper()
	p.bind(node, seat, cseq, 600)
}

// unregister removes what register made.
func (p *peer) unregister(node, seat string, cseq int) {
	p.t.Helper()
	p.bind(node, seat, cseq, 0)
}

func (p *peer) bind(node, seat string, cseq, expires int) {
	p.t.Helper()
	target := "sip:" + node
	lines := func(cseq int, more ...string) []string {
		return append([]string{
			"REGISTER " + target + " SIP/2.0", p.via(), "Max-Forwards: 70",
			"From: <sip:" + seat + "@demo>;tag=reg", "To: <sip:" + seat + "@demo>",
			fmt.Sprintf("Call-ID: reg-%d", p.local.Port()), fmt.Sprintf("CSeq: %d REGISTER", cseq),
			p.contact(seat), fmt.Sprintf("Expires: %d", expires),
		}, more...)
	}
	p.send(node, "", lines(cseq)...)
	challenge := p.await("SIP/2.0 401").get("WWW-Authenticate")
	answer, err := auth.Answer([]string{challenge}, "REGISTER", target, seat, "demo-"+seat, 1)
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(node, "", lines(cseq+1, "Authorization: "+answer)...)
	if m := p.await("SIP/2.0 "); !strings.HasPrefix(m.first, "SIP/2.0 200") {
		p.t.Fatalf("REGISTER of %s: %s", seat, m.first)
	}
}

// sdp offers or answers G.711 A-law at the peer's socket for sound.
func (p *peer) sdp() string {
	a := addrOf(p.sound.LocalAddr())
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n",
		a.Addr(), a.Addr(), a.Port())
}

// respond answers a request.
func (p *peer) respond(to string, req sipMessage, status, body string, more ...string) {
	p.t.Helper()
	lines := append([]string{"SIP/2.0 " + status}, req.lines("Via", "From", "Call-ID", "CSeq", "Record-Route")...)
	answered := "To: " + req.get("To")
	if !strings.Contains(answered, "tag=") {
		answered += ";tag=phone"
	}
	p.send(to, body, append(append(lines, answered), more...)...)
}

// soundOf is where a body wants its sound.
func soundOf(t *testing.T, body string) netip.AddrPort {
	t.Helper()
	var host, port string
	for line := range strings.Lines(body) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "c=IN IP4 ") {
			host = fields[2]
		}
		if strings.HasPrefix(line, "m=audio ") {
			port = fields[1]
		}
	}
	a, err := netip.ParseAddrPort(host + ":" + port)
	if err != nil {
		t.Fatalf("no sound in %q: %v", body, err)
	}
	return a
}

// hears wants sound that from sends to the node to come to p.
func (p *peer) hears(from *peer, at netip.AddrPort) {
	p.t.Helper()
	buf := make([]byte, 2048)
	deadline := time.Now().Add(patience)
	for seq := byte(1); time.Now().Before(deadline); seq++ {
		rtp := append([]byte{0x80, 8, 0, seq, 0, 0, seq, 0, 1, 2, 3, byte(from.local.Port())}, make([]byte, 160)...)
		for i := 12; i < len(rtp); i++ {
			rtp[i] = 0xd5 ^ seq
		}
		if _, err := from.sound.WriteToUDPAddrPort(rtp, at); err != nil {
			p.t.Fatal(err)
		}
		p.sound.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		n, _, err := p.sound.ReadFromUDPAddrPort(buf)
		if err == nil && n == len(rtp) && buf[1]&0x7f == 8 && buf[12] != 0xd5 {
			return
		}
	}
	p.t.Errorf("the peer at %s hears nothing", p.local)
}
