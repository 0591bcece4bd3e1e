package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/overload"
)

func newStatus() *cobra.Command {
	var n connection
	var wait time.Duration
	c := &cobra.Command{
		Use: "status", Short: "Show a node at a glance",
		Example: "  strowger status\n  strowger status --wait 10s -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			st, err := n.status(c.Context(), wait)
			if err != nil {
				return err
			}
			return n.show(c, st, func(w io.Writer) { printStatus(w, st) })
		},
	}
	n.add(c)
	c.Flags().DurationVar(&wait, "wait", 0, "wait so long for a node that does not answer yet")
	return c
}

// status asks the node, again and again until wait is over.
func (n *connection) status(ctx context.Context, wait time.Duration) (api.Status, error) {
	const interval = 100 * time.Millisecond
	var st api.Status
	client, err := n.connect()
	if err != nil {
		return st, err
	}
	ctx, cancel := context.WithTimeout(ctx, max(wait, time.Minute))
	defer cancel()
	again := time.NewTicker(interval)
	defer again.Stop()
	for end := time.Now().Add(wait); ; {
		err := client.Do(ctx, "GET", "/v1/status", nil, &st)
		if err == nil || !errors.Is(err, api.ErrNoNode) || !time.Now().Before(end) {
			return st, err
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return st, err
		}
	}
}

func printStatus(w io.Writer, st api.Status) {
	fields(w,
		"node", fmt.Sprintf("%s, version %s, up %s", st.Node, st.Version, time.Since(st.Started).Round(time.Second)),
		"ready", yes(st.Ready), "you", st.Identity, "store", st.Store, "tenants", strings.Join(st.Tenants, ", "),
		"calls", fmt.Sprintf("%d of %d", st.Calls, st.CallLimit),
		"registered", fmt.Sprintf("%d seats", st.Registered),
		"RTP", fmt.Sprintf("%d pairs of ports free, %d resting, of %d", st.Ports.Free, st.Ports.Resting, st.Ports.Total),
		"media plane", plane(st.Plane),
		"sound", soundLoad(st.Load, st.LoadLimit))
	t := newTable("LISTENER", "TRANSPORT", "ADDRESS", "ADVERTISED")
	for _, l := range st.Listeners {
		t.add(l.Name, l.Transport, l.Address, l.Advertised)
	}
	fmt.Fprintln(w)
	t.print(w)
	if len(st.Targets) > 0 {
		fmt.Fprintln(w)
		printTargets(w, st.Targets)
	}
}

func plane(p api.Plane) string {
	if p.Attached == "" {
		return p.Name
	}
	return fmt.Sprintf("%s (%s), %d streams in the kernel", p.Name, p.Attached, p.Carried)
}

// soundLoad is how near the relay is to what it can carry.
func soundLoad(l overload.Load, limit int) string {
	text := fmt.Sprintf("%.0f packets/s of %s CPU, %.0f%% of what can be carried", l.Packets, l.Cost.Round(100*time.Nanosecond), 100*l.Share)
	switch {
	case l.Full:
		text += ": new calls are refused"
	case limit > 0:
		text += fmt.Sprintf("; calls are refused from %d%% on", limit)
	}
	return text
}

func printTargets(w io.Writer, targets []api.TrunkTarget) {
	t := newTable("TRUNK", "TARGET", "ADDRESSES", "REMARK")
	for _, target := range targets {
		remark := target.Error
		if target.Stale {
			remark = strings.TrimSuffix("older than DNS allows; "+remark, "; ")
		}
		t.add(target.Trunk, target.Name, cmp.Or(strings.Join(target.Addresses, ", "), "none"), remark)
	}
	t.print(w)
}
