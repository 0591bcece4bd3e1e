package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"strowger/media/kernel/netnstest"
	"strowger/sip/ledger"
)

// inKernel is a node in a network namespace of its own, whose sound the kernel carries.
type inKernel struct {
	*node
	space *netnstest.Namespace
	bpffs *os.File
}

// begin starts the node, which is not waited for.
func (k *inKernel) begin() (cmd *exec.Cmd, ready <-chan struct{}) {
	k.t.Helper()
	cmd = k.command()
	cmd.ExtraFiles = []*os.File{k.bpffs}
	log, err := os.OpenFile(filepath.Join(k.dir, "node.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		k.t.Fatal(err)
	}
	defer log.Close()
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		k.t.Fatal(err)
	}
	k.space.Start(cmd)
	k.t.Cleanup(func() { _ = cmd.Process.Kill() })
	stands := make(chan struct{})
	go func() {
		defer close(stands)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "ready" {
				go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the process
				return
			}
		}
	}()
	return cmd, stands
}

// ask runs a command of the operator.
func (k *inKernel) ask(args ...string) string {
	k.t.Helper()
	cmd := exec.Command(os.Args[0], append(args, "--config", "strowger.hcl", "--data", "data")...)
	cmd.Env, cmd.Dir = append(os.Environ(), asNode+"=1"), k.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	k.space.Start(cmd)
	if err := cmd.Wait(); err != nil {
		k.t.Errorf("%v: %v: %s", args, err, &out)
	}
	return out.String()
}

// TestKernelRestart: a caller hears himself by the kernel. The node is killed and started
// again while he speaks and is recorded, and no packet is lost; as no call claims his
// stream, it ends, and the ledger has that.
func TestKernelRestart(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	t.Parallel()
	netnstest.Need(t)
	k := &inKernel{
		node:  &node{t: t, host: "127.0.0.1", carrier: "127.0.0.2", dir: t.TempDir()},
		space: netnstest.New(t, "node"), bpffs: netnstest.Bpffs(t),
	}
	k.configure([]edit{change("strowger.hcl", "tenant \"demo\"", "media {\n  plane = \"ebpf\"\n  bpffs = \"/proc/self/fd/3\"\n}\n\ntenant \"demo\"")})
	process, ready := k.begin()
	<-ready
	sip := k.space.Listen(netip.MustParseAddrPort("127.0.0.2:5060"))
	rtp := k.space.Listen(netip.MustParseAddrPort("127.0.0.2:4000"))
	to := callEcho(t, sip)
	e := &echoed{t: t, rtp: rtp, to: to}
	for began := time.Now(); !e.hears(e.say()); { // his ACK may be behind his first packet
		if time.Since(began) > startWait {
			t.Fatal("nothing comes back")
		}
	}

	carried := regexp.MustCompile(`media plane +ebpf \(tcx on lo\), 1 streams`)
	for began := time.Now(); ; {
		// He speaks on meanwhile: a stream that pauses is taken back from the kernel.
		told := make(chan string, 1)
		go func() { told <- k.ask("status") }()
		status := speakUntil(e, told)
		if carried.MatchString(status) {
			break
		}
		if time.Since(began) > startWait {
			t.Fatalf("the kernel carries nothing: %s\n%s", status, k.told())
		}
	}
	k.records(e, carried)
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = process.Wait() // it says that it was killed
	e.speak(50)
	_, ready = k.begin()
	speakUntil(e, ready)
	e.speak(50)
	stood := time.Now()
	for e.hears(e.say()) {
		if time.Since(stood) > startWait {
			t.Fatal("a stream that no call claims flows on")
		}
	}
	if d := time.Since(stood); d < 5*time.Second {
		t.Errorf("the stream ended after %v", d)
	}
	if out := k.told(); !strings.Contains(out, "a stream of before the restart was ended") {
		t.Errorf("the node tells nothing of it: %s", out)
	}
	k.closed(to)
}

// records begins to record the call, whose sound stays in the kernel.
func (k *inKernel) records(e *echoed, carried *regexp.Regexp) {
	k.t.Helper()
	told := make(chan string, 1)
	go func() {
		var calls struct{ Calls []struct{ ID string } }
		out := k.ask("call", "list", "-o", "json")
		if err := json.Unmarshal([]byte(out), &calls); err != nil || len(calls.Calls) != 1 {
			k.t.Errorf("calls %s: %v", out, err)
			told <- ""
			return
		}
		out = k.ask("call", "record", calls.Calls[0].ID, "start")
		told <- out + k.ask("status")
	}()
	if status := speakUntil(e, told); !carried.MatchString(status) {
		k.t.Errorf("a recorded call is not carried by the kernel: %s", status)
	}
	if files, err := filepath.Glob(filepath.Join(k.dir, "data", "recordings", "*", "*")); err != nil || len(files) == 0 {
		k.t.Errorf("nothing is recorded: %v", err)
	}
}

// closed wants the ledger to have the one call closed as the node was lost, and the end of
// the stream that outlived it.
func (k *inKernel) closed(to netip.AddrPort) {
	k.t.Helper()
	records := rows[ledger.CDR](k.t, k.dir, "cdr-*.jsonl")
	if len(records) != 1 {
		k.t.Fatalf("%d call records: %+v", len(records), records)
	}
	if r := records[0]; r.Disposition != "node lost" || r.By != "node lost" || r.Status != 500 || r.Q850 != 41 || r.End == "" {
		k.t.Errorf("call record %+v", r)
	}
	var told struct{ Events []ledger.Event }
	out := k.ask("call", "explain", records[0].Call, "-o", "json")
	if err := json.Unmarshal([]byte(out), &told); err != nil {
		k.t.Fatalf("%v: %s", err, out)
	}
	var ended, orphaned []ledger.Event
	for _, e := range told.Events {
		switch {
		case e.Kind == ledger.Ended:
			ended = append(ended, e)
		case e.Kind == ledger.Orphaned && len(ended) == 1:
			orphaned = append(orphaned, e)
		}
	}
	if len(ended) != 1 || len(orphaned) != 1 {
		k.t.Fatalf("the call's story is %s", out)
	}
	o := orphaned[0]
	if o.Detail != to.String() || o.Q850 != 41 || o.Status != 500 || o.Media == nil || o.Media.Received < 100 || o.Media.Sent != o.Media.Received {
		k.t.Errorf("the end of the stream is %+v, media %+v", o, o.Media)
	}
	if d := o.At.Sub(ended[0].At); d < 5*time.Second || d > startWait {
		k.t.Errorf("the stream ended %v after the call", d)
	}
	if out := k.ask("call", "explain", records[0].Call); !strings.Contains(out, "orphaned   sound to "+to.String()+" flowed on in the kernel and was ended: 500 Node lost (Q.850 cause 41)") {
		k.t.Errorf("the call's story is %s", out)
	}
}

// told is the log of all its processes.
func (k *inKernel) told() string {
	out, err := os.ReadFile(filepath.Join(k.dir, "node.log"))
	if err != nil {
		k.t.Error(err)
	}
	return string(out)
}

// callEcho calls the demo's echo, and returns where sound goes.
func callEcho(t *testing.T, sip *net.UDPConn) netip.AddrPort {
	t.Helper()
	return callBare(t, sip, netip.MustParseAddrPort("127.0.0.1:5060"), "+448081570003", "m=audio 4000 RTP/AVP 8\r\n")
}

// echoed is a caller who hears what he says.
type echoed struct {
	t   *testing.T
	rtp *net.UDPConn
	to  netip.AddrPort
	seq uint16
}

// say sends a packet and returns its payload.
func (e *echoed) say() []byte {
	e.t.Helper()
	e.seq++
	payload := []byte{byte(e.seq >> 8), byte(e.seq), 0x2a, 0x55}
	b := append([]byte{0x80, 8, byte(e.seq >> 8), byte(e.seq), 0, byte(e.seq >> 8), byte(e.seq), 0, 0, 0, 0, 7}, payload...)
	if _, err := e.rtp.WriteToUDPAddrPort(b, e.to); err != nil {
		e.t.Fatal(err)
	}
	return payload
}

// hears tells whether a payload comes back, before any other.
func (e *echoed) hears(payload []byte) bool {
	e.t.Helper()
	b := make([]byte, 2048)
	for {
		if err := e.rtp.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
			e.t.Fatal(err)
		}
		n, err := e.rtp.Read(b)
		if err != nil {
			return false
		}
		if n > 12 && b[1]&0x7f == 8 {
			return bytes.Equal(b[12:n], payload)
		}
	}
}

// speakUntil speaks until there is something to receive, and returns it.
func speakUntil[T any](e *echoed, from <-chan T) T {
	for {
		e.speak(5)
		select {
		case got := <-from:
			return got
		default:
		}
	}
}

// speak says something and wants to hear all of it, a packet each 5 ms.
func (e *echoed) speak(packets int) {
	e.t.Helper()
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for range packets {
		if payload := e.say(); !e.hears(payload) {
			e.t.Fatalf("packet %d did not come back", e.seq)
		}
		<-pace.C
	}
}
