package e2e

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"strowger/cmd/internal/cli"
	"strowger/cmd/internal/hosttest"
)

// asNode in the environment makes the test binary the node.
const asNode = "STROWGER_E2E_NODE"

// Waits. They are bounds of what takes a moment, not lengths.
const (
	startWait = 30 * time.Second
	stopWait  = 20 * time.Second
	fileWait  = 10 * time.Second
)

func TestMain(m *testing.M) {
	if os.Getenv(asNode) != "" {
		os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	// Tests wait more than they work: more of them at once than there are processors.
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// host is a loopback address that nothing else of these tests uses.
func host() string { return hosttest.Next() }

// need runs a test beside the others, or skips it if its program is not installed.
func need(t *testing.T, program, debian string) {
	t.Helper()
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	installed(t, program, debian)
}

// installed skips a test whose program is not there.
func installed(t *testing.T, program, debian string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed: apt-get install %s", program, debian)
	}
}

// node is a running strowger on the demo configuration.
type node struct {
	t          *testing.T
	host, port string // port "" is 5060; RTP from 20000
	carrier    string // the address of the trunk
	edge       string // where others send what is for it; "" is itself
	dir        string // configs/ and data/
	process    *process
	notices    []string // what it said before it was ready
}

// edit changes a file of the demo configuration for one node.
type edit struct {
	file string
	edit func(text string) string
}

// change puts another text in the place of the first that is the old one.
func change(file, old, text string) edit {
	return edit{file, func(all string) string { return strings.Replace(all, old, text, 1) }}
}

// startNode runs a node until the test ends.
func startNode(t *testing.T, edits ...edit) *node {
	t.Helper()
	n := &node{t: t, host: host(), carrier: host(), dir: t.TempDir()}
	n.configure(edits)
	n.start()
	return n
}

// configure copies the demo configuration, moved to the node's addresses.
func (n *node) configure(edits []edit) {
	n.t.Helper()
	move := strings.NewReplacer("127.0.0.1", n.host, "127.0.0.2", n.carrier)
	for _, file := range []string{"strowger.hcl", "demo.plan.hcl", "demo.seats.csv"} {
		raw, err := os.ReadFile(filepath.Join("../../../configs", file))
		if err != nil {
			n.t.Fatal(err)
		}
		text := string(raw)
		for _, e := range edits {
			if e.file != file {
				continue
			}
			before := text
			if text = e.edit(text); text == before {
				n.t.Fatalf("%s has nothing to change", file)
			}
		}
		if err := os.WriteFile(filepath.Join(n.dir, file), []byte(move.Replace(text)), 0o600); err != nil {
			n.t.Fatal(err)
		}
	}
}

// command is the node's, not started.
func (n *node) command() *exec.Cmd {
	cmd := exec.Command(os.Args[0], "serve", "--config", "strowger.hcl", "--data", "data")
	cmd.Env = append(os.Environ(), asNode+"=1")
	cmd.Dir = n.dir
	return cmd
}

// start runs the node and waits until it takes calls.
func (n *node) start() {
	n.t.Helper()
	cmd := n.command()
	out, err := cmd.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	n.process = launch(n.t, cmd, filepath.Join(n.dir, "node.log"))
	ready := make(chan struct{})
	n.notices = nil
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if lines.Text() == "ready" {
				close(ready)
				break
			}
			n.notices = append(n.notices, lines.Text())
		}
		_, _ = io.Copy(io.Discard, out) // ends with the process
	}()
	select {
	case <-ready:
	case <-n.process.done:
		n.t.Fatalf("the node ended at its start:\n%s", n.process.output())
	case <-time.After(startWait):
		n.t.Fatalf("the node is not ready after %v:\n%s", startWait, n.process.output())
	}
	n.t.Cleanup(n.stop)
}

// stop ends the node as an operator does, and wants it to end well.
func (n *node) stop() {
	n.t.Helper()
	if n.process.ended() {
		return
	}
	if err := n.process.end(syscall.SIGTERM, stopWait); err != nil {
		n.t.Errorf("the node did not end well: %v", err)
	}
	n.sound()
}

var trace = regexp.MustCompile(`(?m)^(goroutine \d+|panic:|fatal error:|WARNING: DATA RACE)`)

// sound checks that nothing broke inside the node.
func (n *node) sound() {
	n.t.Helper()
	if out := n.process.output(); trace.MatchString(out) {
		n.t.Errorf("the node's output has a stack trace:\n%s", out)
	} else if n.t.Failed() {
		n.t.Logf("the node's output:\n%s", out)
	}
}

// alive checks that the node still runs.
func (n *node) alive() {
	n.t.Helper()
	if n.process.ended() {
		n.t.Fatalf("the node has ended:\n%s", n.process.output())
	}
}

// kill ends the node as a power cut does.
func (n *node) kill() {
	n.t.Helper()
	var exit *exec.ExitError
	if err := n.process.end(syscall.SIGKILL, stopWait); !errors.As(err, &exit) {
		n.t.Fatalf("the killed node ended with %v", err)
	}
}

// process is a program under test, in a process group of its own.
type process struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{} // closed when it has ended
	err  error         // of its end; read after done
}

// launch starts a program. Its output goes to the log; what of it is left when
// the test ends is killed.
func launch(t *testing.T, cmd *exec.Cmd, log string) *process {
	t.Helper()
	file, err := os.OpenFile(log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if cmd.Stdout == nil {
		cmd.Stdout = file
	}
	cmd.Stderr = file
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	p := &process{cmd: cmd, log: log, done: make(chan struct{})}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		if !p.ended() {
			_ = p.end(syscall.SIGKILL, stopWait) // it was not asked to end
		}
	})
	return p
}

func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// end sends the signal and waits for the end.
func (p *process) end(signal syscall.Signal, wait time.Duration) error {
	_ = syscall.Kill(-p.cmd.Process.Pid, signal) // it may have ended meanwhile
	if err := p.wait(wait); err != nil {
		return err
	}
	return p.err
}

// wait waits for the end; a process that does not come to it is killed.
func (p *process) wait(bound time.Duration) error {
	select {
	case <-p.done:
		return nil
	case <-time.After(bound):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.done
	return fmt.Errorf("%w after %v", context.DeadlineExceeded, bound)
}

func (p *process) output() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// until asks again and again, and fails the test if the answer stays no.
func until(t *testing.T, what string, yes func() bool) {
	t.Helper()
	within(t, fileWait, what, yes)
}

// within is until with another bound.
func within(t *testing.T, bound time.Duration, what string, yes func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-ctx.Done():
			t.Fatalf("after %v still not: %s", bound, what)
		case <-tick.C:
		}
	}
}
