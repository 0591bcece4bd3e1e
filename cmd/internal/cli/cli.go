// Package cli is the command line of strowger: one file for each object of the
// cobra tree, which goes object first, then verb (strowger seat list).
//
// # Decisions
//
//   - Commands that look at or change a running node speak to its admin API, on the
//     unix socket of the configuration unless --socket or --url say otherwise.
//     serve, check, init, version and dialplan --offline work without a node.
//   - A password is never an argument: it is generated and shown once, or read from
//     standard input.
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
	// The first interrupt ends in good order, the second at once.
	context.AfterFunc(ctx, stop)
	root := newRoot()
	var ran bool
	strict(root, &ran)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	used, err := root.ExecuteContextC(ctx)
	if err == nil {
		return 0
	}
	fmt.Fprintln(stderr, "strowger:", err)
	var usage usageError
	if !ran || errors.As(err, &usage) {
		fmt.Fprintf(stderr, "see: %s --help\n", used.CommandPath())
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
	root.AddCommand(newServe())
	root.AddCommand(newCheck(), newStatus(), newSeat(), newBlock(), newUsage(), newAccess(), newCallCommand(), newConferenceCommand(), newRecording(), newPrivacy(), newTrunk(), newDialplan(), newSwitch(), newHours(), newNumber(), newState())
	root.AddCommand(newMetrics(), newTrace(), newVersion())
	root.AddCommand(newPhone(), newPrompt(), newDemo(), newInit())
	return root
}

// strict makes a missing or unknown verb an error everywhere, and tells by ran
// whether a command was begun: what fails before is a wrong command line.
func strict(c *cobra.Command, ran *bool) {
	for _, sub := range c.Commands() {
		strict(sub, ran)
	}
	if !c.Runnable() {
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("unknown command %q for %q", args[0], c.CommandPath())}
			}
			return c.Help()
		}
	}
	if run := c.RunE; run != nil {
		c.RunE = func(c *cobra.Command, args []string) error {
			*ran = true
			return run(c, args)
		}
	}
}
