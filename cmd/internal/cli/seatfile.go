package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"strowger/sip/seat"
)

func seatImport(n *connection) *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use: "import FILE", Short: "Add and change seats from CSV, all or nothing",
		Long: `Adds and changes seats from a CSV file ("-" is standard input), all of them or, if
one row is bad, none; every bad row is named. The header names the columns:
number and network are needed, and any of name, password (or ha1_md5,
ha1_sha256 with realm), presentation, site_number, address, desk, reached,
disabled. A row without a secret keeps the seat's. Other seats stay.`,
		Example: "  strowger seat import seats.csv --dry-run\n  strowger seat import seats.csv",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			path := n.path("import")
			if dry {
				path += "?dry_run=1"
			}
			var r seat.ImportReport
			err := n.upload(c, args[0], path, "text/csv", func(answer io.Reader) error {
				return json.NewDecoder(answer).Decode(&r)
			})
			if err != nil {
				return err
			}
			return n.show(c, r, func(w io.Writer) {
				would := ""
				if dry {
					would = "nothing was written; it would be: "
				}
				fmt.Fprintf(w, "%s%d added, %d changed, %d unchanged\n", would, r.Created, r.Updated, r.Unchanged)
			})
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "check everything, write nothing")
	return c
}

func seatExport(n *connection) *cobra.Command {
	var secrets bool
	var file string
	c := &cobra.Command{
		Use: "export", Short: "Write the seats as CSV that import takes",
		Example: "  strowger seat export --file seats.csv\n  strowger seat export --secrets --file seats.csv",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			path := n.path("export")
			if secrets {
				path += "?secrets=1"
			}
			return n.download(c, "GET", path, file)
		},
	}
	c.Flags().BoolVar(&secrets, "secrets", false, "with HA1 and realm; admins alone, audited")
	c.Flags().StringVar(&file, "file", "-", `file to write; "-" is standard output`)
	return c
}

// openInput opens a file to read; "-" is standard input.
func openInput(c *cobra.Command, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(c.InOrStdin()), nil
	}
	return os.Open(name)
}

// upload posts a file and hands on the answer; "-" is standard input.
func (n *connection) upload(c *cobra.Command, file, path, kind string, take func(answer io.Reader) error) error {
	in, err := openInput(c, file)
	if err != nil {
		return err
	}
	defer in.Close()
	client, err := n.connect()
	if err != nil {
		return err
	}
	answer, err := client.Stream(c.Context(), "POST", path, kind, in)
	if err != nil {
		return err
	}
	defer answer.Close()
	return take(answer)
}

// download writes an answer to a file, whole or not at all; "-" is standard output.
func (n *connection) download(c *cobra.Command, method, path, file string) error {
	client, err := n.connect()
	if err != nil {
		return err
	}
	answer, err := client.Stream(c.Context(), method, path, "", nil)
	if err != nil {
		return err
	}
	defer answer.Close()
	if file == "-" {
		_, err := io.Copy(c.OutOrStdout(), answer)
		return err
	}
	return writeWhole(file, answer)
}

// writeWhole puts a file in place when all of it is on disk; only its owner may
// read it, because it may hold secrets.
func writeWhole(file string, r io.Reader) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".strowger-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is gone if all went well
	_, err = io.Copy(f, r)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}
