package cli

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/admin"
	"strowger/cmd/internal/admin/api"
	"strowger/configs"
)

// connection are the flags of commands that speak to a node.
type connection struct {
	output
	config, data, node string
	target             api.Target
	tenant             string
}

// add gives the flags to a command and all below it.
func (n *connection) add(c *cobra.Command) {
	n.output.add(c)
	f := c.PersistentFlags()
	f.StringVar(&n.config, "config", "configs/strowger.hcl", "configuration file of the node")
	f.StringVar(&n.data, "data", "", "folder of the node's state (default: as configured)")
	f.StringVar(&n.node, "node", "", "name of the node (default: as configured)")
	f.StringVar(&n.target.Socket, "socket", "", "unix socket of the node (default: as configured)")
	f.StringVar(&n.target.URL, "url", "", "admin API over HTTP, such as http://127.0.0.1:8080, instead of the socket")
	f.StringVar(&n.target.TokenFile, "token-file", "", "file of the token for --url (default: "+admin.BootstrapFile+" in the data folder)")
	f.StringVar(&n.target.CAFile, "ca-file", "", "PEM file that the certificate of --url is checked by")
	c.MarkFlagsMutuallyExclusive("socket", "url")
}

// addTenant adds the flag of commands about something that is a tenant's.
func (n *connection) addTenant(c *cobra.Command) {
	c.PersistentFlags().StringVar(&n.tenant, "tenant", "-", `tenant; "-" is the only one`)
}

// path is that of something of the tenant.
func (n *connection) path(parts ...string) string {
	var p strings.Builder
	p.WriteString("/v1/tenants/" + url.PathEscape(n.tenant))
	for _, part := range parts {
		p.WriteString("/" + url.PathEscape(part))
	}
	return p.String()
}

// connect returns a client of the node that the flags name.
func (n *connection) connect() (*api.Client, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	t := n.target
	if t.URL == "" && t.Socket == "" || t.URL != "" && t.TokenFile == "" {
		cfg, err := configs.Load(n.config, configs.Overrides{Data: n.data, NodeName: n.node})
		if err != nil {
			return nil, fmt.Errorf("where the node is cannot be read from its configuration; name its socket with --socket, or --url and --token-file: %w", err)
		}
		if t.URL == "" {
			t.Socket = cfg.Admin.Socket
		} else {
			t.TokenFile = filepath.Join(cfg.Node.Data, admin.BootstrapFile)
		}
	}
	return api.NewClient(t)
}

// do asks the node; in and out may be nil.
func (n *connection) do(ctx context.Context, method, path string, in, out any) error {
	client, err := n.connect()
	if err != nil {
		return err
	}
	return client.Do(ctx, method, path, in, out)
}
