package memnet

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// Peer is a UDP socket that a test plays, as a phone or a carrier.
type Peer struct {
	Addr netip.AddrPort
	tb   testing.TB
	conn *packetConn
}

// Peer opens a UDP socket for the test; it is closed at its end.
func (n *Net) Peer(tb testing.TB, addr string) *Peer {
	tb.Helper()
	c, err := n.ListenPacket(netip.MustParseAddrPort(addr))
	if err != nil {
		tb.Fatal(err)
	}
	p := &Peer{tb: tb, conn: c.(*packetConn)}
	p.Addr = p.conn.addr
	tb.Cleanup(func() { _ = c.Close() })
	return p
}

// Send sends a message, whose lines may end with a bare line feed.
func (p *Peer) Send(to netip.AddrPort, text string) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n")
	p.Write(to, []byte(text))
}

// Write sends any bytes.
func (p *Peer) Write(to netip.AddrPort, data []byte) {
	_, _ = p.conn.WriteToUDPAddrPort(data, to)
}

// Read returns the next datagram, or nil if none comes within the time.
func (p *Peer) Read(within time.Duration) []byte {
	t := time.NewTimer(within)
	defer t.Stop()
	select {
	case d := <-p.conn.in:
		return d.data
	case <-t.C:
		return nil
	}
}

// Message reads the next SIP message and fails the test if none comes.
func (p *Peer) Message(within time.Duration) sip.Message {
	p.tb.Helper()
	data := p.Read(within)
	if data == nil {
		p.tb.Fatalf("%s: no message within %s", p.Addr, within)
	}
	msg, err := message.Parse(data)
	if err != nil {
		p.tb.Fatalf("%s: %v in\n%s", p.Addr, err, data)
	}
	return msg
}

// Response is Message for a response.
func (p *Peer) Response(within time.Duration) *sip.Response {
	p.tb.Helper()
	msg := p.Message(within)
	res, ok := msg.(*sip.Response)
	if !ok {
		p.tb.Fatalf("%s: got a request, not a response:\n%s", p.Addr, msg)
	}
	return res
}

// Request is Message for a request.
func (p *Peer) Request(within time.Duration) *sip.Request {
	p.tb.Helper()
	msg := p.Message(within)
	req, ok := msg.(*sip.Request)
	if !ok {
		p.tb.Fatalf("%s: got a response, not a request:\n%s", p.Addr, msg)
	}
	return req
}
