package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"strowger/media/kernel"
)

// openKernel opens the kernel plane for an address of an interface, with its pins in a
// file system of its own, which ends with this program.
func openKernel(at netip.Addr, entries int) (*kernel.Plane, error) {
	fs, err := unix.Fsopen("bpf", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make a bpffs: %w", err)
	}
	defer func() { _ = unix.Close(fs) }()
	if err := unix.FsconfigCreate(fs); err != nil {
		return nil, fmt.Errorf("make a bpffs: %w", err)
	}
	mount, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("make a bpffs: %w", err)
	}
	return kernel.Open(kernel.Config{
		Pins: fmt.Sprintf("/proc/self/fd/%d/rtpload", mount), Addresses: []netip.Addr{at}, Entries: entries,
	}, nil)
}

// installEntries measures how long the kernel plane takes for so many streams.
func installEntries(_ context.Context, args []string) error {
	flags := flag.NewFlagSet("entries", flag.ExitOnError)
	count := flags.Int("count", 5000, "streams to install")
	bind := flags.String("bind", "", "address of an interface")
	to := flags.String("to", "", "address that its network reaches")
	if err := flags.Parse(args); err != nil {
		return err
	}
	at, err := netip.ParseAddr(*bind)
	if err != nil {
		return fmt.Errorf("-bind: %w", err)
	}
	far, err := netip.ParseAddr(*to)
	if err != nil {
		return fmt.Errorf("-to: %w", err)
	}
	plane, err := openKernel(at, *count)
	if err != nil {
		return err
	}
	defer plane.Close()
	entries := make([]*kernel.Entry, 0, *count)
	began := time.Now()
	for i := range *count {
		port := uint16(10_000 + 2*i)
		e, err := plane.Install(kernel.Edge{
			Label: "entry", Local: netip.AddrPortFrom(at, port), From: netip.AddrPortFrom(far, 4000), Out: netip.AddrPortFrom(at, port+1),
			To: netip.AddrPortFrom(far, 4002), SSRC: uint32(i), OutSSRC: uint32(i + 1), Clock: 8000, Types: []kernel.Type{{}},
		}, kernel.Start{})
		if err != nil {
			return err
		}
		entries = append(entries, e)
	}
	installed := time.Since(began)
	began = time.Now()
	for _, e := range entries {
		e.Remove()
	}
	fmt.Fprintf(os.Stdout, "%d entries of the kernel plane: %.1f ms to install, %.1f ms to remove\n",
		*count, milliseconds(installed), milliseconds(time.Since(began)))
	return nil
}
