package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace without a name, which ends with this program; nil is
// the program's own.
type namespace struct{ file *os.File }

// newNamespace needs root.
func newNamespace() (*namespace, error) {
	n, made := &namespace{}, make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			n.file, err = os.Open(fmt.Sprintf("/proc/self/task/%d/ns/net", unix.Gettid()))
		}
		made <- err
	}()
	if err := <-made; err != nil {
		return nil, fmt.Errorf("make a network namespace: %w", err)
	}
	return n, n.ip("link", "set", "lo", "up")
}

// do calls f within the namespace. Sockets that it opens and programs that it starts stay
// there.
func (n *namespace) do(f func() error) error {
	if n == nil {
		return f()
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // as above
		err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET)
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

func (n *namespace) ip(args ...string) error {
	return n.do(func() error {
		out, err := exec.CommandContext(context.Background(), "ip", args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("ip %v: %w: %s", args, err, out)
		}
		return nil
	})
}

// place is where one side of a measurement has its sockets.
type place struct {
	*namespace
	addr netip.Addr
}

// wire joins two namespaces by a veth pair.
func wire() (far, near place, err error) {
	far.addr, near.addr = netip.MustParseAddr("10.98.0.2"), netip.MustParseAddr("10.98.0.1")
	if far.namespace, err = newNamespace(); err != nil {
		return far, near, err
	}
	if near.namespace, err = newNamespace(); err != nil {
		return far, near, err
	}
	peer := fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), far.file.Fd())
	for _, step := range []struct {
		at   place
		args []string
	}{
		{near, []string{"link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", peer}},
		{near, []string{"addr", "add", near.addr.String() + "/24", "dev", "wire"}},
		{far, []string{"addr", "add", far.addr.String() + "/24", "dev", "wire"}},
		{near, []string{"link", "set", "wire", "up"}},
		{far, []string{"link", "set", "wire", "up"}},
	} {
		if err := step.at.ip(step.args...); err != nil {
			return far, near, err
		}
	}
	return far, near, nil
}
