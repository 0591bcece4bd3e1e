package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/carrier"
)

func newTrunk() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "trunk", Short: "Carriers: how they do, and in use or not"}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(trunkList(n), trunkShow(n), trunkPing(n), trunkSwitch(n, "disable"), trunkSwitch(n, "enable"))
	return c
}

func trunkList(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the trunks as each node sees them",
		Example: "  strowger trunk list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var list []api.Trunk
			if err := n.do(c.Context(), "GET", n.path("trunks"), nil, &list); err != nil {
				return err
			}
			return n.show(c, list, func(w io.Writer) { printTrunks(w, list) })
		},
	}
}

// printTrunks has a line for each trunk, on each node of a cluster.
func printTrunks(w io.Writer, list []api.Trunk) {
	several := slices.ContainsFunc(list, func(t api.Trunk) bool { return len(t.Others) > 0 })
	head := []string{"TRUNK", "NODE", "STATE", "IN", "OUT", "ADDRESSES", "TARGETS"}
	line := func(cells []string) []string {
		if several {
			return cells
		}
		return slices.Delete(cells, 1, 2)
	}
	t := newTable(line(head)...)
	for _, one := range list {
		var names []string
		for _, target := range one.Targets {
			names = append(names, target.Name)
		}
		targets := cmp.Or(strings.Join(names, " "), "only brings calls")
		for _, v := range trunkViews(one) {
			if v.Error != "" {
				t.add(one.Name, v.Node, "?", "-", "-", "-", v.Error)
				continue
			}
			t.add(line([]string{one.Name, v.Node, trunkState(v, len(names)), strconv.Itoa(v.In), strconv.Itoa(v.Out), trunkUp(v), targets})...)
		}
	}
	t.print(w)
}

// trunkViews are how all nodes see a trunk, the one that was asked first.
func trunkViews(t api.Trunk) []api.TrunkView {
	own := api.TrunkView{Node: t.Node, Disabled: t.Disabled != nil, Addresses: t.Addresses, In: t.Calls.In, Out: t.Calls.Out, Registration: t.Registration}
	return append([]api.TrunkView{own}, t.Others...)
}

// trunkState is a trunk of so many targets in a word.
func trunkState(t api.TrunkView, targets int) string {
	states := map[string]int{}
	for _, a := range t.Addresses {
		states[a.State]++
	}
	switch {
	case t.Disabled:
		return "disabled"
	case len(t.Addresses) == 0 && targets == 0:
		return "-"
	case states["unknown"] == len(t.Addresses):
		return "unknown"
	case states["up"] == len(t.Addresses):
		return "up"
	case states["up"]+states["unknown"] == 0:
		return "down"
	}
	return "partly up"
}

// trunkUp is how many addresses of a trunk take calls as far as is known.
func trunkUp(t api.TrunkView) string {
	up := 0
	for _, a := range t.Addresses {
		if a.State == "up" || a.State == "unknown" {
			up++
		}
	}
	return fmt.Sprintf("%d of %d", up, len(t.Addresses))
}

func trunkShow(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "show TRUNK", Short: "Show a trunk with its addresses and what was heard of them",
		Example:           "  strowger trunk show carrier",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.trunks),
		RunE: func(c *cobra.Command, args []string) error {
			var one api.Trunk
			if err := n.do(c.Context(), "GET", n.path("trunks", args[0]), nil, &one); err != nil {
				return err
			}
			return n.show(c, one, func(w io.Writer) { printTrunk(w, one) })
		},
	}
}

func printTrunk(w io.Writer, one api.Trunk) {
	own, disabled := trunkViews(one)[0], ""
	if s := one.Disabled; s != nil {
		disabled = fmt.Sprintf("by %s at %s", s.By, at(s.At))
	}
	fields(w, "trunk", one.Name, "tenant", one.Tenant, "network", one.Network, "state", trunkState(own, len(one.Targets)), "disabled", disabled,
		"sources", strings.Join(one.Sources, ", "), "calls", callsOf(one.Calls), "registration", registrationOf(one.Registration), "seen by", one.Node)
	if len(one.Targets) > 0 {
		fmt.Fprintln(w)
		printTargets(w, one.Targets)
	}
	if len(one.Addresses) == 0 {
		return
	}
	t := newTable("ADDRESS", "STATE", "SINCE", "HEARD", "OPTIONS", "LAST FAILURE")
	for _, a := range one.Addresses {
		since := at(a.Since)
		if !a.Until.IsZero() {
			since = "until " + at(a.Until)
		}
		t.add(a.Address, a.State, since, at(a.Heard), took(a.Took), a.Failure)
	}
	fmt.Fprintln(w)
	t.print(w)
	printElsewhere(w, one)
}

// printElsewhere tells how the other nodes see a trunk.
func printElsewhere(w io.Writer, one api.Trunk) {
	if len(one.Others) == 0 {
		return
	}
	t := newTable("NODE", "STATE", "ADDRESS", "SINCE", "LAST FAILURE")
	for _, v := range one.Others {
		state := trunkState(v, len(one.Targets))
		if v.Error != "" {
			state = "?"
		}
		if len(v.Addresses) == 0 {
			t.add(v.Node, state, "-", "-", v.Error)
		}
		for _, a := range v.Addresses {
			if !v.Disabled {
				state = a.State
			}
			t.add(v.Node, state, a.Address, at(a.Since), a.Failure)
		}
	}
	fmt.Fprintln(w)
	t.print(w)
}

// registrationOf is our registration with a trunk in words.
func registrationOf(r *carrier.Registration) string {
	switch {
	case r == nil:
		return ""
	case r.State == "registered":
		return fmt.Sprintf("registered at %s until %s", r.At, at(r.Until))
	}
	return strings.TrimSuffix(fmt.Sprintf("%s, again at %s: %s", r.State, at(r.Next), r.Error), ": ")
}

// callsOf are the calls of a trunk and their limits in words.
func callsOf(c api.TrunkCalls) string {
	words := []string{fmt.Sprintf("%d in, %d out", c.In, c.Out)}
	if c.ElsewhereIn+c.ElsewhereOut > 0 {
		words = append(words, fmt.Sprintf("elsewhere %d in, %d out", c.ElsewhereIn, c.ElsewhereOut))
	}
	for _, l := range []struct {
		what string
		n    int
	}{
		{"at most %d", c.Limit}, {"%d in", c.LimitIn}, {"%d out", c.LimitOut}, {"%d reserved", c.Reserved}, {"%d/s in", c.RateIn}, {"%d/s out", c.RateOut},
	} {
		if l.n > 0 {
			words = append(words, fmt.Sprintf(l.what, l.n))
		}
	}
	return strings.Join(append(words, fmt.Sprintf("refused %d", c.Full+c.Fast)), "; ")
}

func took(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return d.Round(100 * time.Microsecond).String()
}

func trunkPing(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "ping TRUNK", Short: "Ask every address of a trunk by OPTIONS, now",
		Example:           "  strowger trunk ping carrier",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.trunks),
		RunE: func(c *cobra.Command, args []string) error {
			var pongs []carrier.Pong
			if err := n.do(c.Context(), "POST", n.path("trunks", args[0], "ping"), nil, &pongs); err != nil {
				return err
			}
			failed := 0
			for _, p := range pongs {
				if p.Error != "" {
					failed++
				}
			}
			err := n.show(c, pongs, func(w io.Writer) {
				t := newTable("ADDRESS", "ANSWER", "TOOK")
				for _, p := range pongs {
					t.add(p.Address, cmp.Or(p.Error, "yes"), took(p.Took))
				}
				t.print(w)
			})
			if err == nil && (failed > 0 || len(pongs) == 0) {
				err = fmt.Errorf("%d of %d addresses of trunk %s answer", len(pongs)-failed, len(pongs), args[0])
			}
			return err
		},
	}
}

func trunkSwitch(n *connection, verb string) *cobra.Command {
	short := "Take a trunk out of use on every node; calls that stand go on"
	if verb == "enable" {
		short = "Put a trunk into use again"
	}
	return &cobra.Command{
		Use: verb + " TRUNK", Short: short,
		Example:           "  strowger trunk " + verb + " carrier",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.trunks),
		RunE: func(c *cobra.Command, args []string) error {
			var one api.Trunk
			in := api.TrunkState{Disabled: verb == "disable"}
			if err := n.do(c.Context(), "POST", n.path("trunks", args[0], "state"), in, &one); err != nil {
				return err
			}
			return n.show(c, one, func(w io.Writer) { fmt.Fprintf(w, "trunk %s is %sd\n", one.Name, verb) })
		},
	}
}

// trunks are the names of trunks, with their states.
func (n *connection) trunks(ctx context.Context, begun string) ([]cobra.Completion, error) {
	var trunks []api.Trunk
	if err := n.do(ctx, "GET", n.path("trunks"), nil, &trunks); err != nil {
		return nil, err
	}
	var list []cobra.Completion
	for _, t := range trunks {
		if strings.HasPrefix(t.Name, begun) {
			list = append(list, cobra.CompletionWithDesc(t.Name, trunkState(trunkViews(t)[0], len(t.Targets))))
		}
	}
	return list, nil
}
