package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"strowger/sip/state/redistest"
)

// kamailio runs Kamailio on an address of its own with a configuration of testdata;
// words are pairs of what stands there and what it becomes. lists are further files of
// its folder, DIR.
func kamailio(t *testing.T, at, config string, lists map[string]string, words ...string) *process {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", config))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, config)
	filled := strings.NewReplacer(append(words, "EDGE", at, "DIR", dir)...).Replace(string(text))
	if err := os.WriteFile(path, []byte(filled), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, text := range lists {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program, err := exec.LookPath("kamailio")
	if err != nil {
		program = "/usr/sbin/kamailio"
	}
	cmd := exec.Command(program, "-f", path, "-DD", "-E", "-P", filepath.Join(dir, "pid"), "-Y", dir)
	cmd.Dir = dir
	p := launch(t, cmd, filepath.Join(dir, "log"))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("Kamailio's output:\n%s", p.output())
		}
		_ = p.end(syscall.SIGTERM, stopWait) // how Kamailio ends is its own matter
	})
	listening(t, "udp", at)
	return p
}

// edgeNode is a node whose carrier and phones are behind a Kamailio, at its edge.
func edgeNode(t *testing.T) *node {
	t.Helper()
	edge := host()
	n := startNode(t, change("strowger.hcl", `sources = ["127.0.0.2"]
  targets = ["127.0.0.2:5060"]`, fmt.Sprintf(`sources = [%q]
  targets = ["%s:5060"]
  media   = ["127.0.0.2"]`, edge, edge)))
	n.edge = edge
	kamailio(t, edge, "edge.cfg", nil, "NODE", n.host, "CARRIER", n.carrier)
	return n
}

// direct is the node without its edge.
func (n *node) direct() *node {
	d := *n
	d.edge = ""
	return &d
}

// routedAnswer rings and answers by the way that the INVITE came.
func routedAnswer() string {
	ok := reply(200, "OK").with("[last_Record-Route:]").sdp(usual)
	ok.retrans = true
	return steps(rung, reply(180, "Ringing").with("[last_Record-Route:]"), pause(100), ok, await("ACK"))
}

// TestCarrierBehindProxy: a carrier whose edge is a record-routing proxy. Whatever is
// said in the dialog, from either side, takes the proxy's route.
func TestCarrierBehindProxy(t *testing.T) {
	need(t, "sipp", "sip-tester")
	needKamailio(t)
	const to = "+448081570002"
	routed := func(method string, cseq int) message { return carrier.inDialog(method, cseq).with("[routes]") }
	t.Run("it calls and hangs up", func(t *testing.T) {
		t.Parallel()
		n := edgeNode(t)
		phone := n.direct().phone("1002", answers(), hungUp())
		call := n.fromCarrier(to, carrier.invite(1, to), maybe(100), await("180"), await("200"), routed("ACK", 1),
			play(tone(t, 440), 8), pause(600), routed("BYE", 2), await("200"))
		allDone(call, phone)
		n.heard(n.recorded(byCaller)[0].Call, 20)
	})
	t.Run("it calls and is held and hung up on", func(t *testing.T) {
		t.Parallel()
		n := edgeNode(t)
		phone := n.direct().phone("1002", answers(), pause(100), called("INVITE", 1).sdp(offer("sendonly", 8)), maybe(100), await("200"),
			called("ACK", 1), pause(100), called("BYE", 2), await("200"))
		call := n.fromCarrier(to, carrier.invite(1, to), maybe(100), await("180"), await("200"), routed("ACK", 1), hungUp())
		allDone(call, phone)
		n.recorded(ending{"answered", 200, 16, "callee"})
		if got := call.got("BYE", ""); !strings.Contains(got, "\nVia: SIP/2.0/UDP "+n.edge) {
			t.Errorf("the BYE came past the proxy:\n%s", got)
		}
	})
	t.Run("it is called", func(t *testing.T) {
		t.Parallel()
		n := edgeNode(t)
		carrierSide := n.waits("carrier", n.carrier, routedAnswer(), hungUp())
		seat := n.direct().call("1003", host(), "901632960777", caller("1003").dials("901632960777"), pause(100), caller("1003").hangsUp(3))
		allDone(seat, carrierSide)
		n.recorded(byCaller)
		for _, method := range []string{"ACK", "BYE"} {
			if got := carrierSide.got(method, ""); !strings.Contains(got, "\nVia: SIP/2.0/UDP "+n.edge) {
				t.Errorf("the %s came past the proxy:\n%s", method, got)
			}
		}
	})
}

// TestPhoneBehindProxy: a phone that registers through a proxy, which adds Path (RFC
// 3327), is called through it.
func TestPhoneBehindProxy(t *testing.T) {
	need(t, "sipp", "sip-tester")
	needKamailio(t)
	const to = "+448081570002"
	n := edgeNode(t)
	at := host()
	n.run("register-1002", at, "u1", []string{"-s", "1002"},
		register("1002", 1).with("Supported: path"), await("401"),
		register("1002", 2).with("Supported: path").signed("1002"), await("200")).done()
	phone := n.waits("1002", at, routedAnswer(), pause(100), called("BYE", 1).with("[routes]"), await("200"))
	call := n.fromCarrier(to, carrier.invite(1, to), maybe(100), await("180"), await("200"), carrier.ack(1).with("[routes]"), hungUp())
	allDone(call, phone)
	n.recorded(ending{"answered", 200, 16, "callee"})
	says(t, phone.got("INVITE", ""), "Record-Route: <sip:"+n.edge)
}

// TestLoadBalancer: Kamailio shares calls out between two nodes of a cluster, and all go
// to the other when one is gone. A phone is called whichever of them has its flow.
func TestLoadBalancer(t *testing.T) {
	need(t, "sipp", "sip-tester")
	needKamailio(t)
	// The demo's own address becomes the node's; Redis stays where it is.
	redis := strings.Replace(redistest.Setup{}.URL(redistest.Setup{}.Server(t)), "127.0.0.1", "localhost", 1)
	const to = "+448081570002"
	edge, key := host(), filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("k", 40)), 0o600); err != nil {
		t.Fatal(err)
	}
	var list strings.Builder
	nodes := make([]*node, 2)
	for i := range nodes {
		nodes[i] = startNode(t, append(inRedis(redis),
			change("strowger.hcl", `name = "strowger"`, fmt.Sprintf(`name = "node-%d"`, i)),
			change("strowger.hcl", "\nadmin {", fmt.Sprintf("\ncluster {\n  link = \"127.0.0.1:7000\"\n  key_file = %q\n}\n\nadmin {", key)),
			change("strowger.hcl", `sources = ["127.0.0.2"]`, fmt.Sprintf(`sources = [%q]
  media = ["127.0.0.0/8"]`, edge)))...)
		fmt.Fprintf(&list, "1 sip:%s:5060\n", nodes[i].host)
	}
	kamailio(t, edge, "balancer.cfg", map[string]string{"nodes.list": list.String()})
	nodes[0].edge = edge

	at := host()
	nodes[1].registered("1002", at)
	ack, bye := carrier.ack(1).with("[routes]"), carrier.inDialog("BYE", 2).with("[routes]")
	calls := func(name string, count int) {
		t.Helper()
		phone := nodes[1].run("phone-"+name, at, "u1", []string{"-s", "1002", "-m", strconv.Itoa(count)}, answers(), hungUp())
		listening(t, "udp", at)
		nodes[0].run(name, nodes[0].carrier, "u1", []string{"-s", to, "-m", strconv.Itoa(count), "-r", "5"},
			carrier.invite(1, to), maybe(100), maybe(180), await("200"), ack, pause(200), bye, await("200")).done()
		phone.done()
	}
	const count = 10
	calls("both", count)
	share := func(i int) int { return len(nodes[i].cdrs()) }
	until(t, "every call has its record", func() bool { return share(0)+share(1) == count })
	if share(0) == 0 || share(1) == 0 {
		t.Errorf("the nodes had %d and %d of %d calls", share(0), share(1), count)
	}
	nodes[0].kill()
	calls("one", count)
}

// TestKamailioCaptures: Kamailio's sipcapture reads what the node sends to a capture
// server: which message it is, of which call, from whom, by UDP and by TCP.
func TestKamailioCaptures(t *testing.T) {
	need(t, "sipp", "sip-tester")
	needKamailio(t)
	const to = "+448081570002"
	at, phoneAt := host(), host()
	server := kamailio(t, at, "capture.cfg", map[string]string{
		"version":     "table_name(string) table_version(int)\nsip_capture:4\nversion:1\n",
		"sip_capture": "id(int,auto)\n",
	})
	n := startNode(t, change("strowger.hcl", "admin {", fmt.Sprintf("homer {\n  server = \"%s:5060\"\n  registrations = \"on\"\n}\n\nadmin {", at)))
	n.run("register-1003", phoneAt, "t1", []string{"-s", "1003"}, registers("1003")).done()
	phone := n.phone("1002", rung, ringing(), toInvite(486, "Busy Here"), await("ACK"))
	call := n.fromCarrier(to, carrier.isRefused(to, "486"))
	allDone(call, phone)
	theirs, ours := regexp.QuoteMeta(header(t, call.got("SIP/2.0 486", ""), "Call-ID")), header(t, phone.got("INVITE", ""), "Call-ID")
	for _, line := range []string{
		"INVITE of " + theirs + " from " + n.carrier + ":5060 by udp",
		"486 of " + theirs + " from " + n.host + ":5060 by udp",
		"ACK of " + theirs + " from " + n.carrier + ":5060 by udp",
		"INVITE of " + ours + " from " + n.host + ":5060 by udp",
		`486 of ` + ours + ` from [\d.]+:5060 by udp`,
		"REGISTER of [^ ]+ from " + phoneAt + `:\d+ by tcp`,
		"401 of [^ ]+ from " + n.host + ":5060 by tcp",
	} {
		wanted := regexp.MustCompile("captured " + line)
		until(t, "Kamailio captured "+line, func() bool { return wanted.MatchString(server.output()) })
	}
}

// needKamailio skips a test where there is none.
func needKamailio(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/usr/sbin/kamailio"); err != nil {
		t.Skip("kamailio is not installed: apt-get install kamailio")
	}
}
