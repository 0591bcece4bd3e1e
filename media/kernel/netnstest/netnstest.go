// Package netnstest makes networks for tests: namespaces joined by veth pairs, and a
// bpffs. They have no names and belong to the test's process, so that nothing is left
// behind when it ends, however that comes about. It needs root and ip(8).
package netnstest

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Namespace is a network namespace.
type Namespace struct {
	tb   testing.TB
	name string
	file *os.File
}

// Need skips the test where it cannot have namespaces.
func Need(tb testing.TB) {
	tb.Helper()
	if os.Geteuid() != 0 {
		tb.Skip("network namespaces and eBPF need root")
	}
	for _, program := range []string{"ip", "ethtool"} {
		if _, err := exec.LookPath(program); err != nil {
			tb.Skipf("%s is missing: apt-get install iproute2 ethtool", program)
		}
	}
}

// New makes a namespace with its loopback up.
func New(tb testing.TB, name string) *Namespace {
	tb.Helper()
	Need(tb)
	n := &Namespace{tb: tb, name: name}
	if err := away(func() error { return unix.Unshare(unix.CLONE_NEWNET) }, func() (err error) {
		n.file, err = os.Open(ofThread)
		return err
	}); err != nil {
		tb.Skipf("no network namespace can be made: %v", err)
	}
	tb.Cleanup(func() { _ = n.file.Close() })
	n.Run("ip", "link", "set", "lo", "up")
	return n
}

// ofThread is the namespace of who opens it.
const ofThread = "/proc/thread-self/ns/net"

// away calls f with the thread in another namespace, and has it come back. A thread that
// ended would take with it the processes that were started from it to end with their
// parent (Pdeathsig).
func away(leave, f func() error) error {
	runtime.LockOSThread()
	home, err := os.Open(ofThread)
	if err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer func() {
		if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread() // else it ends with its goroutine, rather than be lost
		}
		_ = home.Close()
	}()
	if err := leave(); err != nil {
		return err
	}
	return f()
}

// Do calls f within the namespace.
func (n *Namespace) Do(f func()) {
	n.tb.Helper()
	enter := func() error { return unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET) }
	if err := away(enter, func() error { f(); return nil }); err != nil {
		n.tb.Fatalf("enter namespace %s: %v", n.name, err)
	}
}

// Run runs a program within the namespace and returns what it printed.
func (n *Namespace) Run(program string, args ...string) string {
	n.tb.Helper()
	var out []byte
	var err error
	n.Do(func() { out, err = exec.CommandContext(n.tb.Context(), program, args...).CombinedOutput() }) //nolint:gosec // tests name what they run
	if err != nil {
		n.tb.Fatalf("%s: %s %s: %v: %s", n.name, program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// Start starts a command within the namespace.
func (n *Namespace) Start(c *exec.Cmd) {
	n.tb.Helper()
	var err error
	n.Do(func() { err = c.Start() })
	if err != nil {
		n.tb.Fatalf("%s: start %s: %v", n.name, c.Path, err)
	}
}

// Join joins two namespaces by a veth pair, whose ends have these names and addresses
// (with prefix lengths).
func (n *Namespace) Join(other *Namespace, name, otherName string, addresses ...netip.Prefix) {
	n.tb.Helper()
	n.Run("ip", "link", "add", name, "type", "veth", "peer", "name", otherName, "netns", other.path())
	n.Run("ip", "link", "set", "dev", name, "up")
	other.Run("ip", "link", "set", "dev", otherName, "up")
	for i := 0; i+1 < len(addresses); i += 2 {
		n.Address(name, addresses[i])
		other.Address(otherName, addresses[i+1])
	}
}

// Address gives an interface an address, which may be used at once.
func (n *Namespace) Address(name string, a netip.Prefix) {
	n.tb.Helper()
	args := []string{"addr", "add", a.String(), "dev", name}
	if a.Addr().Is6() {
		args = append(args, "nodad")
	}
	n.Run("ip", args...)
}

func (n *Namespace) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.file.Fd()) }

// Listen opens a UDP socket within the namespace.
func (n *Namespace) Listen(at netip.AddrPort) *net.UDPConn {
	n.tb.Helper()
	var c *net.UDPConn
	var err error
	n.Do(func() { c, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(at)) })
	if err != nil {
		n.tb.Fatalf("%s: %v", n.name, err)
	}
	n.tb.Cleanup(func() { _ = c.Close() })
	return c
}

// Bpffs makes a bpffs that is mounted nowhere.
func Bpffs(tb testing.TB) *os.File {
	tb.Helper()
	Need(tb)
	fs, err := unix.Fsopen("bpf", unix.FSOPEN_CLOEXEC)
	if err != nil {
		tb.Skipf("no bpffs can be made: %v", err)
	}
	defer func() { _ = unix.Close(fs) }()
	if err := unix.FsconfigCreate(fs); err != nil {
		tb.Skipf("no bpffs can be made: %v", err)
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		tb.Skipf("no bpffs can be made: %v", err)
	}
	f := os.NewFile(uintptr(mount), "bpffs")
	tb.Cleanup(func() { _ = f.Close() })
	return f
}

// Path is where this process finds what is beneath a file of Bpffs.
func Path(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }
