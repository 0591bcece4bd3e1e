package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

func planSimulate(n *connection) *cobra.Command {
	var q api.Question
	var offline bool
	var file string
	c := &cobra.Command{
		Use: "simulate", Short: "Tell where a call would go, without calling",
		Long: "Tell where a call would go, without calling: the entry of the plan, the\n" +
			"destination that a number outside belongs to, whether the seat's class of\n" +
			"service lets it call there, the trunks in order of trying, and the number that\n" +
			"they are shown; of a flow each step, with why it was taken.\n\n" +
			"What is not given is as on an ordinary day: no switch is thrown, nobody waits in\n" +
			"a queue, an agent is ready, everybody answers. Whoever is asked for a key presses\n" +
			"nothing unless --keys says what.",
		Example: "  strowger dialplan simulate --to 999 --from-seat 1001\n" +
			"  strowger dialplan simulate --to 08081570001 --from-trunk carrier --from +441632960123\n" +
			"  strowger dialplan simulate --to 1002 --from-seat 1001 --plan plan.hcl\n" +
			"  strowger dialplan simulate --to 08081570101 --from-trunk carrier \\\n" +
			"    --at \"2026-12-25 10:00\" --given switch.notice=true --keys 1",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := n.check(); err != nil {
				return err
			}
			var s api.Simulation
			var err error
			if offline || file != "" {
				s, err = n.simulateOffline(c, file, q)
			} else {
				err = n.do(c.Context(), "POST", n.path("plan", "simulate"), q, &s)
			}
			if err != nil {
				return err
			}
			return n.show(c, s, func(w io.Writer) { printSimulation(w, s) })
		},
	}
	c.Flags().StringVar(&q.To, "to", "", "number that is called")
	c.Flags().StringVar(&q.Seat, "from-seat", "", "seat that calls")
	_ = c.RegisterFlagCompletionFunc("from-seat", complete(n.seats))
	c.Flags().StringVar(&q.Trunk, "from-trunk", "", "trunk that the call comes by")
	c.Flags().StringVar(&q.From, "from", "", "number of a trunk's caller")
	c.Flags().StringVar(&q.At, "at", "", "time of the call, \"2026-11-23 10:00\"; now if it is missing")
	c.Flags().StringSliceVar(&q.Keys, "keys", nil, "what the caller presses, one for each time that keys are asked")
	c.Flags().StringToStringVar(&q.Given, "given", nil, "figures of the world: queue.claims.waiting=40, switch.NAME=true")
	c.Flags().StringToStringVar(&q.Outcomes, "outcome", nil, "what becomes of a step, by its name: wait=timeout")
	c.Flags().BoolVar(&offline, "offline", false, "by the configuration's files instead of a node")
	c.Flags().StringVar(&file, "plan", "", "offline, by this plan instead of the configuration's")
	_ = c.MarkFlagRequired("to")
	c.MarkFlagsMutuallyExclusive("from-seat", "from-trunk")
	c.MarkFlagsOneRequired("from-seat", "from-trunk")
	return c
}

func printSimulation(w io.Writer, s api.Simulation) {
	var destination, class string
	if s.Service != nil {
		destination, class = s.Service.Destination, s.Service.Class+", which may call it"
		if !s.Service.Allowed {
			class = s.Service.Class + ", which may not call it"
		}
	}
	fields(w, "to", s.To, "entry", s.Entry, "destination", destination, "class of service", class,
		"step", s.Step, "trunks", strings.Join(s.Trunks, ", "),
		"shown to the trunk", s.Presentation, "place", s.Address, "call back to", s.Desk)
	for _, why := range s.Why {
		fmt.Fprintln(w, " -", why)
	}
	printPath(w, s.Path, s.Last)
}

// printPath prints the steps of a flow, those of flows that it runs further in.
func printPath(w io.Writer, path []api.Taken, last string) {
	flow := ""
	for _, t := range path {
		in := strings.Repeat("  ", max(t.Depth-1, 0))
		if t.Flow != flow {
			flow = t.Flow
			fmt.Fprintf(w, "%sflow %s\n", in, flow)
		}
		does := t.Act
		if t.Skipped {
			does = "(not taken)"
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%s  %-24s %s", in, t.Kind+" "+t.Step, does), " "))
		for _, why := range t.Why {
			fmt.Fprintf(w, "%s    because %s\n", in, why)
		}
		switch {
		case t.Outcome == "done" && t.To == "" || t.Outcome == "" && t.To == "":
		case t.To == "":
			fmt.Fprintf(w, "%s    %s\n", in, t.Outcome)
		default:
			fmt.Fprintf(w, "%s    %s\n", in, strings.TrimSpace(t.Outcome+" -> "+t.To))
		}
	}
	if last != "" {
		fmt.Fprintln(w, last)
	}
}
