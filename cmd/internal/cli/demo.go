package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/demo"
)

func newDemo() *cobra.Command {
	var config string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Watch a node, its seats and a carrier's calls, live, in under a minute",
		Long: `Starts a node on free ports with a temporary folder, registers seats, has the
demo's carrier call each demo number, and ends with the call records.`,
		Example: "  strowger demo",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return demo.Run(c.Context(), config, c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&config, "config", "configs/strowger.hcl", "configuration of the demo")
	c.AddCommand(newDemoCall())
	return c
}

func newDemoCall() *cobra.Command {
	var flags nodeFlags
	var duration time.Duration
	c := &cobra.Command{
		Use:   "call SEAT",
		Short: "Have the demo's carrier ring a seat of a running demo node",
		Long: `The demo's carrier, 127.0.0.2, calls the presentation number of a seat. Who
answers hears a greeting, then an echo.`,
		Example: "  strowger demo call 1001",
		Args:    cobra.ExactArgs(1),
		ValidArgsFunction: complete(func(ctx context.Context, begun string) ([]cobra.Completion, error) {
			n := connection{output: output{format: "json"}, config: flags.config, tenant: "-"}
			return n.seats(ctx, begun)
		}),
		RunE: func(c *cobra.Command, args []string) error {
			return demo.Call(c.Context(), demo.CallOptions{
				Config: flags.config, SIPPort: flags.overrides.SIPPort, Seat: args[0], Duration: duration,
			}, c.OutOrStdout())
		},
	}
	c.Flags().StringVar(&flags.config, "config", "configs/strowger.hcl", "configuration of the running node")
	c.Flags().IntVar(&flags.overrides.SIPPort, "sip-port", 0, "SIP port of the running node (default: as configured)")
	c.Flags().DurationVar(&duration, "duration", 0, "hang up after this time (default: when the seat does)")
	return c
}
