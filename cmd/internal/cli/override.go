package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan/expr"
	"strowger/sip/override"
)

func newSwitch() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{
		Use: "switch", Short: "Switches of the plan: throw them, and see which are thrown",
		Long: "Switches of the plan: throw them, and see which are thrown. A thrown switch is no\n" +
			"version of the plan: it survives publishing and rollback, holds on every node for\n" +
			"new decisions at once, and ends by itself.",
	}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(
		n.overrideList("switch", "List the switches, and what is set aside of hours"),
		n.overrideSet("switch", "on", "true", "Throw a switch", "  strowger switch on leeds_evacuated --until 14:00 --why 'fire alarm'"),
		n.overrideClear("switch", "off", "Let a switch go", "  strowger switch off leeds_evacuated"),
	)
	return c
}

func newHours() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{
		Use: "hours", Short: "Hours of the plan: close or open them for a time",
		Long: "Hours of the plan: close or open them for a time, whatever the plan says. That is\n" +
			"no version of the plan: it survives publishing and rollback, holds on every node\n" +
			"for new decisions at once, and ends by itself.",
	}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(
		n.overrideList("hours", "List the hours, open or closed now, and why"),
		n.overrideSet("hours", "close", expr.ForcedClosed, "Close hours, whatever the plan says", "  strowger hours close benefits --until 14:00 --why 'fire alarm'"),
		n.overrideSet("hours", "open", expr.ForcedOpen, "Open hours, whatever the plan says", "  strowger hours open benefits --until 20:00 --why 'storm'"),
		n.overrideClear("hours", "reset", "Have hours be as the plan says again", "  strowger hours reset benefits"),
	)
	return c
}

// overridables are what the plan has of a kind.
func (n *connection) overridables(ctx context.Context) ([]api.Overridable, error) {
	var list []api.Overridable
	err := n.do(ctx, "GET", n.path("overrides"), nil, &list)
	return list, err
}

// overridableNames completes the names of a kind.
func (n *connection) overridableNames(kind string) choices {
	return func(ctx context.Context, _ string) ([]cobra.Completion, error) {
		list, err := n.overridables(ctx)
		var names []string
		for _, o := range list {
			if o.Kind == kind {
				names = append(names, o.Name)
			}
		}
		return names, err
	}
}

func (n *connection) overrideList(kind, short string) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: short,
		Example: "  strowger " + kind + " list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			list, err := n.overridables(c.Context())
			if err != nil {
				return err
			}
			var of []api.Overridable
			for _, o := range list {
				if o.Kind == kind || o.Gone {
					of = append(of, o)
				}
			}
			return n.show(c, of, func(w io.Writer) { printOverridables(w, of) })
		},
	}
}

func printOverridables(w io.Writer, list []api.Overridable) {
	t := newTable("NAME", "NOW", "UNTIL", "BY", "WHY")
	for _, o := range list {
		now, why := "off", o.Why
		switch {
		case o.Gone:
			now, o.Name = o.Value+", not in the plan", o.Kind
		case o.Value == "true":
			now = "ON"
		case o.Value != "":
			now = "FORCED " + o.Value
		case o.Kind == "hours" && o.Open:
			now, why = "open", o.Because
		case o.Kind == "hours":
			now, why = "closed", o.Because
		}
		t.add(o.Name, now, ends(o), o.By, why)
	}
	t.print(w)
}

// markOverrides tells, beside the plan, what is set aside of it.
func (n *connection) markOverrides(c *cobra.Command) error {
	list, err := n.overridables(c.Context())
	for _, o := range list {
		if o.Value == "" {
			continue
		}
		what := strings.TrimSuffix(o.Kind+" "+o.Name, " ")
		fmt.Fprintf(c.ErrOrStderr(), "set aside: %s is %s until %s, by %s: %s\n", what, o.Value, ends(o), o.By, o.Why)
	}
	return err
}

// ends is when an override ends by itself.
func ends(o api.Overridable) string {
	switch {
	case o.Value == "":
		return ""
	case o.Until.IsZero():
		return "taken back"
	}
	return o.Until.Local().Format("2006-01-02 15:04")
}

func (n *connection) overrideSet(kind, use, value, short, example string) *cobra.Command {
	in := api.Override{Value: value}
	c := &cobra.Command{
		Use: use + " NAME", Short: short, Example: example,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.overridableNames(kind)),
		RunE: func(c *cobra.Command, args []string) error {
			var o override.Override
			if err := n.do(c.Context(), "PUT", n.path("overrides", kind, args[0]), in, &o); err != nil {
				return err
			}
			return n.show(c, o, func(w io.Writer) {
				end := "until it is taken back"
				if !o.Until.IsZero() {
					end = "until " + o.Until.Local().Format("2006-01-02 15:04") + ", " + time.Until(o.Until).Round(time.Minute).String() + " from now"
				}
				fmt.Fprintf(w, "%s %s: %s %s\n", kind, args[0], use, end)
			})
		},
	}
	c.Flags().StringVar(&in.Until, "until", "", "when it ends by itself: 14:00, \"2026-12-24 14:00\" or 2h (default: as the plan says, or never)")
	c.Flags().StringVar(&in.Why, "why", "", "why, for who asks later")
	return c
}

func (n *connection) overrideClear(kind, use, short, example string) *cobra.Command {
	return &cobra.Command{
		Use: use + " NAME", Short: short, Example: example,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.overridableNames(kind)),
		RunE: func(c *cobra.Command, args []string) error {
			if err := n.do(c.Context(), "DELETE", n.path("overrides", kind, args[0]), nil, nil); err != nil {
				return err
			}
			return n.show(c, map[string]string{"cleared": kind + "." + args[0]}, func(w io.Writer) {
				fmt.Fprintf(w, "%s %s is as the plan says\n", kind, args[0])
			})
		},
	}
}
