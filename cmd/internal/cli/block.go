package cli

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"strowger/sip/guard"
)

func newBlock() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{
		Use: "block", Short: "Who is blocked for guessing passwords",
		Long: fmt.Sprintf("Who is blocked for guessing passwords. The nodes of a cluster count and block as\n"+
			"one: what one does holds at the others within two seconds.\n\n"+
			"A user is blocked at an address after %d wrong passwords there, a whole address\n"+
			"after %d different users that no seat has. A block ends by itself after %v,\n"+
			"each further one lasts twice as long, up to %v.\n\n%s",
			guard.MaxFailures, guard.MaxUnknown, guard.FirstBlock, guard.LongestBlock, eventHelp),
	}
	n.add(c)
	c.AddCommand(blockList(n), blockRemove(n))
	return c
}

func blockList(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List what is blocked",
		Example: "  strowger block list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var blocks []guard.Block
			if err := n.do(c.Context(), "GET", "/v1/blocks", nil, &blocks); err != nil {
				return err
			}
			return n.show(c, blocks, func(w io.Writer) {
				t := newTable("SOURCE", "NETWORK", "USER", "TIMES", "ENDS IN", "ANSWER")
				for _, b := range blocks {
					t.add(b.Addr.String(), b.Network, userOf(b), strconv.Itoa(b.Times), time.Until(b.Until).Round(time.Second).String(), answerTo(b))
				}
				t.print(w)
			})
		},
	}
}

func userOf(b guard.Block) string {
	if b.User == "" {
		return "(all)"
	}
	return b.User
}

// answerTo is what a blocked request is told.
func answerTo(b guard.Block) string {
	switch {
	case b.Spared:
		return "as ever, an alarm only"
	case b.Silent:
		return "none"
	}
	return "403"
}

func blockRemove(n *connection) *cobra.Command {
	var user string
	c := &cobra.Command{
		Use: "rm ADDRESS", Short: "End the blocks of an address, and forget its failures",
		Example: "  strowger block rm 192.0.2.7\n  strowger block rm 192.0.2.7 --user 1001",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path := "/v1/blocks/" + url.PathEscape(args[0])
			if user != "" {
				path += "?user=" + url.QueryEscape(user)
			}
			var ended []guard.Block
			if err := n.do(c.Context(), "DELETE", path, nil, &ended); err != nil {
				return err
			}
			return n.show(c, ended, func(w io.Writer) {
				for _, b := range ended {
					fmt.Fprintf(w, "%s on network %s, user %s: no longer blocked\n", b.Addr, b.Network, userOf(b))
				}
			})
		},
	}
	c.Flags().StringVar(&user, "user", "", "only the block of this user")
	return c
}

// eventHelp describes the log of security events.
const eventHelp = `The data folder has security.log: a line an event, for programs such as
fail2ban. It is renamed at 16 MiB, four older ones are kept; it may be rotated
by others too.

  2026-05-04T09:10:11.123Z event=wrong-password source=192.0.2.7 port=5060
  transport=udp network=lan tenant=demo user=1001 method=REGISTER    (one line)

event, then source come first. Events are wrong-password, unknown-user, blocked
(for seconds), guessing (blocked but for the configuration), unblocked,
foreign-request, tls-handshake-failed, limit-exceeded, destination-disallowed
(of SIP or sound; target, not source), toll-alarm and events-dropped. For
fail2ban, in filter.d/strowger.conf:

  [Definition]
  failregex = ^\S* ?event=(?:wrong-password|unknown-user|foreign-request) source=<ADDR>(?: |$)
  datepattern = ^%%Y-%%m-%%dT%%H:%%M:%%S`
