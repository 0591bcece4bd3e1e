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
	c.AddCommand(planFmt(n), planCheck(n), planList(n), planShow(n), planDiff(n), planApply(n), planSimulate(n), planTest(n), callExplain(n))
	c.AddCommand(planEdit(n), planAdd(n), planSet(n), planRm(n))
	c.AddCommand(planHistory(n), planRollback(n), planConfirm(n), planCancel(n), planTag(n))
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
	var reach string
	c := &cobra.Command{
		Use: "check FILE", Short: "Check a plan against the seats and trunks of a tenant",
		Long: "Check a plan against the seats and trunks of a tenant. --reach trunk lists every\n" +
			"way out of it by trunk, with the entries that lead there.",
		Example: "  strowger dialplan check plan.hcl\n  strowger dialplan check plan.hcl --offline --reach trunk",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := n.check(); err != nil {
				return err
			}
			if reach != "" && reach != "trunk" {
				return usageError{fmt.Errorf("reach %q: give trunk", reach)}
			}
			text, err := planText(c, args[0])
			if err != nil {
				return err
			}
			var found api.PlanCheck
			if offline {
				found, err = n.checkOffline(c, text)
			} else {
				err = n.do(c.Context(), "POST", n.path("plan", "check"), text, &found)
			}
			if err != nil {
				return err
			}
			return n.show(c, found, func(w io.Writer) {
				fmt.Fprintf(w, "%s is right\n", args[0])
				if reach != "" {
					printWaysOut(w, found.Out)
				}
			})
		},
	}
	c.Flags().StringVar(&reach, "reach", "", "\"trunk\" lists every way out by trunk")
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

func printWaysOut(w io.Writer, list []api.WayOut) {
	for _, o := range list {
		who := "for seats"
		if o.Open {
			who = "OPEN TO STRANGERS"
		}
		if o.Channels > 0 {
			who += fmt.Sprintf(", at most %d calls at a time", o.Channels)
		}
		fmt.Fprintf(w, "%s: %s by %s, %s\n", o.Line, o.Where, strings.Join(o.Trunks, ", "), who)
		for _, from := range o.From {
			fmt.Fprintln(w, "  from", from)
		}
	}
	if len(list) == 0 {
		fmt.Fprintln(w, "no way out by trunk")
	}
}
