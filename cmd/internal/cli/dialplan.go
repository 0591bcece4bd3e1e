package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

func newDialplan() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "dialplan", Short: "The plan: where calls go"}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(planCheck(n), planShow(n), planDiff(n), planApply(n), planSimulate(n),
		planHistory(n), planRollback(n), planConfirm(n), planCancel(n), planTag(n))
	return c
}

// planText reads a plan file.
func planText(c *cobra.Command, file string) (api.PlanText, error) {
	in, err := openInput(c, file)
	if err != nil {
		return api.PlanText{}, err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, api.MaxImport))
	return api.PlanText{File: file, Text: string(text)}, err
}

func planCheck(n *connection) *cobra.Command {
	var offline bool
	c := &cobra.Command{
		Use: "check FILE", Short: "Check a plan against the seats and trunks of a tenant",
		Example: "  strowger dialplan check plan.hcl\n  strowger dialplan check plan.hcl --offline",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := n.check(); err != nil {
				return err
			}
			text, err := planText(c, args[0])
			if err != nil {
				return err
			}
			if offline {
				err = n.checkOffline(c, text)
			} else {
				err = n.do(c.Context(), "POST", n.path("plan", "check"), text, nil)
			}
			if err != nil {
				return err
			}
			return n.show(c, map[string]bool{"right": true}, func(w io.Writer) { fmt.Fprintf(w, "%s is right\n", args[0]) })
		},
	}
	c.Flags().BoolVar(&offline, "offline", false, "against the configuration's files instead of a node")
	return c
}

// seedPlan is the file that was named, or the seed of the configuration.
func (n *connection) seedPlan(args []string) (string, error) {
	if len(args) > 0 {
		return args[0], nil
	}
	cfg, tenant, err := n.files()
	if err != nil {
		return "", err
	}
	t, _ := cfg.Tenant(tenant)
	if t.Seed.Plan == "" {
		return "", usageError{fmt.Errorf("tenant %s has no seed plan; name a file", tenant)}
	}
	return t.Seed.Plan, nil
}

func printDiff(w io.Writer, d api.PlanDiff, none string) {
	if len(d.Changes) == 0 {
		fmt.Fprintln(w, none)
		return
	}
	fmt.Fprintln(w, strings.Join(d.Changes, "\n"))
}

func planSimulate(n *connection) *cobra.Command {
	var q api.Question
	var offline bool
	var file string
	c := &cobra.Command{
		Use: "simulate", Short: "Tell where a call would go, without calling",
		Long: "Tell where a call would go, without calling: the entry of the plan, the\n" +
			"destination that a number outside belongs to, whether the seat's class of\n" +
			"service lets it call there, the trunks in order of trying, and the number that\n" +
			"they are shown.",
		Example: "  strowger dialplan simulate --to 999 --from-seat 1001\n" +
			"  strowger dialplan simulate --to 08081570001 --from-trunk carrier --from +441632960123\n" +
			"  strowger dialplan simulate --to 1002 --from-seat 1001 --plan plan.hcl",
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
}
