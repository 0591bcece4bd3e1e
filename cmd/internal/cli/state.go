package cli

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newState() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "state", Short: "Backup and restore of seats, plans, tokens and registrations"}
	n.add(c)
	c.AddCommand(stateBackup(n), stateRestore(n))
	return c
}

func stateBackup(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Write everything that the store holds to a file",
		Long: `Writes everything that the store holds to a file ("-" is standard output). The file
holds secrets: only its owner may read it.`,
		Example: "  strowger state backup strowger.backup",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := n.download(c, "POST", "/v1/state/backup", args[0]); err != nil || args[0] == "-" {
				return err
			}
			return n.show(c, map[string]string{"file": args[0]}, func(w io.Writer) { fmt.Fprintf(w, "written to %s\n", args[0]) })
		},
	}
}

func stateRestore(n *connection) *cobra.Command {
	var replace bool
	c := &cobra.Command{
		Use: "restore FILE", Short: "Fill the store from a backup",
		Example: "  strowger state restore strowger.backup --replace",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path := "/v1/state/restore"
			if replace {
				path += "?replace=1"
			}
			err := n.upload(c, args[0], path, "application/jsonl", func(io.Reader) error { return nil })
			if err != nil {
				return err
			}
			return n.show(c, map[string]bool{"restored": true}, func(w io.Writer) { fmt.Fprintln(w, "restored") })
		},
	}
	c.Flags().BoolVar(&replace, "replace", false, "remove what the store has and the backup has not")
	return c
}
