package hep_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"strowger/sip/hep"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/trace"
	"strowger/sip/transport"
)

// TestSender sends from a ring to a server.
func TestSender(t *testing.T) {
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ring, err := trace.New(trace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	put := func(sent bool, text string) {
		f := transport.Flow{Proto: transport.TLS, Advertised: netip.MustParseAddrPort("192.0.2.1:5061"), Remote: netip.MustParseAddrPort("192.0.2.9:1")}
		ring.Message(time.Unix(1, 0), f, sent, []byte(text), message.Look([]byte(text)))
	}
	ring.Leg(time.Unix(1, 0), "old", 1, leg.Party{}, "old")
	put(false, "INVITE sip:old SIP/2.0\r\nCall-ID: old\r\n\r\n")
	s, err := hep.New(hep.Config{
		Server: netip.MustParseAddrPort(server.LocalAddr().String()), Agent: 7, Part: 1, Wants: func(string) bool { return true },
	}, ring)
	if err != nil {
		t.Fatal(err)
	}
	put(true, "INVITE sip:1 SIP/2.0\r\nCall-ID: a\r\nProxy-Authorization: Digest response=\"0a1b\"\r\n\r\n")
	put(false, "REGISTER sip:1 SIP/2.0\r\nCall-ID: b\r\n\r\n")
	ring.Leg(time.Unix(1, 0), "call", 1, leg.Party{Kind: leg.Seat, Name: "1001"}, "a")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := s.Counters().Sent.Load(); n != 1 {
		t.Errorf("%d messages were sent, want the INVITE alone", n)
	}
	if err := server.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 1<<16)
	n, err := server.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	got := decode(t, data[:n])
	want := "INVITE sip:1 SIP/2.0\r\nCall-ID: a\r\nProxy-Authorization: Digest response=\"xxxx\"\r\n\r\n"
	if got[0xf] != want || got[0x11] != "call" || got[2] != "\x06" || got[7] != "\x13\xc5" || got[8] != "\x00\x01" {
		t.Errorf("the server received %v", got)
	}
}

// TestOthers: methods of no call are sent if they are wanted, under their Call-ID, of those
// that the addresses are of.
func TestOthers(t *testing.T) {
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	ring, err := trace.New(trace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	quiet := netip.MustParseAddrPort("192.0.2.66:5060")
	s, err := hep.New(hep.Config{
		Server: netip.MustParseAddrPort(server.LocalAddr().String()), Part: 1, Wants: func(string) bool { return true },
		Others: []string{"REGISTER"}, WantsOther: func(a netip.Addr) bool { return a != quiet.Addr() },
	}, ring)
	if err != nil {
		t.Fatal(err)
	}
	put := func(remote netip.AddrPort, text string) {
		f := transport.Flow{Proto: transport.UDP, Advertised: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: remote}
		ring.Message(time.Unix(1, 0), f, false, []byte(text), message.Look([]byte(text)))
	}
	loud := netip.MustParseAddrPort("192.0.2.9:5060")
	put(quiet, "REGISTER sip:1 SIP/2.0\r\nCall-ID: a\r\n\r\n")
	put(loud, "OPTIONS sip:1 SIP/2.0\r\nCall-ID: b\r\n\r\n")
	put(loud, "REGISTER sip:1 SIP/2.0\r\nCall-ID: c\r\nAuthorization: Digest response=\"0a1b\"\r\n\r\n")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if n := s.Counters().Sent.Load(); n != 1 {
		t.Fatalf("%d messages were sent, want 1", n)
	}
	if err := server.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	data := make([]byte, 1<<16)
	n, err := server.Read(data)
	if err != nil {
		t.Fatal(err)
	}
	if got := decode(t, data[:n]); got[0x11] != "c" || got[0xf] != "REGISTER sip:1 SIP/2.0\r\nCall-ID: c\r\nAuthorization: Digest response=\"xxxx\"\r\n\r\n" {
		t.Errorf("the server received %v", got)
	}
}

// TestNoServer: that nobody listens hinders nobody and is counted.
func TestNoServer(t *testing.T) {
	ring, err := trace.New(trace.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	s, err := hep.New(hep.Config{Server: netip.MustParseAddrPort("127.0.0.1:1"), Part: 1, Wants: func(string) bool { return true }}, ring)
	if err != nil {
		t.Fatal(err)
	}
	ring.Leg(time.Now(), "call", 1, leg.Party{}, "a")
	text := []byte("INVITE sip:1 SIP/2.0\r\nCall-ID: a\r\n\r\n")
	for range 10 {
		ring.Message(time.Now(), transport.Flow{Proto: transport.UDP, Advertised: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: netip.MustParseAddrPort("192.0.2.2:5060")}, false, text, message.Look(text))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c := s.Counters()
	if c.Sent.Load()+c.Failed.Load() != 10 || c.Failed.Load() == 0 {
		t.Errorf("%d sent, %d failed", c.Sent.Load(), c.Failed.Load())
	}
}
