package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan/source/edit"
	"strowger/sip/edition"
)

// published is the published plan and its text.
func (n *connection) published(ctx context.Context) (api.Plan, *edit.Text, error) {
	var p api.Plan
	if err := n.do(ctx, "GET", n.path("plan"), nil, &p); err != nil {
		return p, nil, err
	}
	text, err := edit.Parse(p.File, p.Text)
	return p, text, err
}

func planList(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "list [KIND]", Short: "List the blocks of the published plan",
		Example: "  strowger dialplan list\n  strowger dialplan list number -o json",
		Args:    cobra.MaximumNArgs(1), ValidArgsFunction: complete(n.kinds),
		RunE: func(c *cobra.Command, args []string) error {
			_, text, err := n.published(c.Context())
			if err != nil {
				return err
			}
			blocks := slices.DeleteFunc(text.Blocks(), func(b edit.Block) bool { return len(args) > 0 && b.Kind != args[0] })
			return n.show(c, blocks, func(w io.Writer) {
				t := newTable("KIND", "NAME", "WHAT")
				for _, b := range blocks {
					for _, name := range b.Names {
						t.add(b.Kind, name, b.Gist)
					}
				}
				t.print(w)
			})
		},
	}
}

func planShow(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "show [VERSION|KIND NAME]", Short: "Show the published plan, a version of it or one block",
		Example: "  strowger dialplan show > plan.hcl\n  strowger dialplan show 3f9a2c\n  strowger dialplan show number +448081570001",
		Args:    cobra.MaximumNArgs(2), ValidArgsFunction: n.completeShow,
		RunE: func(c *cobra.Command, args []string) error {
			path := n.path("plan")
			if len(args) == 1 {
				path = n.path("plan", "versions", args[0])
			}
			var p api.Plan
			if err := n.do(c.Context(), "GET", path, nil, &p); err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "version %s, published by %s at %s from %s\n", edition.Short(p.Version), p.Author, at(p.At), p.File)
			if p.Message != "" {
				fmt.Fprintln(c.ErrOrStderr(), p.Message)
			}
			if len(args) != 1 {
				if err := n.markOverrides(c); err != nil {
					return err
				}
			}
			if len(args) < 2 {
				return n.show(c, p, func(w io.Writer) { fmt.Fprint(w, p.Text) })
			}
			text, err := edit.Parse(p.File, p.Text)
			if err != nil {
				return err
			}
			b, err := text.Find(args[0], args[1])
			if err != nil {
				return err
			}
			return n.show(c, b, func(w io.Writer) { fmt.Fprint(w, b.Text) })
		},
	}
}

// wholeOrBlock takes a kind and a name, or nothing.
func wholeOrBlock(c *cobra.Command, args []string) error {
	if len(args) == 1 {
		return fmt.Errorf("name kind and name of a block, such as: %s number +448081570001", c.CommandPath())
	}
	return cobra.MaximumNArgs(2)(c, args)
}

// completeShow offers versions and kinds, then the names of a kind.
func (n *connection) completeShow(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	list, directive := n.completeBlock(c, args, begun)
	if len(args) == 0 {
		versions, _ := complete(n.versions)(c, nil, begun)
		list = append(list, versions...)
	}
	return list, directive
}

// kinds are those of the blocks of the published plan.
func (n *connection) kinds(ctx context.Context, begun string) ([]cobra.Completion, error) {
	return n.words(ctx, begun, func(b edit.Block) []cobra.Completion { return []cobra.Completion{b.Kind} })
}

// completeBlock offers kinds, then the names of that kind with what they are.
func (n *connection) completeBlock(c *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
	switch len(args) {
	case 0:
		return complete(n.kinds)(c, args, begun)
	case 1:
		return complete(n.names(args[0]))(c, nil, begun)
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// names are those of the blocks of a kind, with what they are.
func (n *connection) names(kind string) choices {
	return func(ctx context.Context, begun string) ([]cobra.Completion, error) {
		return n.words(ctx, begun, func(b edit.Block) (list []cobra.Completion) {
			for _, name := range b.Names {
				if b.Kind == kind {
					list = append(list, cobra.CompletionWithDesc(name, cut(b.Gist, maxWidth/2)))
				}
			}
			return list
		})
	}
}

// words are what each block of the published plan has to offer, once each.
func (n *connection) words(ctx context.Context, begun string, of func(edit.Block) []cobra.Completion) ([]cobra.Completion, error) {
	_, text, err := n.published(ctx)
	if err != nil {
		return nil, err
	}
	var list []cobra.Completion
	seen := map[cobra.Completion]bool{}
	for _, b := range text.Blocks() {
		for _, word := range of(b) {
			if strings.HasPrefix(word, begun) && !seen[word] {
				seen[word] = true
				list = append(list, word)
			}
		}
	}
	return list, nil
}
