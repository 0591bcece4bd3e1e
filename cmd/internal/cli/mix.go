package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/b2bua"
)

// supervising is what each mode does, for help.
var supervising = map[b2bua.Mode]struct{ short, heard string }{
	b2bua.Listen:  {"Have a seat hear a call", "nobody hears the supervisor"},
	b2bua.Whisper: {"Have a seat hear a call and speak to one party", "the supervised party alone hears the supervisor"},
	b2bua.Barge:   {"Have a seat speak to both parties of a call", "all hear all"},
}

func callSupervise(n *connection, mode b2bua.Mode) *cobra.Command {
	in := api.Supervise{Mode: mode.String()}
	c := &cobra.Command{
		Use: mode.String() + " CALL", Short: supervising[mode].short,
		Long: supervising[mode].short + `: ` + supervising[mode].heard + `.

The phones of --seat ring; who answers hears both parties. A seat that supervises
the call already changes over at once. On its phone 4 listens, 5 whispers, 6
barges in; who hangs up leaves the others as they were. It needs the role
supervise, and is written to the audit file and the ledger.`,
		Example:           "  strowger call " + mode.String() + " 1123-101500-k3vq9x2m --seat 1002",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			var one api.Call
			if err := n.do(c.Context(), "POST", n.path("calls", args[0], "supervise"), in, &one); err != nil {
				return err
			}
			return n.show(c, one, func(w io.Writer) {
				fmt.Fprintf(w, "seat %s is asked to %s on call %s\n", in.Seat, in.Mode, one.ID)
			})
		},
	}
	c.Flags().StringVar(&in.Seat, "seat", "", "the supervisor's seat")
	c.Flags().IntVar(&in.Leg, "leg", 0, "the supervised leg; 0 is the seat that talks")
	_ = c.MarkFlagRequired("seat") // there is such a flag
	return c
}

func callJoin(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "join CALL OTHER", Short: "Make two calls of one seat a call of three",
		Long: `Make two calls of one seat a call of three.

Who talks to the seat in OTHER joins CALL, and all hear all; the seat keeps its
line in CALL, and that in OTHER is hung up. When one leaves, the other two talk on.
Both calls have to be on one node. If one of them is being changed just then,
call explain says that they were not joined: do it again.`,
		Example:           "  strowger call join 1123-101500-k3vq9x2m 1123-101620-9s2kfa7c",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			var one api.Call
			if err := n.do(c.Context(), "POST", n.path("calls", args[0], "join"), api.Join{Other: args[1]}, &one); err != nil {
				return err
			}
			return n.show(c, one, func(w io.Writer) { fmt.Fprintf(w, "call %s is being joined to call %s\n", args[1], one.ID) })
		},
	}
}
