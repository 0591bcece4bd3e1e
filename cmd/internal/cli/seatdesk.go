package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
	"strowger/sip/seat"
)

func seatMessages(n *connection) *cobra.Command {
	var m seat.Messages
	c := &cobra.Command{
		Use: "mwi NUMBER", Short: "Say how many messages wait for a seat: its phone lights a lamp",
		Example:           "  strowger seat mwi 1001 --new 2 --old 1\n  strowger seat mwi 1001",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			var out seat.Messages
			if err := n.do(c.Context(), "PUT", n.path("seats", args[0], "messages"), m, &out); err != nil {
				return err
			}
			return n.show(c, out, func(w io.Writer) { fmt.Fprintf(w, "seat %s: %s\n", args[0], messages(&out)) })
		},
	}
	c.Flags().IntVar(&m.New, "new", 0, "messages that were not heard yet")
	c.Flags().IntVar(&m.Old, "old", 0, "messages that were heard and kept")
	return c
}

func messages(m *seat.Messages) string {
	if m == nil {
		return ""
	}
	return fmt.Sprintf("%d new, %d old", m.New, m.Old)
}

// forwardFlags are the cases of a forward.
var forwardFlags = []struct {
	when  seat.When
	usage string
}{
	{seat.Always, "every call goes there"},
	{seat.Busy, "when it is busy or does not want to be disturbed"},
	{seat.NoAnswer, "when nobody answers"},
	{seat.Unregistered, "when no phone can be reached"},
}

func seatForward(n *connection) *cobra.Command {
	c := &cobra.Command{
		Use: "forward NUMBER", Short: "Say where calls to a seat go instead; an empty number ends it",
		Example: "  strowger seat forward 1001 --no-answer 1002 --after 15s --busy 901632960123\n" +
			"  strowger seat forward 1001 --always ''\n  strowger seat forward 1001 --off",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: complete(n.seats),
	}
	given := map[seat.When]*string{}
	for _, f := range forwardFlags {
		given[f.when] = c.Flags().String(string(f.when), "", "number, as its phone would dial it: "+f.usage)
	}
	after := c.Flags().Duration("after", seat.DefaultAfter, "how long its phones ring before --no-answer")
	off := c.Flags().Bool("off", false, "end every forward")
	c.RunE = func(c *cobra.Command, args []string) error {
		var edit api.FeatureEdit
		numbers := map[seat.When]**string{
			seat.Always: &edit.Always, seat.Busy: &edit.Busy, seat.NoAnswer: &edit.NoAnswer, seat.Unregistered: &edit.Unregistered,
		}
		for when, to := range numbers {
			if c.Flags().Changed(string(when)) || *off {
				*to = given[when]
			}
		}
		if c.Flags().Changed("after") {
			seconds := int(*after / time.Second)
			edit.After = &seconds
		}
		if edit == (api.FeatureEdit{}) {
			return usageError{errors.New("nothing to change")}
		}
		return n.setFeatures(c, args[0], edit)
	}
	return c
}

func seatQuiet(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "dnd NUMBER on|off", Short: "Have a seat's phones not ring (do not disturb), or ring again",
		Example:           "  strowger seat dnd 1001 on",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: complete(n.seats),
		RunE: func(c *cobra.Command, args []string) error {
			on := args[1] == "on"
			if !on && args[1] != "off" {
				return usageError{fmt.Errorf("do not disturb is on or off, not %q", args[1])}
			}
			return n.setFeatures(c, args[0], api.FeatureEdit{DoNotDisturb: &on})
		},
	}
}

func (n *connection) setFeatures(c *cobra.Command, number string, edit api.FeatureEdit) error {
	var out api.Seat
	if err := n.do(c.Context(), "PATCH", n.path("seats", number, "features"), edit, &out); err != nil {
		return err
	}
	return n.show(c, out, func(w io.Writer) {
		f := out.Set()
		fmt.Fprintf(w, "seat %s: forward %s, do not disturb %s\n", out.Number, orNone(forwards(f.Forward)), onOff(f.DoNotDisturb))
	})
}

// forwards are the numbers of a forward in one line, "" if there is none.
func forwards(f seat.Forward) string {
	var list []string
	for _, one := range forwardFlags {
		to := *f.Number(one.when)
		if to != "" && one.when == seat.NoAnswer {
			to += fmt.Sprintf(" after %v", f.Wait())
		}
		if to != "" {
			list = append(list, fmt.Sprintf("%s to %s", one.when, to))
		}
	}
	return strings.Join(list, ", ")
}

func orNone(s string) string {
	if s == "" {
		return "off"
	}
	return s
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

// only is "yes", or "" to be left out.
func only(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
