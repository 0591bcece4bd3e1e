package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/node"
	"strowger/configs"
)

// stopTime is how long calls have to end when the node stops.
const stopTime = 5 * time.Second

// nodeFlags are the flags of commands that read a node's configuration.
type nodeFlags struct {
	config    string
	overrides configs.Overrides
}

func (f *nodeFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.config, "config", "configs/strowger.hcl", "configuration file of the node")
	c.Flags().StringVar(&f.overrides.Data, "data", "", "folder of the node's state (default: as configured)")
	c.Flags().StringVar(&f.overrides.NodeName, "node", "", "name of the node (default: as configured)")
	c.Flags().IntVar(&f.overrides.SIPPort, "sip-port", 0, "SIP port of the first network's listeners (default: as configured)")
	c.Flags().IntVar(&f.overrides.TrunkPort, "trunk-port", 0, "port of every trunk's targets (default: as configured)")
}

func newServe() *cobra.Command {
	var flags nodeFlags
	c := &cobra.Command{
		Use:     "serve",
		Short:   "Run a node until it is interrupted",
		Example: "  strowger serve --config configs/strowger.hcl --sip-port 5070",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return serve(c, flags)
		},
	}
	flags.add(c)
	return c
}

func serve(c *cobra.Command, flags nodeFlags) error {
	defer raiseHeap()()
	cfg, err := configs.Load(flags.config, flags.overrides)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(c.ErrOrStderr(), &slog.HandlerOptions{Level: cfg.Log.Level}))
	n, err := node.Start(c.Context(), cfg, log)
	if err != nil {
		return err
	}
	for _, line := range n.Notices {
		fmt.Fprintln(c.OutOrStdout(), line)
	}
	for _, l := range n.Transport.Listeners() {
		fmt.Fprintf(c.OutOrStdout(), "listening on %s %s\n", l.Proto, l.Addr)
	}
	fmt.Fprintln(c.OutOrStdout(), "ready")
	<-c.Context().Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), stopTime)
	defer cancel()
	if err := n.Stop(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
