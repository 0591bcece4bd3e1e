package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

func planDiff(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "diff [A] [B]", Short: "Show what one plan decides otherwise than another",
		Long: `Shows what plan B decides otherwise than plan A: + new, - gone, ~ changed. Each is a
version, by tag or the first six digits of its id or more, or a file. With one
plan it is compared with the published one, which is A; without any the seed of the
configuration is.`,
		Example: "  strowger dialplan diff plan.hcl\n" +
			"  strowger dialplan diff 3f9a2c christmas\n" +
			"  strowger dialplan diff christmas plan.hcl",
		Args: cobra.MaximumNArgs(2),
		ValidArgsFunction: func(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) > 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			list, _ := complete(n.versions)(c, nil, begun)
			return list, cobra.ShellCompDirectiveDefault
		},
		RunE: func(c *cobra.Command, args []string) error {
			d, err := n.differences(c, args)
			if err != nil {
				return err
			}
			return n.show(c, d, func(w io.Writer) { printDiff(w, d, "no difference") })
		},
	}
}

// differences compare two plans, or one with the published one. A file that is compared
// with that is checked as well, as it may be applied next.
func (n *connection) differences(c *cobra.Command, args []string) (api.PlanDiff, error) {
	var d api.PlanDiff
	if len(args) == 0 || len(args) == 1 && isFile(args[0]) {
		file, err := n.seedPlan(args)
		if err != nil {
			return d, err
		}
		text, err := planText(c, file)
		if err != nil {
			return d, err
		}
		return d, n.do(c.Context(), "POST", n.path("plan", "diff"), text, &d)
	}
	var pair api.PlanPair
	sides := []*api.PlanSide{&pair.Before, &pair.After}
	for i, name := range args {
		side := sides[len(sides)-len(args)+i]
		if !isFile(name) {
			side.Version = name
			continue
		}
		text, err := planText(c, name)
		if err != nil {
			return d, err
		}
		side.File, side.Text = text.File, text.Text
	}
	return d, n.do(c.Context(), "POST", n.path("plan", "compare"), pair, &d)
}

// isFile tells whether an argument is a file and no version: it is there, or looks like
// one.
func isFile(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist) || name == "-" || strings.ContainsRune(name, os.PathSeparator) || strings.HasSuffix(name, ".hcl")
}
