package e2e

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"testing"
	"time"
)

// TestLargeRequest: a request of more than 1300 bytes goes to a carrier by TCP, and so
// does what follows; by UDP after all if the carrier has no TCP (RFC 3261, section
// 18.1.1).
func TestLargeRequest(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "901632960555"
	large := change("strowger.hcl", `targets = ["127.0.0.2:5060"]`,
		fmt.Sprintf("targets = [\"127.0.0.2:5060\"]\n  profile { add = [\"X-Account: %s\"] }", strings.Repeat("4", 600)))
	for proto, waits := range map[string]func(*node, string, string, ...any) *side{"TCP": (*node).waitsTCP, "UDP": (*node).waits} {
		t.Run(proto, func(t *testing.T) {
			t.Parallel()
			n := startNode(t, large)
			trunk := waits(n, "carrier", n.carrier, answers(), hungUp())
			call := n.call("1001", host(), to, ada.dials(to), pause(200), ada.hangsUp(3))
			allDone(call, trunk)
			invite := trunk.got("INVITE", "X-Account: 444")
			if size := len(invite) + strings.Count(invite, "\n"); size <= 1300 {
				t.Errorf("the INVITE is of %d bytes", size)
			}
			says(t, invite, "Via: SIP/2.0/"+proto+" ")
			for _, method := range []string{"ACK", "BYE"} {
				says(t, trunk.got(method, ""), "Via: SIP/2.0/"+proto+" ")
			}
			n.recorded(byCaller)
		})
	}
}

// TestKeepAlive: what phones send to keep a way open is answered: STUN by UDP with where
// it came from, an empty line by TCP with an empty line (RFC 5626, section 4.4).
func TestKeepAlive(t *testing.T) {
	need(t, "sh", "dash")
	n := startNode(t)
	s := newStranger(t, n.host+":5060")
	own := s.conn.LocalAddr().(*net.UDPAddr)
	id := []byte("\x21\x12\xa4\x42abcdefghijkl")
	s.sends(append([]byte{0, 1, 0, 0}, id...))
	if err := s.conn.SetReadDeadline(time.Now().Add(fileWait)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1500)
	size, err := s.conn.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	address := append([]byte{0, 0x20, 0, 8, 0, 1}, binary.BigEndian.AppendUint16(nil, uint16(own.Port)^0x2112)...)
	for i, b := range own.IP.To4() {
		address = append(address, b^id[i])
	}
	if want := append(append([]byte{1, 1, 0, 12}, id...), address...); !bytes.Equal(buf[:size], want) {
		t.Errorf("STUN is answered with % x, want % x", buf[:size], want)
	}

	conn, err := net.Dial("tcp", n.host+":5060")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(fileWait)); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := io.WriteString(conn, "\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		if size, err = io.ReadFull(conn, buf[:2]); err != nil || string(buf[:2]) != "\r\n" {
			t.Errorf("an empty line is answered with %q, %v", buf[:size], err)
		}
	}
}

// v6 is an SDP of IPv6.
var v6 = strings.NewReplacer("IN IP4 [local_ip]", "IN IP6 [media_ip]", "IN IP4 [media_ip]", "IN IP6 [media_ip]").Replace(usual)

// freePort is one of IPv6 loopback, which has a single address.
func freePort(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenUDP("udp6", &net.UDPAddr{IP: net.IPv6loopback})
	if err != nil {
		t.Skipf("no IPv6: %v", err)
	}
	defer conn.Close()
	_, port, _ := net.SplitHostPort(conn.LocalAddr().String())
	return port
}

// TestIPv6: a carrier on a network of IPv6 calls a phone on one of IPv4, and is called:
// Via, Contact and SDP are of the network that they go to.
func TestIPv6(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const in, out = "+448081570002", "901632960555"
	ours, theirs, sound := freePort(t), freePort(t), 10000+rand.IntN(500)*20
	n := startNode(t,
		change("strowger.hcl", "\ntenant ", fmt.Sprintf("\nnetwork \"six\" {\n  listener \"udp\" { bind = \"[::1]:%s\" }\n  rtp {\n    bind = \"::1\"\n    ports = \"%d-%d\"\n  }\n}\n\ntenant ", ours, sound, sound+19)),
		change("strowger.hcl", "\nadmin {", fmt.Sprintf("\ntrunk \"six\" {\n  network = \"six\"\n  sources = [\"::1\"]\n  targets = [\"[::1]:%s\"]\n}\n\nadmin {", theirs)),
		change("strowger.hcl", `trunk "carrier" {`, "trunk \"carrier\" {\n  network = \"local\""),
		change("demo.plan.hcl", `trunks = ["carrier"]`, `trunks = ["six"]`))
	six := *n
	six.host, six.port = "[::1]", ours
	args := func(number string) []string { return []string{"-s", number, "-p", theirs, "-rtp_echo"} }

	phone := n.phone("1002", answers(), hungUp())
	call := six.run("carrier", "::1", "u1", args(in), carrier.invite(1, in).offering(v6), maybe(100), await("180"), await("200"), carrier.ack(1),
		play(tone(t, 440), 8), pause(600), carrier.hangsUp(2))
	allDone(call, phone)
	ok := call.got("SIP/2.0 200", "CSeq: 1 INVITE")
	says(t, ok, "c=IN IP6 ::1")
	if !strings.Contains(header(t, ok, "Contact"), "@[::1]:"+ours) {
		t.Errorf("our Contact is not of IPv6:\n%s", ok)
	}
	invite := phone.got("INVITE", "c=IN IP4 "+n.host)
	says(t, invite, "Via: SIP/2.0/UDP "+n.host)
	if strings.Contains(invite, "::1") {
		t.Errorf("the phone is told of IPv6:\n%s", invite)
	}
	n.heard(n.recorded(byCaller)[0].Call, 20)

	ok6 := toInvite(200, "OK").sdp(v6)
	ok6.retrans = true
	trunk := six.run("carrier", "::1", "u1", args("carrier"), rung, ringing(), ok6, await("ACK"), hungUp())
	until(t, "the carrier listens", func() bool { return taken6(theirs) })
	seat := n.call("1001", host(), out, ada.dials(out), play(tone(t, 440), 8), pause(600), ada.hangsUp(3))
	allDone(seat, trunk)
	says(t, trunk.got("INVITE sip:+441632960555@[::1]:"+theirs, ""), "Via: SIP/2.0/UDP [::1]:"+ours, "c=IN IP6 ::1")
	n.heard(n.recorded(byCaller, byCaller)[1].Call, 20)
}

// taken6 tells whether somebody has a port of IPv6 loopback.
func taken6(port string) bool {
	conn, err := net.ListenPacket("udp6", "[::1]:"+port)
	if err == nil {
		conn.Close()
	}
	return err != nil
}
