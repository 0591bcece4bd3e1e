package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/edition"
)

func planApply(n *connection) *cobra.Command {
	var in api.PlanText
	var when string
	c := &cobra.Command{
		Use: "apply FILE", Short: "Check a plan, run its tests and publish it to every node",
		Long: `Checks a plan, runs its tests and publishes it as a version, to every node at once.
Calls finish on the version that they began with.

With --confirm-within the version before comes back by itself unless somebody says
"strowger dialplan confirm" in time. With --at the version waits for its time, or
for "strowger dialplan cancel". While a version waits nothing else is published.`,
		Example: "  strowger dialplan apply plan.hcl -m 'claims go to Leeds'\n" +
			"  strowger dialplan apply plan.hcl -m 'new menu' --confirm-within 10m\n" +
			"  strowger dialplan apply plan.hcl -m 'Easter hours' --at '2027-03-26 00:00'\n" +
			"  strowger dialplan apply plan.hcl --force 'the test of hours is out of date'",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := planText(c, args[0])
			if err != nil {
				return err
			}
			in.File, in.Text = text.File, text.Text
			if when != "" {
				if in.At, err = moment("at", when); err != nil {
					return err
				}
			}
			var d api.PlanDiff
			if err := n.do(c.Context(), "PUT", n.path("plan"), in, &d); err != nil {
				return err
			}
			return n.showPublished(c, d)
		},
	}
	f := c.Flags()
	f.StringVarP(&in.Message, "message", "m", "", "why, in one line, for the history")
	f.DurationVar(&in.Within, "confirm-within", 0, "go back unless it is confirmed in this time, such as 10m")
	f.StringVar(&when, "at", "", "publish it then, in UTC, such as '2027-03-26 00:00'")
	f.StringVar(&in.Force, "force", "", "publish although tests of the plan fail, and why; it is recorded")
	f.StringVar(&in.Base, "base", "", "refuse if another version than this one is published")
	_ = c.RegisterFlagCompletionFunc("base", complete(n.versions))
	return c
}

// showPublished tells what was published, and what it changes.
func (n *connection) showPublished(c *cobra.Command, d api.PlanDiff) error {
	return n.show(c, d, func(w io.Writer) {
		printDiff(w, d, "no difference")
		if d.Head != nil {
			printHead(w, *d.Head)
		}
	})
}

// moment is the time of a flag.
func moment(name, text string) (time.Time, error) {
	iso, err := flagTime(name, text)
	if err != nil {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, iso)
}

// printHead tells which version is published, and what is going to happen.
func printHead(w io.Writer, h edition.Head) {
	switch {
	case h.Planned != nil:
		fmt.Fprintf(w, "version %s comes at %s UTC; drop it with: strowger dialplan cancel\n", edition.Short(h.Planned.Version), at(h.Planned.At))
	case h.Unconfirmed != nil:
		fmt.Fprintf(w, "published as version %s until %s UTC; keep it with: strowger dialplan confirm\n",
			edition.Short(h.Version), at(h.Unconfirmed.Until))
	default:
		fmt.Fprintf(w, "published as version %s\n", edition.Short(h.Version))
	}
}
