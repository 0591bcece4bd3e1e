package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"

	"strowger/configs"
	"strowger/media/kernel"
	"strowger/media/relay"
)

func (n *Node) openMedia(ctx context.Context) error {
	c := relay.Config{Networks: map[string]relay.Network{}, Disallowed: n.disallowed, Orphaned: n.orphaned}
	for _, w := range n.Config.Networks {
		c.DSCP = w.DSCPRTP
		c.Networks[w.Name] = rtpNetwork(w)
	}
	var err error
	if c.Kernel, err = n.openKernel(ctx); err != nil {
		return err
	}
	if n.Media, err = relay.New(c, n.log); err != nil {
		n.Media = nil // not half a plane
		if c.Kernel != nil {
			_ = c.Kernel.Close() // the fault of the relay is what is told
		}
		return err
	}
	return nil
}

// openKernel opens the kernel plane; nil where it is not wanted, or not possible and
// not demanded.
func (n *Node) openKernel(ctx context.Context) (*kernel.Plane, error) {
	m := n.Config.Media
	pins := filepath.Join(m.BPFFS, "strowger", n.Config.Node.Name)
	if m.Plane == configs.PlaneUserspace {
		if err := kernel.Forget(pins); err != nil {
			n.log.Warn("what the kernel carries on for a former process cannot be ended", "error", err)
		}
		n.log.Info("sound is carried in user space", "plane", m.Plane)
		return nil, nil //nolint:nilnil // no kernel plane is no error
	}
	c := kernel.Config{
		Pins:   pins,
		Attach: map[string]kernel.Attach{configs.AttachTCX: kernel.TCX, configs.AttachClsact: kernel.Clsact}[m.Attach],
	}
	for _, w := range n.Config.Networks {
		for _, a := range w.RTP {
			c.Addresses = append(c.Addresses, a.Bind)
			c.Entries += (a.To - a.From + 1) / 2
		}
	}
	c.Entries = max(1, min(c.Entries, kernel.MaxEntries))
	c.Loopback = m.Plane == configs.PlaneEBPF && allLoopback(c.Addresses)
	k, err := kernel.Open(c, n.log)
	switch {
	case err == nil:
		n.log.Info("sound is carried in the kernel", "plane", "ebpf", "attached", k.String())
		return k, nil
	case m.Plane == configs.PlaneEBPF:
		return nil, fmt.Errorf(`media { plane = "ebpf" }: %w`, err)
	}
	level := slog.LevelInfo
	if errors.Is(err, kernel.ErrNoInterface) {
		level = slog.LevelDebug // as on a laptop
	}
	n.log.Log(ctx, level, "sound is carried in user space", "plane", m.Plane, "reason", err)
	return nil, nil //nolint:nilnil // no kernel plane is no error
}

func allLoopback(addresses []netip.Addr) bool {
	for _, a := range addresses {
		if !a.IsLoopback() {
			return false
		}
	}
	return true
}
