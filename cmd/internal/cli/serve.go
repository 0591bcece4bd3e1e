package cli

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/spf13/cobra"

	"strowger/cmd/internal/logging"
	"strowger/cmd/internal/node"
	"strowger/configs"
)

// stopTime is how long calls have to end when the node stops.
const stopTime = 5 * time.Second

// nodeFlags are the flags of commands that read a node's configuration.
type nodeFlags struct {
	config    string
	overrides configs.Overrides
	adminHTTP string
	redis     string
}

func (f *nodeFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.config, "config", "configs/strowger.hcl", "configuration file of the node")
	c.Flags().StringVar(&f.overrides.Data, "data", "", "folder of the node's state (default: as configured)")
	c.Flags().StringVar(&f.overrides.NodeName, "node", "", "name of the node (default: as configured)")
	c.Flags().IntVar(&f.overrides.SIPPort, "sip-port", 0, "SIP port of the first network's listeners (default: as configured)")
	c.Flags().IntVar(&f.overrides.TrunkPort, "trunk-port", 0, "port of every trunk's targets (default: as configured)")
	c.Flags().StringVar(&f.adminHTTP, "admin-http", "", "address and port of the admin API over HTTP (default: as configured)")
	c.Flags().StringVar(&f.redis, "redis", "", "URL of Redis; one with a password belongs into the configuration (default: as configured)")
}

// load reads the configuration as the flags say.
func (f *nodeFlags) load() (*configs.Config, error) {
	if f.adminHTTP != "" {
		a, err := netip.ParseAddrPort(f.adminHTTP)
		if err != nil {
			return nil, usageError{fmt.Errorf("--admin-http %q: write an address and port, such as 127.0.0.1:8081", f.adminHTTP)}
		}
		f.overrides.AdminHTTP = a
	}
	cfg, err := configs.Load(f.config, f.overrides)
	if err == nil && f.redis != "" {
		cfg.Store.URL = f.redis
	}
	return cfg, err
}

func newServe() *cobra.Command {
	var flags nodeFlags
	var cpu string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run a node until it is interrupted",
		Long: `Runs a node. The first interrupt (Ctrl-C) hangs up the calls and stops, the second
stops at once.`,
		Example: "  strowger serve --config configs/strowger.hcl --sip-port 5070",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			stop, err := profile(cpu)
			if err != nil {
				return err
			}
			return errors.Join(explainBusy(serve(c, flags)), stop())
		},
	}
	flags.add(c)
	c.Flags().StringVar(&cpu, "cpu-profile", "", "file for a profile of processor time, for go tool pprof")
	_ = c.Flags().MarkHidden("cpu-profile") // it has just been defined
	return c
}

func serve(c *cobra.Command, flags nodeFlags) error {
	defer raiseHeap()()
	go returnMemory(c.Context())
	cfg, err := flags.load()
	if err != nil {
		return err
	}
	log := logging.New(c.ErrOrStderr(), logging.Config{Level: cfg.Log.Level, JSON: cfg.Log.JSON, Numbers: logging.Numbers(cfg.Log.Numbers)})
	defer log.Close()
	n, err := node.Start(c.Context(), cfg, log.Logger)
	if err != nil {
		return err
	}
	welcome(c.Context(), c.OutOrStdout(), n)
	fmt.Fprintln(c.OutOrStdout(), "ready")
	<-c.Context().Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.Context()), stopTime)
	defer cancel()
	if err := n.Stop(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
