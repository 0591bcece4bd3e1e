package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"strowger/cmd/internal/admin"
	"strowger/cmd/internal/node"
	"strowger/configs"
)

// welcome tells who started a node what it is and, while its seats have the demo's
// passwords, what to type into a softphone.
func welcome(ctx context.Context, w io.Writer, n *node.Node) {
	for _, line := range n.Notices {
		fmt.Fprintln(w, line)
	}
	listeners := n.Transport.Listeners()
	for _, l := range listeners {
		fmt.Fprintf(w, "listening on %s %s\n", l.Proto, l.Addr)
	}
	fmt.Fprintf(w, "admin API on %s\n", n.Config.Admin.Socket)
	if a := n.Admin.Addr(); a != nil {
		fmt.Fprintf(w, "admin API on %s\n", a)
		token := filepath.Join(n.Config.Node.Data, admin.BootstrapFile)
		if _, err := os.Stat(token); err == nil {
			fmt.Fprintf(w, "its first token, for bootstrap only, is in %s;\nmake named ones with: strowger access add NAME\n", token)
		}
	}
	for _, t := range n.Config.Tenants {
		demo, err := node.DemoSeats(ctx, n.Directory, t.Name)
		if err != nil || len(demo) == 0 {
			continue
		}
		var transports []string
		for _, l := range listeners {
			if l.Addr == listeners[0].Addr {
				transports = append(transports, strings.ToUpper(string(l.Proto)))
			}
		}
		fmt.Fprintf(w, "\nType into a softphone:\n")
		fields(w, "  user", demo[0], "  password", configs.DemoPassword(demo[0]),
			"  server", listeners[0].Advertised.String(), "  transport", strings.Join(transports, " or "))
		fmt.Fprintf(w, "%d seats: %s to %s, password demo- and the number\nnow dial *43 to hear yourself\n\n",
			len(demo), demo[0], demo[len(demo)-1])
		return
	}
}
