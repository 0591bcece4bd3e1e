package cli

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/seat"
)

func seatWhy(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "why NUMBER", Short: "Why a phone does or does not work: its last attempts",
		Example:           "  strowger seat why 1001",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			var why api.Why
			if err := n.do(c.Context(), "GET", n.path("seats", args[0], "why"), nil, &why); err != nil {
				return err
			}
			return n.show(c, why, func(w io.Writer) { printWhy(w, why) })
		},
	}
}

func printWhy(w io.Writer, why api.Why) {
	s := why.Seat
	switch {
	case s.Network == "" && s.Reached == "":
		fmt.Fprintf(w, "there is no seat %s; somebody tries it; add it with: strowger seat add %s\n", s.Number, s.Number)
	case s.Disabled:
		fmt.Fprintf(w, "seat %s is disabled; enable it with: strowger seat enable %s\n", s.Number, s.Number)
	case len(s.Credentials) == 0:
		fmt.Fprintf(w, "seat %s has no password; give it one with: strowger seat passwd %s\n", s.Number, s.Number)
	default:
		fmt.Fprintf(w, "seat %s has %d phones registered\n", s.Number, len(why.Bindings))
	}
	if len(why.Attempts) == 0 {
		fmt.Fprintln(w, "no attempt since the node started: nothing came from its phone; check server address and port")
		return
	}
	t := newTable("TIME (UTC)", "WHAT", "FROM", "BY", "TIMES", "VERDICT")
	for _, a := range why.Attempts {
		t.add(at(a.At), a.Kind, a.Source.String(), string(a.Proto), strconv.Itoa(a.Count), a.Verdict)
	}
	t.print(w)
	// A verdict says what to do, so the last one is never cut.
	fmt.Fprintln(w, "last:", why.Attempts[0].Verdict)
}

func seatBindings(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "bindings NUMBER", Short: "Where a seat is registered",
		Example:           "  strowger seat bindings 1001 -o json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			var list []seat.Binding
			if err := n.do(c.Context(), "GET", n.path("seats", args[0], "bindings"), nil, &list); err != nil {
				return err
			}
			return n.show(c, list, func(w io.Writer) {
				t := newTable("CONTACT", "FROM", "BY", "NODE", "Q", "EXPIRES IN", "PHONE")
				for _, b := range list {
					left := time.Until(b.Expires).Round(time.Second).String()
					t.add(b.Contact, b.Flow.Remote.String(), string(b.Flow.Proto), b.Flow.Node, strconv.FormatFloat(b.Q, 'g', -1, 64), left, b.UserAgent)
				}
				t.print(w)
			})
		},
	}
}
