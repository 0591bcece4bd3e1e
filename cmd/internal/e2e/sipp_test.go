package e2e

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sippWait is how long a scenario may take.
const sippWait = 90 * time.Second

// side is one sipp process: a carrier or a phone.
type side struct {
	t       *testing.T
	name    string
	trace   string // the messages it saw
	process *process
}

// run starts sipp on an address with one call of a scenario.
func (n *node) run(name, at, transport string, args []string, list ...any) *side {
	n.t.Helper()
	file := n.file(name+".xml", list...)
	dir := filepath.Dir(file)
	s := &side{t: n.t, name: name, trace: filepath.Join(dir, name+".messages")}
	cmd := exec.Command("sipp", append([]string{
		"-sf", file, "-i", at, "-p", "5060", "-mi", at, "-mp", "6000", "-t", transport,
		"-m", "1", "-nostdin", "-timer_resol", "1", "-trace_msg", "-message_file", s.trace, "-trace_err", "-error_file", filepath.Join(dir, name+".errors"),
	}, append(args, cmp.Or(n.edge, n.host)+":"+cmp.Or(n.port, "5060"))...)...)
	cmd.Dir = dir
	s.process = launch(n.t, cmd, filepath.Join(dir, name+".log"))
	return s
}

// file writes a scenario to a folder of its own.
func (n *node) file(name string, list ...any) string {
	n.t.Helper()
	file := filepath.Join(n.t.TempDir(), name)
	if err := os.WriteFile(file, []byte(scenario(steps(list...))), 0o600); err != nil {
		n.t.Fatal(err)
	}
	return file
}

// call starts a side that begins a call to a number.
func (n *node) call(name, at, number string, list ...any) *side {
	n.t.Helper()
	return n.run(name, at, "u1", []string{"-s", number}, list...)
}

// fromCarrier starts a call of the carrier.
func (n *node) fromCarrier(number string, list ...any) *side {
	n.t.Helper()
	return n.call("carrier", n.carrier, number, list...)
}

// phone registers a seat from an address of its own and then waits for a call.
func (n *node) phone(seat string, list ...any) *side {
	n.t.Helper()
	at := host()
	n.registered(seat, at)
	return n.waits(seat, at, list...)
}

// registered registers a seat from an address.
func (n *node) registered(seat, at string) {
	n.t.Helper()
	n.run("register-"+seat, at, "u1", []string{"-s", seat}, registers(seat)).done()
}

// waits starts a side that waits for a call, and echoes sound.
func (n *node) waits(name, at string, list ...any) *side {
	n.t.Helper()
	s := n.run(name, at, "u1", []string{"-s", name, "-rtp_echo"}, list...)
	listening(n.t, "udp", at)
	return s
}

// waitsTCP is waits over TCP.
func (n *node) waitsTCP(name, at string, list ...any) *side {
	n.t.Helper()
	s := n.run(name, at, "t1", []string{"-s", name, "-rtp_echo"}, list...)
	listening(n.t, "tcp", at)
	return s
}

// listening waits until a socket is bound to port 5060 of an address.
func listening(t *testing.T, proto, at string) {
	t.Helper()
	var octets [4]string
	copy(octets[:], strings.Split(at, "."))
	want := hexAddress(octets) + ":13C4"
	until(t, at+" listens", func() bool {
		text, err := os.ReadFile("/proc/net/" + proto)
		return err == nil && strings.Contains(string(text), want)
	})
}

// done waits for the end of the scenario and wants it to have come about.
func (s *side) done() {
	s.t.Helper()
	err := s.process.wait(sippWait)
	if err == nil {
		err = s.process.err
	}
	if err != nil {
		s.t.Fatalf("%s: %v\n%s\n%s", s.name, err, s.errors(), s.messages())
	}
}

// allDone waits for several sides.
func allDone(sides ...*side) {
	for _, s := range sides {
		s.t.Helper()
		s.done()
	}
}

func (s *side) messages() string {
	text, err := os.ReadFile(s.trace)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (s *side) errors() string {
	text, err := os.ReadFile(strings.TrimSuffix(s.trace, ".messages") + ".errors")
	if err != nil {
		return ""
	}
	return string(text)
}

// all returns the messages that sipp received whose first line begins with a
// prefix and that have a line that begins with another.
func (s *side) all(first, line string) []string {
	var found []string
	for part := range strings.SplitSeq(s.messages(), "\n-----") {
		head, text, _ := strings.Cut(part, "\n\n")
		text = strings.ReplaceAll(strings.TrimLeft(text, "\r\n"), "\r\n", "\n")
		if strings.Contains(head, "received") && strings.HasPrefix(text, first) && strings.Contains(text, "\n"+line) {
			found = append(found, text)
		}
	}
	return found
}

// got is the first of all, or fails the test.
func (s *side) got(first, line string) string {
	s.t.Helper()
	found := s.all(first, line)
	if len(found) == 0 {
		s.t.Fatalf("%s received no %s with %q:\n%s", s.name, first, line, s.messages())
	}
	return found[0]
}

// says wants lines in a message.
func says(t *testing.T, msg string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains("\n"+msg, "\n"+line) {
			t.Errorf("no line begins with %q in\n%s", line, msg)
		}
	}
}

// hexAddress writes an IPv4 address as /proc/net does.
func hexAddress(octets [4]string) string {
	var b strings.Builder
	for i := 3; i >= 0; i-- {
		n, _ := strconv.Atoi(octets[i])
		fmt.Fprintf(&b, "%02X", n)
	}
	return b.String()
}
