package cli

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

func callMask(n *connection) *cobra.Command {
	var m api.Mask
	var open time.Duration
	c := &cobra.Command{
		Use: "mask CALL", Short: "Open a payment window: nobody hears a party and its digits",
		Long: `Open a payment window in a call.

What the party of --leg says and presses, such as the digits of a card, reaches
neither the other party, which hears a tone, nor a recording, record or message
that is kept. Records say when the window was open and how many digits were
pressed.

With --collect the command waits until so many digits were pressed, or the key of
--until, and prints them: they are told once, and kept nowhere. Without it they
are only counted.`,
		Example: "  strowger call mask 1123-101500-k3vq9x2m --collect 19 --until '#'\n" +
			"  strowger call mask 1123-101500-k3vq9x2m --for 90s",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			m.Seconds = int(open.Seconds())
			var w api.Masked
			if err := n.do(c.Context(), "POST", n.path("calls", args[0], "mask"), m, &w); err != nil {
				return err
			}
			return n.show(c, w, func(out io.Writer) { printMasked(out, w) })
		},
	}
	c.Flags().IntVar(&m.Leg, "leg", 1, "whose digits; 1 is the caller's")
	c.Flags().IntVar(&m.Collect, "collect", 0, "digits to wait for and print, 32 at most")
	c.Flags().StringVar(&m.Until, "until", "", "key that ends the window sooner")
	c.Flags().DurationVar(&open, "for", 2*time.Minute, "the window ends by itself then, 10m at most")
	return c
}

func printMasked(out io.Writer, w api.Masked) {
	if w.Open {
		fmt.Fprintf(out, "leg %d of call %s is masked; end it with: strowger call unmask %s\n", w.Leg, w.Call, w.Call)
		return
	}
	fields(out, "digits", w.Digits, "pressed", strconv.Itoa(w.Count), "ended by", w.By)
}

func callUnmask(n *connection) *cobra.Command {
	var leg int
	c := &cobra.Command{
		Use: "unmask CALL", Short: "Close a payment window",
		Example:           "  strowger call unmask 1123-101500-k3vq9x2m",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.calls),
		RunE: func(c *cobra.Command, args []string) error {
			var w api.Masked
			if err := n.do(c.Context(), "DELETE", n.path("calls", args[0], "mask")+"?leg="+strconv.Itoa(leg), nil, &w); err != nil {
				return err
			}
			return n.show(c, w, func(out io.Writer) {
				fmt.Fprintf(out, "leg %d of call %s is not masked any more\n", w.Leg, w.Call)
			})
		},
	}
	c.Flags().IntVar(&leg, "leg", 1, "whose window; 1 is the caller's")
	return c
}
