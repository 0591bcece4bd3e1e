package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

func newPrivacy() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "privacy", Short: "What a node has of a person's number: export, erase"}
	n.add(c)
	n.addTenant(c)
	c.AddCommand(privacyExport(n), privacyErase(n))
	return c
}

func privacyExport(n *connection) *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "export PERSON", Short: "Write all that a node has of a number to one archive",
		Long: `Writes a ZIP archive of all that the node has of a number, such as +441632960001:
events of the ledger, call and leg records, SIP messages (JSON) and recordings
(WAV). Without --to it only tells how much that is. In a cluster each node has
its own.`,
		Example: "  strowger privacy export +441632960001\n" +
			"  strowger privacy export +441632960001 --to person.zip",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if file == "" {
				return n.holdings(c, api.Person{Number: args[0]}, "find", "nothing was written; name a file with --to")
			}
			client, err := n.connect()
			if err != nil {
				return err
			}
			body, err := json.Marshal(api.Person{Number: args[0]})
			if err != nil {
				return err
			}
			answer, err := client.Stream(c.Context(), "POST", n.path("privacy", "export"), "application/json", bytes.NewReader(body))
			if err != nil {
				return err
			}
			defer answer.Close()
			if err := writeWhole(file, answer); err != nil {
				return err
			}
			return n.show(c, map[string]string{"file": file}, func(w io.Writer) { fmt.Fprintf(w, "written to %s\n", file) })
		},
	}
	c.Flags().StringVar(&file, "to", "", "file for the archive (default: none, only tell how much)")
	return c
}

func privacyErase(n *connection) *cobra.Command {
	var reason string
	var yes bool
	c := &cobra.Command{
		Use: "erase PERSON", Short: "Erase a number from all that a node has",
		Long: `Removes SIP messages and recordings of calls from or to a number, and puts a
word in its place in the ledger and in call records, which stay consistent but
say no longer who it was. Without --yes it only tells how much that is. Calls
that are not over are left: repeat it then. Audit files, logs and what was sent
to other servers are not touched. In a cluster each node has its own.`,
		Example: "  strowger privacy erase +441632960001\n" +
			`  strowger privacy erase +441632960001 --yes --reason "request 4711"`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if !yes {
				return n.holdings(c, api.Person{Number: args[0]}, "find", "nothing was erased; to do so give --yes and --reason")
			}
			return n.holdings(c, api.Person{Number: args[0], Reason: reason}, "erase", "")
		},
	}
	c.Flags().BoolVar(&yes, "yes", false, "erase it")
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit file")
	return c
}

// holdings asks what the node has of a person, or has it erased.
func (n *connection) holdings(c *cobra.Command, p api.Person, do, note string) error {
	var h api.Holdings
	if err := n.do(c.Context(), "POST", n.path("privacy", do), p, &h); err != nil {
		return err
	}
	return n.show(c, h, func(w io.Writer) {
		fields(w, "events", strconv.Itoa(h.Events), "call records", strconv.Itoa(h.CDRs), "leg records", strconv.Itoa(h.Legs),
			"messages", strconv.Itoa(h.Messages), "recordings", strconv.Itoa(h.Recordings), "word", h.Word)
		if h.Open+h.Active > 0 {
			fmt.Fprintf(w, "left out: %d calls and %d recordings that are not over\n", h.Open, h.Active)
		}
		if len(h.Others) > 0 {
			fmt.Fprintf(w, "this is node %s; repeat it on %s\n", h.Node, strings.Join(h.Others, ", "))
		}
		if note != "" {
			fmt.Fprintln(w, note)
		}
	})
}
