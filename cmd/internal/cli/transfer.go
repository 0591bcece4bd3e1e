package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

func callTransfer(n *connection) *cobra.Command {
	var t api.Transfer
	c := &cobra.Command{
		Use: "transfer CALL", Short: "Connect a party of a call to somebody else",
		Long: `Connect a party of a call to somebody else.

The party of --leg goes on and hears ringing; the other one is let go when
somebody answers, and has the call back if nobody does. NUMBER is one that the
other party could dial.`,
		Example: "  strowger call transfer 1123-101500-k3vq9x2m --to 1002\n" +
			"  strowger call transfer 1123-101500-k3vq9x2m --to 1002 --leg 2",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			var one api.Call
			if err := n.do(c.Context(), "POST", n.path("calls", args[0], "transfer"), t, &one); err != nil {
				return err
			}
			return n.show(c, one, func(w io.Writer) {
				fmt.Fprintf(w, "leg %d of call %s is being connected to %s\n", t.Leg, one.ID, t.To)
			})
		},
	}
	c.Flags().StringVar(&t.To, "to", "", "number to connect the party to")
	c.Flags().IntVar(&t.Leg, "leg", 1, "the leg that goes on; 1 is the caller's")
	_ = c.MarkFlagRequired("to") // there is such a flag
	return c
}
