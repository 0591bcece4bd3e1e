package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"strowger/sip/seat"
)

func seatMessages(n *connection) *cobra.Command {
	var m seat.Messages
	c := &cobra.Command{
		Use: "mwi NUMBER", Short: "Say how many messages wait for a seat: its phone lights a lamp",
		Example:           "  strowger seat mwi 1001 --new 2 --old 1\n  strowger seat mwi 1001",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			var out seat.Messages
			if err := n.do(c.Context(), "PUT", n.path("seats", args[0], "messages"), m, &out); err != nil {
				return err
			}
			return n.show(c, out, func(w io.Writer) { fmt.Fprintf(w, "seat %s: %s\n", args[0], messages(&out)) })
		},
	}
	c.Flags().IntVar(&m.New, "new", 0, "messages that were not heard yet")
	c.Flags().IntVar(&m.Old, "old", 0, "messages that were heard and kept")
	return c
}

func messages(m *seat.Messages) string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf("%d new, %d old", m.New, m.Old)
}
