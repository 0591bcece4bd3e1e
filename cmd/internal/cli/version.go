package cli

import (
	"fmt"
	"io"
	"runtime"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/node"
)

func newVersion() *cobra.Command {
	var o output
	c := &cobra.Command{
		Use: "version", Short: "Show the version of this program",
		Example: "  strowger version -o json",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			v := map[string]string{"version": node.Release(), "go": runtime.Version(), "platform": runtime.GOOS + "/" + runtime.GOARCH}
			return o.show(c, v, func(w io.Writer) {
				fmt.Fprintf(w, "strowger %s, %s, %s\n", v["version"], v["go"], v["platform"])
			})
		},
	}
	o.add(c)
	return c
}
