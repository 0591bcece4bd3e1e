// Package cli is the command line of strowger: one file for each object of the
// cobra tree, which goes object first, then verb (strowger seat list).
//
// # Decisions
//
//   - Commands that look at or change a running node speak to its admin API; only
//     serve, check, init and version work without one.
//   - Exit codes: 0 done, 1 it did not work (one clear line on standard error says
//     why and what to do), 2 the command line was wrong.
//   - Output goes to standard output, in a table of at most 80 columns or, with
//     -o json, as JSON; everything else goes to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a command line that was wrong.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Main runs the command line and returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "strowger:", err)
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "strowger",
		Short:         "A telephony softswitch for virtual contact centres",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w; see: %s --help", err, c.CommandPath())}
	})
	root.AddCommand(newServe())
	root.AddCommand(newPhone())
	root.AddCommand(newDemo())
	root.AddCommand(newInit())
	return root
}
