package cli

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

// completionTime is how long the shell waits for the node when the user presses tab.
const completionTime = time.Second

// completion is how cobra asks what an argument may be.
type completion = func(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective)

// choices are what the node has for something begun. What goes wrong is not said:
// it would stand in the middle of the line that is being typed.
type choices func(ctx context.Context, begun string) ([]cobra.Completion, error)

// complete offers choices for the first argument, and files for none.
func complete(of choices) completion {
	return func(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(c.Context(), completionTime)
		defer cancel()
		list, err := of(ctx, begun)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return list, cobra.ShellCompDirectiveNoFileComp
	}
}

// seats are the numbers of seats, with their names.
func (n *connection) seats(ctx context.Context, begun string) ([]cobra.Completion, error) {
	var seats []api.Seat
	if err := n.do(ctx, "GET", n.path("seats")+"?prefix="+url.QueryEscape(begun), nil, &seats); err != nil {
		return nil, err
	}
	var list []cobra.Completion
	for _, s := range seats {
		list = append(list, cobra.CompletionWithDesc(s.Number, s.Name))
	}
	return list, nil
}

// calls are the calls that are not over, with who talks to whom.
func (n *connection) calls(ctx context.Context, begun string) ([]cobra.Completion, error) {
	var calls api.Calls
	if err := n.do(ctx, "GET", n.path("calls"), nil, &calls); err != nil {
		return nil, err
	}
	var list []cobra.Completion
	for _, one := range calls.Calls {
		if strings.HasPrefix(one.ID, begun) {
			list = append(list, cobra.CompletionWithDesc(one.ID, orWithheld(one.From)+" calls "+one.To))
		}
	}
	return list, nil
}
