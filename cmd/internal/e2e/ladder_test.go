package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"strowger/cmd/internal/admin/api"
)

// strowger runs a command against the node.
func (n *node) strowger(args ...string) string {
	n.t.Helper()
	cmd := exec.CommandContext(n.t.Context(), os.Args[0], append(args, "--config", "strowger.hcl")...)
	cmd.Env = append(os.Environ(), asNode+"=1")
	cmd.Dir = n.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		n.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestLadder: after the end of a call its messages are drawn, told as JSON and written
// as a capture, all the same ones that sipp saw.
func TestLadder(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	n := startNode(t)
	phone := n.phone("1002", answers(), hungUp())
	call := n.fromCarrier(to, carrier.invite(1, to), await("100"), await("180"), await("200"), carrier.ack(1), pause(200), carrier.hangsUp(2))
	allDone(call, phone)
	id := n.recorded(byCaller)[0].Call
	told := n.toldAll(id, 2)

	capture := filepath.Join(n.dir, "call.pcap")
	drawn := n.strowger("call", "ladder", id, "--pcap", capture)
	for _, pattern := range []string{
		`leg 1  trunk:carrier, udp ` + n.carrier + `:5060, Call-ID`,
		`leg 2  seat:1002, udp `,
		`0\.000 \|-- INVITE \` + to + ` -+>\|`,
		`\|<-+ 100 Trying --\|`,
		`\| {33}\|-- INVITE .*->\|`,
		`\| (SDP PCMA,PCMU|at) ` + n.host + `:2\d{4} `,
		`\| {33}\|<-+ 200 OK --\|`,
		`\d\.\d{3} \|-- BYE -+>\|`,
		`\| {33}\|<-+ 200 OK \(BYE\) --\|`,
	} {
		if !regexp.MustCompile(pattern).MatchString(drawn) {
			t.Errorf("nothing like %s in\n%s", pattern, drawn)
		}
	}

	if len(told.Legs) != 2 || len(told.Messages) < 13 {
		t.Errorf("%d legs and %d messages are told", len(told.Legs), len(told.Messages))
	}
	invite := strings.ReplaceAll(phone.got("INVITE", ""), "\n", "\r\n")
	written := captured(t, capture)
	if len(written) != len(told.Messages) {
		t.Errorf("%d messages are written, %d told", len(written), len(told.Messages))
	}
	found := false
	for i, payload := range written {
		found = found || strings.HasPrefix(payload, strings.TrimRight(invite, "\r\n"))
		if payload != told.Messages[i].Text {
			t.Errorf("message %d is written as %q and told as %q", i, payload, told.Messages[i].Text)
		}
	}
	if !found {
		t.Errorf("the INVITE that the phone received is not in the capture:\n%s", invite)
	}
}

// toldAll waits until the BYE of each leg of a call is answered, which may be after its
// record is written, and returns its messages.
func (n *node) toldAll(call string, legs int) api.Trace {
	n.t.Helper()
	var told api.Trace
	until(n.t, "the BYE of each leg is answered", func() bool {
		told = api.Trace{}
		if err := json.Unmarshal([]byte(n.strowger("call", "ladder", call, "-o", "json")), &told); err != nil {
			n.t.Fatal(err)
		}
		over := map[string]bool{}
		for _, m := range told.Messages {
			if strings.HasPrefix(m.Text, "SIP/2.0 200") && strings.Contains(m.Text, " BYE\r\n") {
				over[m.CallID] = true
			}
		}
		return len(over) == legs
	})
	return told
}

// captured are the payloads of a capture.
func captured(t *testing.T, name string) []string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := pcapgo.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var payloads []string
	for p := range gopacket.NewPacketSource(r, r.LinkType()).Packets() {
		udp, ok := p.TransportLayer().(*layers.UDP)
		if !ok {
			t.Fatalf("no UDP: %v", p)
		}
		payloads = append(payloads, string(udp.Payload))
	}
	return payloads
}

// TestHomer: a capture server gets all messages of a call, of both legs under one
// correlation id, but for a trunk that is switched off.
func TestHomer(t *testing.T) {
	need(t, "sipp", "sip-tester")
	const to = "+448081570002"
	for name, c := range map[string]struct {
		edit func(text string) string
		want int // messages
	}{
		"all": {func(text string) string { return text }, 13},
		"without trunk": {func(text string) string {
			return strings.Replace(text, "targets = ", "homer = \"off\"\n  targets = ", 1)
		}, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host())})
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			n := startNode(t, edit{"strowger.hcl", func(text string) string {
				return c.edit(text) + fmt.Sprintf("\nhomer {\n  server = %q\n}\n", server.LocalAddr())
			}})
			phone := n.phone("1002", answers(), hungUp())
			call := n.fromCarrier(to, carrier.invite(1, to), await("100"), await("180"), await("200"), carrier.ack(1), pause(200), carrier.hangsUp(2))
			allDone(call, phone)
			id := n.recorded(byCaller)[0].Call
			if err := server.SetReadDeadline(time.Now().Add(fileWait)); err != nil {
				t.Fatal(err)
			}
			packet := make([]byte, 1<<16)
			for i := range c.want {
				size, err := server.Read(packet)
				if err != nil {
					t.Fatalf("after %d messages: %v; %v were sent, %v failed, %v times the ring went round",
						i, err, n.counter("hep_sent"), n.counter("hep_failed"), n.counter("hep_missed"))
				}
				if !bytes.HasPrefix(packet, []byte("HEP3")) || !bytes.Contains(packet[:size], []byte(id)) || !bytes.Contains(packet[:size], []byte("SIP/2.0")) {
					t.Errorf("packet %d is %q", i, packet[:size])
				}
			}
		})
	}
}

// TestHomerRegistrations: a capture server gets registrations of phones too, if the
// configuration says so, without what proves the password.
func TestHomerRegistrations(t *testing.T) {
	need(t, "sipp", "sip-tester")
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host())})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	n := startNode(t, edit{"strowger.hcl", func(text string) string {
		return text + fmt.Sprintf("\nhomer {\n  server = %q\n  registrations = \"on\"\n}\n", server.LocalAddr())
	}})
	n.registered("1002", host())
	if err := server.SetReadDeadline(time.Now().Add(fileWait)); err != nil {
		t.Fatal(err)
	}
	packet := make([]byte, 1<<16)
	for _, want := range []string{"REGISTER sip:", "SIP/2.0 401", `response="xxxx`, "SIP/2.0 200"} {
		size, err := server.Read(packet)
		if err != nil || !bytes.HasPrefix(packet, []byte("HEP3")) || !bytes.Contains(packet[:size], []byte(want)) {
			t.Fatalf("want %s, got %q, %v", want, packet[:size], err)
		}
	}
}
