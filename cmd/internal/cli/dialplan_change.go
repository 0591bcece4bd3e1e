package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan/source/edit"
	"strowger/sip/edition"
)

// change publishes what edit makes of the published plan, unless another one was
// published meanwhile.
func (n *connection) change(c *cobra.Command, edit func(*edit.Text) (string, error)) error {
	if err := n.check(); err != nil {
		return err
	}
	p, text, err := n.published(c.Context())
	if err != nil {
		return err
	}
	made, err := edit(text)
	if err != nil {
		return err
	}
	d, err := n.publish(c, p, made)
	if err != nil {
		return err
	}
	return n.showPublished(c, d)
}

// publish publishes a text in place of the plan that it was made from. The command is
// the message.
func (n *connection) publish(c *cobra.Command, from api.Plan, text string) (d api.PlanDiff, err error) {
	words := append(strings.Fields(c.CommandPath())[2:], c.Flags().Args()...)
	in := api.PlanText{File: from.File, Text: text, Base: from.Version, Message: asMessage(strings.Join(words, " "))}
	err = n.do(c.Context(), "PUT", n.path("plan"), in, &d)
	return d, err
}

// asMessage is a text as one line that a message can have.
func asMessage(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	return strings.ToValidUTF8(text[:min(len(text), edition.MaxMessage)], "")
}

func planSet(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "set PATH VALUE", Short: "Set one value in the published plan",
		Long: `Sets one value in the published plan and publishes that; comments stay. The path is
kind, name and what is in the block, with dots between; a name with a dot is in
quotes. A key that is not there is added to its block.

The value is as the plan has it; what is no expression is taken as text and gets its
quotes. So does a word or number where text stood, and where a list stood, words with
commas between become one.`,
		Example: "  strowger dialplan set number.+448081570001.ring.timeout 20s\n" +
			"  strowger dialplan set number.+448081570001.ring.seats 1003,1004\n" +
			"  strowger dialplan set 'dial.\"9.\".trunk.timeout' 2m",
		Args: cobra.ExactArgs(2), ValidArgsFunction: complete(n.paths),
		RunE: func(c *cobra.Command, args []string) error {
			path, err := edit.ParsePath(args[0])
			if err != nil {
				return usageError{err}
			}
			return n.change(c, func(t *edit.Text) (string, error) { return t.Set(path, args[1]) })
		},
	}
}

func planRm(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "rm KIND NAME|PATH", Short: "Remove a block of the published plan, or what is in one",
		Long: `Removes a block of the published plan, with the comment lines above it, and publishes
that. Of a block with several names the one that is named goes. A path, as of
strowger dialplan set, removes what is in a block.`,
		Example: "  strowger dialplan rm number +448081570007\n  strowger dialplan rm number.+448081570001.ring.timeout",
		Args:    cobra.RangeArgs(1, 2), ValidArgsFunction: n.completeBlock,
		RunE: func(c *cobra.Command, args []string) error {
			path := edit.Path(args)
			if len(args) == 1 {
				var err error
				if path, err = edit.ParsePath(args[0]); err != nil {
					return usageError{err}
				}
			}
			return n.change(c, func(t *edit.Text) (string, error) { return t.Remove(path) })
		},
	}
}

// paths lead to the keys of the published plan.
func (n *connection) paths(ctx context.Context, begun string) ([]cobra.Completion, error) {
	_, text, err := n.published(ctx)
	if err != nil {
		return nil, err
	}
	var list []cobra.Completion
	for _, path := range text.Keys() {
		if s := path.String(); strings.HasPrefix(s, begun) {
			list = append(list, s)
		}
	}
	return list, nil
}

// step are the flags of what a new entry does.
type step struct {
	ring, play, trunks []string
	flow, seat         string
	timeout, comment   string
	echo               bool
}

func planAdd(n *connection) *cobra.Command {
	c := &cobra.Command{Use: "add", Short: "Add a number, or what seats may dial, to the published plan"}
	c.AddCommand(
		planAddEntry(n, "number", "Add a number that trunks may reach",
			"  strowger dialplan add number +448081570009 --ring 1003,1004\n  strowger dialplan add number +448081570009 --play welcome --comment 'The claims line'\n"+
				"  strowger dialplan add number +448081570101 --flow benefits\n  strowger dialplan add number +4416329601XX --seat '21${rest}'"),
		planAddEntry(n, "dial", "Add what seats may dial, a number or a pattern",
			"  strowger dialplan add dial '*46' --echo\n  strowger dialplan add dial 8. --trunk carrier"),
	)
	return c
}

func planAddEntry(n *connection, list, short, example string) *cobra.Command {
	var s step
	c := &cobra.Command{
		Use: list + " PATTERN...", Short: short, Example: example,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if s.timeout != "" && s.ring == nil && s.trunks == nil {
				return usageError{errors.New("--timeout is how long to ring; give it with --ring or --trunk")}
			}
			text, err := edit.Parse("the new entry", s.entry(list, args))
			if err != nil {
				return err
			}
			entry, err := text.Format()
			if err != nil {
				return err
			}
			return n.change(c, func(t *edit.Text) (string, error) { return t.Add(entry) })
		},
	}
	f := c.Flags()
	f.StringSliceVar(&s.ring, "ring", nil, "ring these seats together")
	f.StringSliceVar(&s.play, "play", nil, "answer, play these prompts and hang up")
	f.StringVar(&s.flow, "flow", "", "run this flow")
	f.StringVar(&s.seat, "seat", "", "ring the seat that the pattern names, such as '21${rest}'")
	f.BoolVar(&s.echo, "echo", false, "answer and send back what is heard")
	f.StringVar(&s.timeout, "timeout", "", "how long to ring, such as 20s")
	f.StringVar(&s.comment, "comment", "", "a line above it in the plan")
	one := []string{"ring", "flow", "seat", "play", "echo"}
	if list == "dial" {
		f.StringSliceVar(&s.trunks, "trunk", nil, "go out by these trunks, in order of trying")
		one = append(one, "trunk")
	}
	_ = c.RegisterFlagCompletionFunc("ring", complete(n.seats))
	_ = c.RegisterFlagCompletionFunc("flow", complete(n.names("flow")))
	c.MarkFlagsOneRequired(one...)
	c.MarkFlagsMutuallyExclusive(one...)
	return c
}

// entry is the block of a new entry.
func (s *step) entry(list string, patterns []string) string {
	var b strings.Builder
	for line := range strings.Lines(s.comment) {
		fmt.Fprintln(&b, "#", strings.TrimSpace(line))
	}
	b.WriteString(list)
	for _, p := range patterns {
		b.WriteString(" " + edit.Quote(p))
	}
	kind, keys := s.step()
	switch inner := strings.Join(keys, "\n"); {
	case kind == "":
		fmt.Fprintf(&b, " { %s }\n", inner)
	case len(keys) == 0:
		fmt.Fprintf(&b, " {\n  %s {}\n}\n", kind)
	case len(keys) == 1:
		fmt.Fprintf(&b, " {\n  %s { %s }\n}\n", kind, inner)
	default:
		fmt.Fprintf(&b, " {\n  %s {\n%s\n  }\n}\n", kind, inner)
	}
	return b.String()
}

// step is the block inside of a new entry and its keys; without a kind they are keys of
// the entry itself.
func (s *step) step() (kind string, keys []string) {
	switch {
	case s.flow != "":
		return "", []string{"flow = flow." + s.flow}
	case s.seat != "":
		return "", []string{`seat = "` + s.seat + `"`}
	case s.ring != nil:
		kind, keys = "ring", []string{"seats = " + quoted(s.ring)}
	case len(s.play) == 1:
		kind, keys = "play", []string{"prompt = " + edit.Quote(s.play[0])}
	case s.play != nil:
		kind, keys = "play", []string{"prompts = " + quoted(s.play)}
	case s.trunks != nil:
		kind, keys = "trunk", []string{"trunks = " + quoted(s.trunks)}
	default:
		kind = "echo"
	}
	if s.timeout != "" {
		keys = append(keys, "timeout = "+edit.Quote(s.timeout))
	}
	return kind, keys
}

// quoted is a list of texts. The seat that was dialled has no quotes.
func quoted(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = edit.Quote(w)
		if w == "called" {
			out[i] = w
		}
	}
	return "[" + strings.Join(out, ", ") + "]"
}
