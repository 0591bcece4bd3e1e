package cli

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"strowger/dialplan/source/edit"
)

func planFmt(n *connection) *cobra.Command {
	var check bool
	c := &cobra.Command{
		Use: "fmt [FILE...]", Short: "Lay out plan files as all are laid out, and name those that changed",
		Long: `Lays out plan files, without a node: two spaces for each depth, equals signs and
comments of neighbouring lines aligned, at most one empty line together. Comments stay.
"-" is standard input, laid out to standard output. Without a file it is the seed of
the configuration.`,
		Example: "  strowger dialplan fmt plan.hcl\n  strowger dialplan fmt --check *.plan.hcl\n  strowger dialplan show | strowger dialplan fmt -",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, files []string) error {
			if err := n.check(); err != nil {
				return err
			}
			if len(files) == 0 {
				seed, err := n.seedPlan(nil)
				if err != nil {
					return err
				}
				files = []string{seed}
			}
			return n.layOutAll(c, files, check)
		},
	}
	c.Flags().BoolVar(&check, "check", false, "change nothing; fail if a file is not laid out")
	return c
}

// layOutAll lays out files and names those that changed, or with check would.
func (n *connection) layOutAll(c *cobra.Command, files []string, check bool) error {
	changed := []string{}
	for _, file := range files {
		other, err := layOut(c, file, check)
		if err != nil {
			return err
		}
		if other && (file != "-" || check) {
			changed = append(changed, file)
		}
	}
	if slices.Contains(files, "-") && !check {
		return nil // standard output has the text
	}
	if err := n.show(c, map[string][]string{"changed": changed}, func(w io.Writer) {
		for _, file := range changed {
			fmt.Fprintln(w, file)
		}
	}); err != nil {
		return err
	}
	if check && len(changed) > 0 {
		names := strings.Join(changed, " ")
		return fmt.Errorf("not laid out: %s; do it with: strowger dialplan fmt %s", names, names)
	}
	return nil
}

// layOut lays out one file in its place, or with check only tells whether that would
// change it.
func layOut(c *cobra.Command, file string, check bool) (changed bool, err error) {
	in, err := planText(c, file)
	if err != nil {
		return false, err
	}
	text, err := edit.Parse(file, in.Text)
	if err != nil {
		return false, err
	}
	out, err := text.Format()
	switch {
	case err != nil:
		return false, err
	case file == "-" && !check:
		_, err := io.WriteString(c.OutOrStdout(), out)
		return true, err
	case out == in.Text || check:
		return out != in.Text, nil
	}
	mode := os.FileMode(0o600)
	if stat, err := os.Stat(file); err == nil {
		mode = stat.Mode().Perm()
	}
	if err := writeWhole(file, strings.NewReader(out)); err != nil {
		return false, err
	}
	return true, os.Chmod(file, mode)
}
