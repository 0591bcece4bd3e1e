package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/dialplan/source/edit"
)

// maxMerges bounds how often one edit is merged with what others published meanwhile.
const maxMerges = 3

func planEdit(n *connection) *cobra.Command {
	var file string
	var yes bool
	c := &cobra.Command{
		Use: "edit [KIND NAME]", Short: "Edit the published plan, or one block of it, and publish that",
		Long: `Opens the editor ($VISUAL, $EDITOR or vi) on the published plan or on one block of it.
What is saved is checked by the node; a fault is shown above the text, and the editor
opens again if you like. Then the difference is shown, and published if you say so. If
somebody else published meanwhile, both changes are put together if they are in
different blocks. A text that is not published stays in its file.`,
		Example: "  strowger dialplan edit\n  strowger dialplan edit number +448081570001\n" +
			"  strowger dialplan edit number +448081570001 --file block.hcl --yes",
		Args: wholeOrBlock, ValidArgsFunction: n.completeBlock,
		RunE: func(c *cobra.Command, args []string) error {
			if err := n.check(); err != nil {
				return err
			}
			if file == "-" && !yes {
				return usageError{errors.New("standard input cannot answer too; give --yes with --file -")}
			}
			e := &editing{connection: n, c: c, in: bufio.NewReader(c.InOrStdin()), block: args, yes: yes}
			if file != "" {
				return e.take(file)
			}
			return e.open()
		},
	}
	c.Flags().StringVar(&file, "file", "", `take the text from a file, "-" is standard input, instead of an editor`)
	c.Flags().BoolVar(&yes, "yes", false, "publish without a question")
	return c
}

// errGivenUp means that the user chose not to publish.
var errGivenUp = errors.New("nothing was published")

// editing is one edit of the published plan.
type editing struct {
	*connection
	c     *cobra.Command
	in    *bufio.Reader
	block []string // kind and name, or nothing for the whole plan
	yes   bool

	plan api.Plan // the edit started from
	text *edit.Text
}

// start fetches the plan and returns what is to be edited.
func (e *editing) start() (string, error) {
	var err error
	if e.plan, e.text, err = e.published(e.c.Context()); err != nil || len(e.block) == 0 {
		return e.plan.Text, err
	}
	b, err := e.text.Find(e.block[0], e.block[1])
	return b.Text, err
}

// whole is the plan with the edited text in it.
func (e *editing) whole(edited string) (string, error) {
	if strings.TrimSpace(edited) == "" {
		return "", errors.New("the text is empty; what shall go, remove with: strowger dialplan rm KIND NAME")
	}
	if len(e.block) == 0 {
		return edited, nil
	}
	return e.text.Replace(e.block[0], e.block[1], edited)
}

// take publishes a text that is in a file.
func (e *editing) take(file string) error {
	if _, err := e.start(); err != nil {
		return err
	}
	in, err := planText(e.c, file)
	if err != nil {
		return err
	}
	made, err := e.whole(in.Text)
	if err != nil {
		return err
	}
	diff, err := e.compare(made)
	if err != nil {
		return err
	}
	return e.offer(made, diff)
}

// open has the text edited until it is published or given up. A text that was changed
// and is not published stays in its file.
func (e *editing) open() error {
	text, err := e.start()
	if err != nil {
		return err
	}
	d, err := newDraft(text)
	if err != nil {
		return err
	}
	if err = e.work(d); err != nil {
		return fmt.Errorf("%w\nthe text is in %s", err, d.file)
	}
	return os.Remove(d.file)
}

func (e *editing) work(d *draft) error {
	for {
		edited, err := d.edit(e.c)
		if err != nil {
			return err
		}
		if edited == d.start {
			fmt.Fprintln(e.c.ErrOrStderr(), "nothing was changed")
			return nil
		}
		made, diff, err := e.check(edited, d.start)
		if err == nil {
			err = e.offer(made, diff)
			if status(err) != http.StatusUnprocessableEntity { // its tests fail
				return err
			}
		}
		if e.yes {
			return fmt.Errorf("nothing was published: %w", err)
		}
		if e.ask(err.Error()+"\n[e]dit again or [q]uit? ") != "e" {
			return errGivenUp
		}
		if err := d.fault(edited, err); err != nil {
			return err
		}
	}
}

// check makes the whole plan of an edited text and has the node check it. Lines of
// faults are those of the edited text.
func (e *editing) check(edited, start string) (made string, d api.PlanDiff, err error) {
	if _, err := edit.Parse(e.plan.File, edited); err != nil {
		return "", d, err
	}
	if made, err = e.whole(edited); err != nil {
		return "", d, err
	}
	d, err = e.compare(made)
	if status(err) == http.StatusUnprocessableEntity && len(e.block) > 0 {
		above, _, _ := strings.Cut(e.plan.Text, strings.TrimSuffix(start, "\n"))
		err = errors.New(moveFaults(err.Error(), e.plan.File, -strings.Count(above, "\n")))
	}
	return made, d, err
}

// compare has the node check a plan and tell what it changes.
func (e *editing) compare(made string) (d api.PlanDiff, err error) {
	err = e.do(e.c.Context(), "POST", e.path("plan", "diff"), api.PlanText{File: e.plan.File, Text: made}, &d)
	return d, err
}

// offer publishes a plan if that is wanted, in place of the one that the edit started
// from. What others published meanwhile is put together with it and offered again.
func (e *editing) offer(made string, d api.PlanDiff) error {
	for merges := range maxMerges {
		if !e.yes {
			printDiff(e.c.ErrOrStderr(), d, "no difference in meaning")
			if e.ask("publish? [y]es or [n]o: ") != "y" {
				return errGivenUp
			}
		}
		published, err := e.publish(e.c, e.plan, made)
		switch {
		case err == nil && e.yes:
			return e.showPublished(e.c, published)
		case err == nil:
			return e.show(e.c, published, func(w io.Writer) { printHead(w, *published.Head) })
		case e.yes || status(err) != http.StatusConflict:
			if merges > 0 {
				err = together(err)
			}
			return err
		}
		fmt.Fprintln(e.c.ErrOrStderr(), err)
		if made, err = e.merge(made); err != nil {
			return err
		}
		if d, err = e.compare(made); err != nil {
			return together(err)
		}
	}
	return errors.New("nothing was published: others publish faster; try again when they are done")
}

// together is a fault of two changes put together. It hides the node's answer: the edited
// text alone must not be published in place of what the other one made.
func together(err error) error {
	return fmt.Errorf("nothing was published: together with that plan: %v", err) //nolint:errorlint // see above
}

// merge puts together what this edit and another one changed, and goes on from there.
func (e *editing) merge(made string) (string, error) {
	mine, err := edit.Parse(e.plan.File, made)
	if err != nil {
		return "", err
	}
	base := e.text
	if e.plan, e.text, err = e.published(e.c.Context()); err != nil {
		return "", err
	}
	made, err = edit.Merge(base, mine, e.text)
	if err != nil {
		return "", fmt.Errorf("nothing was published: %w", err)
	}
	fmt.Fprintln(e.c.ErrOrStderr(), "both changes together:")
	return made, nil
}

// status is that of the node's answer, 0 if there was none or it did not refuse.
func status(err error) int {
	if refused, ok := errors.AsType[*api.RefusedError](err); ok {
		return refused.Status
	}
	return 0
}

// ask puts a question and returns the first letter of the answer, "" if there is none.
func (e *editing) ask(question string) string {
	fmt.Fprint(e.c.ErrOrStderr(), question)
	line, _ := e.in.ReadString('\n')
	line = strings.ToLower(strings.TrimSpace(line))
	return line[:min(1, len(line))]
}
