package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/edition"
)

// editions are the versions of the tenant's plan.
func (n *connection) editions(ctx context.Context) (api.Editions, error) {
	var e api.Editions
	return e, n.do(ctx, "GET", n.path("plan", "versions"), nil, &e)
}

func planHistory(n *connection) *cobra.Command {
	var most int
	c := &cobra.Command{
		Use: "history", Short: "List what was published when by whom, the newest first",
		Example: "  strowger dialplan history -n 5",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if most < 1 || most > edition.MaxHistory {
				return usageError{fmt.Errorf("-n %d: give 1 to %d", most, edition.MaxHistory)}
			}
			e, err := n.editions(c.Context())
			if err != nil {
				return err
			}
			e.History = e.History[:min(most, len(e.History))]
			return n.show(c, e, func(w io.Writer) { printHistory(w, e) })
		},
	}
	c.Flags().IntVarP(&most, "number", "n", 20, "how many changes")
	return c
}

// historyRow is a change: a mark, the version, what was done, when, and by whom. Why
// stands below, as it may be long.
const historyRow = "%1s %-12s  %-8s  %-19s  %s\n"

// printHistory marks the published version with a star.
func printHistory(w io.Writer, e api.Editions) {
	fmt.Fprintf(w, historyRow, "", "VERSION", "WHAT", "AT (UTC)", "BY")
	marked := false
	for _, p := range e.History {
		mark := ""
		if !marked && p.Version == e.Head.Version && p.Kind != edition.Scheduled && p.Kind != edition.Canceled {
			mark, marked = "*", true
		}
		fmt.Fprintf(w, historyRow, mark, edition.Short(p.Version), p.Kind, at(p.At), p.Author)
		for _, line := range reasons(e.Tags, p) {
			fmt.Fprintln(w, "    "+line)
		}
	}
	switch h := e.Head; {
	case h.Planned != nil:
		fmt.Fprintln(w)
		printHead(w, h)
	case h.Unconfirmed != nil:
		fmt.Fprintf(w, "\nversion %s comes back at %s UTC; keep this one with: strowger dialplan confirm\n",
			edition.Short(h.Unconfirmed.Back), at(h.Unconfirmed.Until))
	}
}

// reasons are why something was published, and the tags of its version.
func reasons(tags map[string]string, p edition.Publishing) []string {
	var lines []string
	if p.Message != "" {
		lines = append(lines, p.Message)
	}
	if p.Forced != "" {
		lines = append(lines, "forced: "+p.Forced)
	}
	if names := tagsOf(tags, p.Version); names != "" {
		lines = append(lines, "tagged: "+names)
	}
	return lines
}

// tagsOf are the tags of a version.
func tagsOf(tags map[string]string, version string) string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		if tags[name] == version {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// versions are the tags, and the versions of the history with what they are.
func (n *connection) versions(ctx context.Context, begun string) ([]cobra.Completion, error) {
	e, err := n.editions(ctx)
	if err != nil {
		return nil, err
	}
	var list []cobra.Completion
	for _, name := range slices.Sorted(maps.Keys(e.Tags)) {
		if strings.HasPrefix(name, begun) {
			list = append(list, cobra.CompletionWithDesc(name, "version "+edition.Short(e.Tags[name])))
		}
	}
	seen := map[string]bool{}
	for _, p := range e.History {
		if strings.HasPrefix(p.Version, begun) && !seen[p.Version] {
			name := p.Version[:max(len(edition.Short(p.Version)), len(begun))]
			list = append(list, cobra.CompletionWithDesc(name, cmp.Or(p.Message, "by "+p.Author)))
		}
		seen[p.Version] = true
	}
	return list, nil
}

// tags are the tags.
func (n *connection) tags(ctx context.Context, begun string) ([]cobra.Completion, error) {
	e, err := n.editions(ctx)
	var list []cobra.Completion
	for _, name := range slices.Sorted(maps.Keys(e.Tags)) {
		if strings.HasPrefix(name, begun) {
			list = append(list, cobra.CompletionWithDesc(name, "version "+edition.Short(e.Tags[name])))
		}
	}
	return list, err
}

func planRollback(n *connection) *cobra.Command {
	var in api.Rollback
	c := &cobra.Command{
		Use: "rollback [VERSION]", Short: "Publish a former version again, on every node",
		Long: `Publishes a former version again, on every node; without VERSION the one before, so
that the next rollback goes back one more. What waits, to be confirmed or for its
time, is dropped.`,
		Example: "  strowger dialplan rollback\n" +
			"  strowger dialplan rollback 3f9a2c -m 'the new menu has no way back'",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: complete(n.versions),
		RunE: func(c *cobra.Command, args []string) error {
			in.Version = strings.Join(args, "")
			return n.settle(c, "rollback", in)
		},
	}
	c.Flags().StringVarP(&in.Message, "message", "m", "", "why, in one line, for the history")
	return c
}

func planConfirm(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "confirm", Short: "Keep a version that waits to be confirmed",
		Example: "  strowger dialplan confirm",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return n.settle(c, "confirm", nil) },
	}
}

func planCancel(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "cancel", Short: "Drop a version that waits for its time",
		Example: "  strowger dialplan cancel",
		Args:    cobra.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return n.settle(c, "cancel", nil) },
	}
}

// settle changes which version is published, and tells it.
func (n *connection) settle(c *cobra.Command, how string, in any) error {
	var h edition.Head
	if err := n.do(c.Context(), "POST", n.path("plan", how), in, &h); err != nil {
		return err
	}
	return n.show(c, h, func(w io.Writer) {
		if how == "rollback" {
			printHead(w, h)
		} else {
			fmt.Fprintf(w, "version %s stays\n", edition.Short(h.Version))
		}
	})
}

func planTag(n *connection) *cobra.Command {
	var remove bool
	c := &cobra.Command{
		Use: "tag [NAME [VERSION]]", Short: "Name a version, so that it is kept; or list the names",
		Long: `Names a version, the published one if none is said, so that it is kept and can be
called by the name. Without arguments it lists the names.`,
		Example: "  strowger dialplan tag christmas 3f9a2c\n" +
			"  strowger dialplan tag christmas --rm\n" +
			"  strowger dialplan tag",
		Args: cobra.MaximumNArgs(2),
		ValidArgsFunction: func(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 1 {
				return complete(n.versions)(c, nil, begun)
			}
			return complete(n.tags)(c, args, begun)
		},
		RunE: func(c *cobra.Command, args []string) error {
			switch {
			case remove && len(args) != 1:
				return usageError{errors.New("--rm wants the name of one tag")}
			case remove:
				return n.untag(c, args[0])
			case len(args) == 0:
				return n.listTags(c)
			}
			in := api.Tag{Name: args[0], Version: strings.Join(args[1:], "")}
			if err := n.do(c.Context(), "POST", n.path("plan", "tags"), in, &in); err != nil {
				return err
			}
			return n.show(c, in, func(w io.Writer) { fmt.Fprintf(w, "%s is version %s\n", in.Name, edition.Short(in.Version)) })
		},
	}
	c.Flags().BoolVar(&remove, "rm", false, "take the name away")
	return c
}

func (n *connection) untag(c *cobra.Command, name string) error {
	var gone api.Tag
	if err := n.do(c.Context(), "DELETE", n.path("plan", "tags", name), nil, &gone); err != nil {
		return err
	}
	return n.show(c, gone, func(w io.Writer) { fmt.Fprintf(w, "%s is no tag any more\n", gone.Name) })
}

func (n *connection) listTags(c *cobra.Command) error {
	e, err := n.editions(c.Context())
	if err != nil {
		return err
	}
	return n.show(c, e.Tags, func(w io.Writer) {
		t := newTable("TAG", "VERSION")
		for _, name := range slices.Sorted(maps.Keys(e.Tags)) {
			t.add(name, edition.Short(e.Tags[name]))
		}
		t.print(w)
		fmt.Fprintln(w, "\n"+strconv.Itoa(len(e.Tags))+" of at most "+strconv.Itoa(edition.MaxTags))
	})
}
