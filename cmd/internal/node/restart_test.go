package node_test

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"strowger/cmd/internal/cli"
	"strowger/cmd/internal/hosttest"
)

// asNode in the environment makes the test binary the program itself.
const asNode = "STROWGER_TEST_AS_NODE"

func TestMain(m *testing.M) {
	if os.Getenv(asNode) != "" {
		os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// process is a node as a process of its own, on the demo configuration.
type process struct {
	host, dir string
	cmd       *exec.Cmd
}

func newProcess(t *testing.T, host string) *process {
	t.Helper()
	p := &process{host: host, dir: t.TempDir()}
	for _, file := range []string{"strowger.hcl", "demo.plan.hcl", "demo.seats.csv"} {
		text, err := os.ReadFile(filepath.Join("../../../configs", file))
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.ReplaceAll(text, []byte("127.0.0.1"), []byte(host))
		if err := os.WriteFile(filepath.Join(p.dir, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// start runs the node until it says that it is ready.
func (p *process) start(t *testing.T) {
	t.Helper()
	p.cmd = exec.Command(os.Args[0], "serve", "--config", filepath.Join(p.dir, "strowger.hcl"), "--data", filepath.Join(p.dir, "data"))
	p.cmd.Env = append(os.Environ(), asNode+"=1")
	p.cmd.Stderr = t.Output()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	cmd := p.cmd
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if lines.Text() == "ready" {
			return
		}
	}
	t.Fatal("the node did not start")
}

// wrote tells whether a file of the node's state has the text.
func (p *process) wrote(t *testing.T, text string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(filepath.Join(p.dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		found = found || bytes.Contains(content, []byte(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestKilledNodeKeepsRegistrations: what was registered before kill -9 is there
// after the next start, and calls reach it.
func TestKilledNodeKeepsRegistrations(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes: not in -short")
	}
	p := newProcess(t, hosttest.Next())
	p.start(t)
	sip := p.host + ":5060"
	phone, later := udpPeer(t, hosttest.Next()), udpPeer(t, hosttest.Next())
	phone.register(sip, "1002", 1)
	until(t, "the registration is on disk", func() bool { return p.wrote(t, "sip:1002@"+phone.local.String()) })
	// A group is on disk as a whole when the next one is begun.
	later.register(sip, "1003", 1)
	until(t, "the next registration is on disk", func() bool { return p.wrote(t, "sip:1003@"+later.local.String()) })
	if err := p.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("the node was to be killed: %v", err)
	}
	p.start(t)
	c := ring(t, sip, sip, phone)
	c.answered(t)
	c.phoneBye(t)
}
