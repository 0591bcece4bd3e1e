package node

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"strowger/cmd/internal/admin"
	"strowger/cmd/internal/logging"
	"strowger/configs"
	"strowger/sip/admission"
	"strowger/sip/carrier"
	"strowger/sip/edition"
	"strowger/sip/override"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// adminStop is how long answers of the admin API may take when the node stops.
const adminStop = 2 * time.Second

// Release names this build, as the toolchain knows it: a tag, or a commit.
func Release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(unknown)"
	}
	return info.Main.Version
}

// Host asks the machine for what bounds the number of calls.
func Host() configs.Host {
	var h configs.Host
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil {
		h.Descriptors = int(min(limit.Cur, 1<<30))
	}
	if text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range"); err == nil {
		if f := strings.Fields(string(text)); len(f) == 2 {
			h.EphemeralLow, _ = strconv.Atoi(f[0])
			h.EphemeralHigh, _ = strconv.Atoi(f[1])
		}
	}
	return h
}

// fit lowers the limit of calls to what the machine holds.
func (n *Node) fit(context.Context) error {
	calls, line := n.Config.Fit(Host())
	if line != "" {
		n.notice("%s", line)
	}
	n.Config.Limits.Calls = calls
	return nil
}

// DemoSeats are the numbers of a tenant's seats that have the demo's password.
func DemoSeats(ctx context.Context, dir *seat.Directory, tenant string) ([]string, error) {
	seats, err := dir.List(ctx, tenant)
	var demo []string
	for _, s := range seats {
		for _, c := range s.Credentials {
			ha1, err := seat.HA1(s.Number, c.Realm, configs.DemoPassword(s.Number), c.Algorithm)
			if err == nil && ha1 == c.HA1 {
				demo = append(demo, s.Number)
				break
			}
		}
	}
	return demo, err
}

// guardDemo refuses listeners outside loopback while a seat has a password that
// everybody knows.
func (n *Node) guardDemo(ctx context.Context) error {
	exposed := n.Config.DemoExposed()
	if exposed == nil {
		return nil
	}
	for _, t := range n.Config.Tenants {
		demo, err := DemoSeats(ctx, n.Directory, t.Name)
		if err != nil {
			return err
		}
		if len(demo) > 0 {
			return exposed
		}
	}
	return nil
}

func (n *Node) openAdmin(ctx context.Context) error {
	c := admin.Config{
		Node: n.Config, Version: Release(), Started: n.Started, Store: n.Store,
		Tables:    slices.Concat(seat.Tables(), edition.Tables(), admission.Tables(), carrier.Tables(), override.Tables()),
		Directory: n.Directory, Attempts: n.Attempts, Plans: n.Plans, Overrides: n.Overrides, Editions: n.Plans.Archive(), Calls: n.Exchange, Ledger: n.Ledger,
		Media: n.Media, Recorder: n.Recorder, Load: n.Load, Listeners: n.Transport.Listeners(), Trunks: n.Trunks, Desk: n.Desk, Guard: n.Guard.Guard, Usage: n.Usage, Counters: n.counters(), Ready: n.ready,
		Trace: n.Trace, Meters: []prometheus.Collector{n.Delays, n.Quality, n.Messages}, Certificates: n.tls.keeper, Log: n.log,
	}
	if n.Link != nil {
		c.Peers = peers{n}
	}
	s, err := admin.New(ctx, c)
	if err != nil {
		return err
	}
	n.Admin = s
	return nil
}

// counters are those of every part, for metrics.
func (n *Node) counters() map[string][]any {
	all := map[string][]any{
		"transport": {n.Transport.Counters()},
		"exchange":  {n.Exchange.Counters()},
		"admission": {n.Admission.Counters()},
		"auth":      {n.Auth.Counters()},
		"carrier":   {n.Desk.Counters()},
		"guard":     {n.Guard.Counters()},
		"security":  {n.Events.Counters()},
		"usage":     {n.Usage.Counters()},
		"resolve":   {n.Resolver.Counters()},
		"registrar": {n.Registrar.Counters()},
		"subscribe": {n.Exchange.Subscriptions()},
		"seat":      {n.Directory.Counters()},
		"attempts":  {n.Attempts.Counters()},
		"ledger":    {n.Ledger.Counters()},
		"media":     {n.Media.Counters()},
		"recording": {n.Recorder.Counters()},
		"retention": {&n.Sweeper},
		"trace":     {n.Trace.Counters()},
	}
	if s, ok := n.Store.(interface{ Counters() *state.Counters }); ok {
		all["state"] = []any{s.Counters()}
	}
	if !n.tls.keeper.Empty() || n.Config.Admin.CertFile != "" {
		all["certificate"] = []any{n.tls.keeper.Counters()}
	}
	if c := logging.CountersOf(n.log); c != nil {
		all["log"] = []any{c}
	}
	if n.Homer != nil {
		all["hep"] = []any{n.Homer.Counters()}
	}
	if n.Link != nil {
		all["cluster"] = []any{n.Link.Counters()}
	}
	for _, c := range n.Exchange.Transactions() {
		all["transaction"] = append(all["transaction"], c)
	}
	return all
}

// ready tells whether the node takes calls.
func (n *Node) ready(ctx context.Context) error {
	if n.stopping.Load() {
		return errors.New("the node is stopping")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	return n.Store.Ping(ctx)
}
