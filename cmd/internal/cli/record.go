package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/exchange"
)

func callRecord(n *connection) *cobra.Command {
	actions := strings.Join(api.TapeActions, "|")
	return &cobra.Command{
		Use: "record CALL " + actions, Short: "Record a call, or have silence in its recording",
		Long: `Records a call that is not recorded, or changes its recording. What is paused or
masked is silence of the same length in the file; mask is for what nobody may
ever hear, such as the number of a card. After stop no rule of the configuration
begins another recording of the call.`,
		Example: "  strowger call record 1123-101500-k3vq9x2m start\n" +
			"  strowger call record 1123-101500-k3vq9x2m mask",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			if !slices.Contains(api.TapeActions, args[1]) {
				return usageError{fmt.Errorf("%q: give one of %s", args[1], actions)}
			}
			var t exchange.Tape
			if err := n.do(c.Context(), "POST", n.path("calls", args[0], "recording"), api.TapeOrder{Action: exchange.TapeAction(args[1])}, &t); err != nil {
				return err
			}
			return n.show(c, t, func(w io.Writer) {
				if args[1] == string(exchange.TapeStop) {
					fmt.Fprintf(w, "recording %s is stopped\n", t.ID)
					return
				}
				fmt.Fprintf(w, "recording %s: %s\n", t.ID, tapeState(&t))
			})
		},
	}
}

// tapeState is a recording under way in words.
func tapeState(t *exchange.Tape) string {
	switch {
	case t == nil:
		return ""
	case t.Masked:
		return "masked"
	case t.Paused:
		return "paused"
	default:
		return "running"
	}
}
