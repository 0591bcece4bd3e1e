package cli

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"strowger/sip/usage"
)

func newUsage() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{
		Use: "usage", Short: "What seats and trunks called in the last hour",
		Long: "What seats and trunks called in the last hour, at all nodes of a cluster, to\n" +
			"each destination of the tenant's service: calls and minutes, what is stated for\n" +
			"an hour, and whether an alarm told that it is more. Of other nodes the last\n" +
			"three seconds are not in it, and of calls that go on up to half a minute.",
		Example: "  strowger usage\n  strowger usage -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var uses []usage.Use
			if err := n.do(c.Context(), "GET", n.path("usage"), nil, &uses); err != nil {
				return err
			}
			return n.show(c, uses, func(w io.Writer) {
				t := newTable("PARTY", "DESTINATION", "CALLS", "MINUTES", "ALARM")
				for _, u := range uses {
					t.add(u.Party, u.Destination, of(u.Calls, u.MaxCalls), of(u.Minutes, u.MaxMinutes), yes(u.Alarmed))
				}
				t.print(w)
			})
		},
	}
	n.add(c)
	n.addTenant(c)
	return c
}

// of is a number beside what is stated, if anything is.
func of(n, stated int) string {
	if stated == 0 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d of %d", n, stated)
}
