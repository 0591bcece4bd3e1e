package kernel

import (
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// How a child process is to run on a kernel before 6.6: with nothing asked for, and with
// TCX demanded.
const (
	oldAuto = "old"
	oldTCX  = "old, tcx"
)

// beforeTCX makes the kernel one before 6.6 to this process: links, which TCX is one of,
// are told to be invalid.
func beforeTCX() error {
	const linkCreate = 28                     // BPF_LINK_CREATE
	number, argument := uint32(0), uint32(16) // in struct seccomp_data; the low half of the first argument
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: number},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 3, K: unix.SYS_BPF},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: argument},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: linkCreate},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EINVAL)},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	f := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&f)))
	if errno != 0 {
		return errno
	}
	return nil
}

// TestFallsBackToClsact: where the kernel has no TCX, clsact is used without being asked
// for; sound is carried, also when the process is gone. TCX that is demanded is refused.
func TestFallsBackToClsact(t *testing.T) {
	w := newWorld(t, v4)
	if _, says := w.starts(oldTCX); !strings.Contains(says, "attach to") || !strings.Contains(says, "not supported") {
		t.Errorf("where TCX is demanded the process says %q", says)
	}
	from, to := w.caller.Listen(netip.AddrPortFrom(w.at.caller, 4000)), w.agent.Listen(netip.AddrPortFrom(w.at.agent, 5000))
	process, says := w.starts(oldAuto)
	if says != "ready\n" {
		t.Fatalf("the process says %q", says)
	}
	for _, name := range []string{"left", "right"} {
		if out := w.exchange.Run("tc", "filter", "show", "dev", name, "ingress"); !strings.Contains(out, "strowger") {
			t.Errorf("no filter at %s: %s", name, out)
		}
	}
	links, err := filepath.Glob(filepath.Join(w.config().Pins, schema, linkPrefix+"*"))
	if err != nil || len(links) > 0 {
		t.Errorf("links %v: %v", links, err)
	}
	carried := func(seq uint16) {
		t.Helper()
		send(t, from, rtpPacket(theirs, seq, 0, 1, 2), netip.AddrPortFrom(w.at.left, 20000))
		if b, _ := receive(t, to, soon); len(b) != 14 {
			t.Errorf("packet %d comes as % x", seq, b)
		}
	}
	carried(100)
	w.kill(process)
	carried(101)
	// A process on a newer kernel takes over.
	p := w.open(w.config())
	if s := p.String(); s != "tcx on left, tcx on right" {
		t.Errorf("attached by %s", s)
	}
	carried(102)
	if n := len(p.Survivors()); n != 1 {
		t.Errorf("%d survivors", n)
	}
}

// old is a child on a kernel without TCX.
func old(how string) (Attach, error) {
	if how == oldTCX {
		return TCX, beforeTCX()
	}
	return Auto, beforeTCX()
}
