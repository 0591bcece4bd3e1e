package cli

import (
	"errors"
	"io"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

func newNumber() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "number", Short: "Numbers of the plan: what they do now"}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(numberShow(n))
	return c
}

func numberShow(n *connection) *cobra.Command {
	q := api.Question{}
	c := &cobra.Command{
		Use: "show NUMBER", Short: "What does a number do now, for a caller from a trunk",
		Long: "What does a number do now, for a caller from a trunk: by the published plan, with\n" +
			"the switches that are thrown and the hours that are forced. Everything else is as\n" +
			"on an ordinary day; strowger dialplan simulate asks about other days.",
		Example: "  strowger number show 08081570001",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			q.To = args[0]
			if q.Trunk == "" {
				var trunks []api.Trunk
				if err := n.do(c.Context(), "GET", n.path("trunks"), nil, &trunks); err != nil {
					return err
				}
				if len(trunks) == 0 {
					return errors.New("the tenant has no trunk that a call could come by; see: strowger dialplan simulate --from-seat")
				}
				q.Trunk = trunks[0].Name
			}
			var s api.Simulation
			if err := n.do(c.Context(), "POST", n.path("plan", "simulate"), q, &s); err != nil {
				return err
			}
			return n.show(c, s, func(w io.Writer) { printSimulation(w, s) })
		},
	}
	c.Flags().StringVar(&q.Trunk, "from-trunk", "", "trunk that the call comes by (default: the first one)")
	c.Flags().StringVar(&q.From, "from", "", "number of the caller")
	return c
}
