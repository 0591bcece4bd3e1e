package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/node"
)

// checked is what check found.
type checked struct {
	File   string   `json:"file"`
	Faults []string `json:"faults"`
	Note   string   `json:"note,omitempty"` // about this machine; no fault
}

func newCheck() *cobra.Command {
	var flags nodeFlags
	var o output
	c := &cobra.Command{
		Use: "check", Short: "Check a configuration with its plan and seats",
		Long: `Checks a configuration, its seed plan and its seed seats: every fault is a line, and
the exit code is 1 if there is any. Limits of this machine are told, they are no
fault.`,
		Example: "  strowger check --config configs/strowger.hcl",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			found, err := check(c, &flags)
			if err != nil {
				return err
			}
			err = o.show(c, found, func(w io.Writer) {
				if len(found.Faults) == 0 {
					fmt.Fprintf(w, "%s is right\n", found.File)
				}
				if found.Note != "" {
					fmt.Fprintln(w, "note:", found.Note)
				}
			})
			if err == nil && len(found.Faults) > 0 {
				err = errors.New(strings.Join(found.Faults, "\n"))
			}
			return err
		},
	}
	flags.add(c)
	o.add(c)
	return c
}

func check(c *cobra.Command, flags *nodeFlags) (checked, error) {
	found := checked{File: flags.config, Faults: []string{}}
	cfg, err := flags.load()
	if err != nil {
		return found, err
	}
	r, err := node.Rehearse(c.Context(), cfg)
	if err != nil {
		return found, err
	}
	found.Faults = append(found.Faults, r.Faults...)
	_, found.Note = cfg.Fit(node.Host())
	return found, r.Close()
}
