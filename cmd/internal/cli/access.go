package cli

import (
	"fmt"
	"io"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin/api"
)

func newAccess() *cobra.Command {
	n := &connection{}
	c := &cobra.Command{Use: "access", Short: "Named tokens for the admin API"}
	n.add(c)
	c.AddCommand(accessAdd(n), accessList(n), accessRevoke(n))
	return c
}

func accessAdd(n *connection) *cobra.Command {
	var in api.NewToken
	var days int
	c := &cobra.Command{
		Use: "add NAME", Short: "Make a token; it is shown once",
		Example: "  strowger access add grafana --role viewer --days 365\n" +
			"  strowger access add leeds --role operator --tenant demo",
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if days < 0 {
				return usageError{fmt.Errorf("--days %d: give how long it lives, or 0 for ever", days)}
			}
			in.Name, in.Life = args[0], time.Duration(days)*24*time.Hour
			var out api.NewToken
			if err := n.do(c.Context(), "POST", "/v1/access", in, &out); err != nil {
				return err
			}
			return n.show(c, out, func(w io.Writer) {
				fmt.Fprintf(w, "token %s, role %s\nshown only now: %s\n", out.Name, out.Role, out.Secret)
			})
		},
	}
	c.Flags().StringVar(&in.Role, "role", "viewer", "viewer, operator, supervise, admin or recordings")
	c.Flags().StringVar(&in.Tenant, "tenant", "", "whose; empty is every tenant and the node")
	c.Flags().IntVar(&days, "days", 90, "days that it lives; 0 is for ever")
	return c
}

func accessList(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the tokens",
		Example: "  strowger access list",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var all []api.Token
			if err := n.do(c.Context(), "GET", "/v1/access", nil, &all); err != nil {
				return err
			}
			return n.show(c, all, func(w io.Writer) {
				t := newTable("NAME", "ROLE", "TENANT", "EXPIRES", "LAST USED", "MADE BY")
				for _, a := range all {
					tenant := a.Tenant
					if tenant == "" {
						tenant = "(all)"
					}
					t.add(a.Name, a.Role, tenant, at(a.Expires), at(a.LastUsed), a.By)
				}
				t.print(w)
			})
		},
	}
}

func accessRevoke(n *connection) *cobra.Command {
	return &cobra.Command{
		Use: "revoke NAME", Short: "End a token at once",
		Example: "  strowger access revoke bootstrap",
		Args:    cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			var out api.Token
			if err := n.do(c.Context(), "DELETE", "/v1/access/"+url.PathEscape(args[0]), nil, &out); err != nil {
				return err
			}
			return n.show(c, out, func(w io.Writer) { fmt.Fprintf(w, "token %s revoked\n", out.Name) })
		},
	}
}
