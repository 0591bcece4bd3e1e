package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// stranger is a socket that sends what it likes.
type stranger struct {
	t    *testing.T
	conn *net.UDPConn
}

func newStranger(t *testing.T, to string) stranger {
	t.Helper()
	at, err := net.ResolveUDPAddr("udp", to)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialUDP("udp", &net.UDPAddr{IP: net.ParseIP(host())}, at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return stranger{t, conn}
}

// sends sends a datagram; a port that nobody listens on is no fault.
func (s stranger) sends(datagram []byte) { _, _ = s.conn.Write(datagram) }

// told sends a request and wants a response with the status.
func (s stranger) told(request, status string) {
	s.t.Helper()
	s.sends([]byte(strings.ReplaceAll(request, "\n", "\r\n")))
	if err := s.conn.SetReadDeadline(time.Now().Add(fileWait)); err != nil {
		s.t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	n, err := s.conn.Read(buf)
	if err != nil || !bytes.HasPrefix(buf[:n], []byte("SIP/2.0 "+status)) {
		s.t.Errorf("the answer to\n%s\nis %v\n%s\nwant %s", request, err, buf[:n], status)
	}
}

// forged is a request of the dialog that an ACK of the node, or to it, belongs to.
func forged(method, from, to, callID string) string {
	return fmt.Sprintf("%s sip:x@x SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKforged%s;rport\nMax-Forwards: 70\n"+
		"From: %s\nTo: %s\nCall-ID: %s\nCSeq: 77 %s\nContent-Length: 0\n\n", method, callID, from, to, callID, method)
}

// header is the value of a header line.
func header(t *testing.T, msg, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(msg, "\n"+name+": ")
	if !ok {
		t.Fatalf("no %s in\n%s", name, msg)
	}
	value, _, _ := strings.Cut(rest, "\n")
	return value
}

// TestForeignBYE: who has seen the tags of a dialog but is not its party ends
// nothing: the carrier's leg refuses, the seat's asks for a password.
func TestForeignBYE(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(1000), carrier.hangsUp(2))
	until(t, "the call stands", func() bool {
		return len(phone.all("ACK", "")) > 0 && len(call.all("SIP/2.0 200", "m=audio")) > 0
	})
	s := newStranger(t, n.host+":5060")
	ok := call.got("SIP/2.0 200", "CSeq: 1 INVITE")
	s.told(forged("BYE", header(t, ok, "From"), header(t, ok, "To"), header(t, ok, "Call-ID")), "403")
	ack := phone.got("ACK", "")
	for _, method := range []string{"BYE", "INVITE"} {
		s.told(forged(method, header(t, ack, "To"), header(t, ack, "From"), header(t, ack, "Call-ID")), "407")
	}
	allDone(call, phone)
	n.recorded(byCaller)
}

// garbage is what a stranger may send to any port.
func garbage(t *testing.T) [][]byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	all := [][]byte{
		{},
		{0},
		[]byte("\r\n\r\n"), bytes.Repeat([]byte{0xff}, 65_000), bytes.Repeat([]byte("A"), 65_000),
		append([]byte{0x80, 8, 0, 1}, make([]byte, 60_000)...),
		[]byte("INVITE sip:x SIP/2.0\r\nSubject: " + strings.Repeat("A", 60_000) + "\r\n\r\n"),
		[]byte("INVITE"), []byte("INVITE sip:x SIP/2.0\r\n\r\n"), []byte("SIP/2.0 200 OK\r\n\r\n"),
		[]byte("INVITE sip:x SIP/2.0\r\nContent-Length: 99999999999\r\n\r\n"),
		{0x80, 8},
		{0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1},
		{0x90, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xff, 0xff},
		{0x80, 200, 0xff, 0xff},
		{0xbf, 203, 0, 0},
	}
	for size := range 200 {
		noise := make([]byte, size*7)
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		all = append(all, noise)
	}
	err := fs.WalkDir(os.DirFS("../../../testdata/torture"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join("../../../testdata/torture", path))
		all = append(all, text, text[:len(text)/2])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestHostile: garbage, truncated and huge datagrams, and the torture messages of
// RFC 4475, on every port of a call that goes on.
func TestHostile(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), play(tone(t, 440), 8), pause(2500), carrier.hangsUp(2))
	until(t, "the call stands", func() bool {
		return len(phone.all("ACK", "")) > 0 && len(call.all("SIP/2.0 200", "m=audio")) > 0
	})
	ports := []string{"5060"}
	for _, msg := range []string{call.got("SIP/2.0 200", "m=audio"), phone.got("INVITE", "m=audio")} {
		port := regexp.MustCompile(`m=audio (\d+)`).FindStringSubmatch(msg)[1]
		rtp, err := strconv.Atoi(port)
		if err != nil {
			t.Fatal(err)
		}
		ports = append(ports, port, strconv.Itoa(rtp+1))
	}
	all := garbage(t)
	for _, port := range ports {
		s := newStranger(t, n.host+":"+port)
		for _, datagram := range all {
			s.sends(datagram)
		}
	}
	// What overran a socket was not seen; a packet of sound is, sooner or later.
	rtp := append([]byte{0x80, 8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1}, make([]byte, 160)...)
	s := newStranger(t, n.host+":"+ports[1])
	until(t, "RTP of a stranger is counted", func() bool {
		s.sends(rtp)
		return n.counter("media_foreign")+n.counter("media_unlatched") > 0
	})
	tcp, err := net.Dial("tcp", n.host+":5060")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	for _, datagram := range all {
		if _, err := tcp.Write(datagram); err != nil {
			break // the node has had enough of it
		}
	}
	allDone(call, phone)
	n.alive()
	record := n.cdrOf(carrier, to)
	if got := endingOf(record); got != byCaller {
		t.Errorf("the call was recorded as %+v, want %+v", got, byCaller)
	}
	n.heard(record.Call, 90)
	for _, counter := range []string{
		"transport_not_sip", "transport_truncated", "transport_version", "transport_syntax", "transport_missing",
		"transport_too_large", "transport_framing", "media_malformed", "media_oversize",
	} {
		if n.counter(counter) == 0 {
			t.Errorf("counter %s stayed at zero", counter)
		}
	}
}

// counter is a counter of the node, as Prometheus gets it from the admin API; 0 if
// there is none.
func (n *node) counter(name string) float64 {
	n.t.Helper()
	socket := filepath.Join(n.dir, "data", "admin.sock")
	client := http.Client{Timeout: fileWait, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", socket)
		},
	}}
	res, err := client.Get("http://localhost/metrics")
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\nstrowger_"+name+"_total ")
	value, _, _ := strings.Cut(rest, "\n")
	v, _ := strconv.ParseFloat(value, 64)
	return v
}

// slowed reads answers as they come, lest they fill the socket, until one is a 503.
func (s stranger) slowed() error {
	if err := s.conn.SetReadDeadline(time.Now().Add(sippWait)); err != nil {
		return err
	}
	buf := make([]byte, 1<<16)
	for {
		n, err := s.conn.Read(buf)
		if err != nil || bytes.HasPrefix(buf[:n], []byte("SIP/2.0 503")) {
			return err
		}
	}
}

// TestFlood: REGISTERs of one source by the thousand are slowed and do not keep
// others from registering and calling.
func TestFlood(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	s := newStranger(t, n.host+":5060")
	stop, stopped := make(chan struct{}), make(chan int)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		sent := 0
		for {
			select {
			case <-stop:
				stopped <- sent
				return
			case <-tick.C:
			}
			for range 5 {
				sent++
				s.sends(fmt.Appendf(nil, "REGISTER sip:demo SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKf%d;rport\r\nMax-Forwards: 70\r\n"+
					"From: <sip:1003@demo>;tag=f\r\nTo: <sip:1003@demo>\r\nCall-ID: flood%d\r\nCSeq: 1 REGISTER\r\nContact: <sip:x@192.0.2.1>\r\nContent-Length: 0\r\n\r\n", sent, sent))
			}
		}
	}()
	slowed := make(chan error, 1)
	go func() { slowed <- s.slowed() }()
	phone := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier(to, carrier.calls(to), pause(500), carrier.hangsUp(2))
	allDone(call, phone)
	if err := <-slowed; err != nil {
		t.Errorf("no request was answered with 503: %v", err)
	}
	close(stop)
	if sent := <-stopped; sent < 1000 {
		t.Errorf("a flood of %d", sent)
	}
	n.alive()
	n.recorded(byCaller)
	for _, msg := range []string{"SIP/2.0 100", "SIP/2.0 180", "SIP/2.0 200"} {
		if got := len(call.all(msg, "CSeq: 1 INVITE")); got != 1 {
			t.Errorf("the carrier got %d times %s", got, msg)
		}
	}
}
