package node

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"strowger/sip/guard"
	"strowger/sip/seat"
	"strowger/sip/security"
)

// blockTick is how exactly blocks end.
const blockTick = 5 * time.Second

// openGuard begins the log of security events, and makes what verifies passwords and
// blocks who guesses them.
func (n *Node) openGuard(ctx context.Context) error {
	var err error
	if n.Events, err = security.Open(n.Config.Node.Data, n.log); err != nil {
		return err
	}
	if n.Auth, err = n.authenticator(); err != nil {
		return err
	}
	c := guard.Config{
		Node: n.Config.Node.Name, Epoch: uint64(n.Started.UnixNano()), Auth: n.Auth, Events: n.Events, Alarm: n.alarm,
		Proxies: map[string][]netip.Prefix{}, Spared: map[string][]netip.Prefix{},
		Bindings: func(ctx context.Context, tenant, number string) ([]seat.Binding, error) {
			bindings, _, err := n.Directory.Bindings(ctx, tenant, number)
			return bindings, err
		},
	}
	for _, w := range n.Config.Networks {
		c.Proxies[w.Name], c.Spared[w.Name] = w.Proxies, slices.Clone(w.Sites)
	}
	for _, t := range n.Config.Trunks {
		c.Spared[t.Network] = append(c.Spared[t.Network], t.Sources...)
	}
	n.Guard = guard.NewGate(c)
	n.shareBlocks()
	// Phones that registered before this start are known from the first message on.
	now := time.Now()
	return n.Directory.AllBindings(ctx, "", func(_, _ string, bindings []seat.Binding) bool {
		for _, b := range bindings {
			if b.Flow.Node == n.Config.Node.Name {
				n.Guard.Passed(now, guard.SourceOf(b.Flow.Network, b.Flow.Remote.Addr()))
			}
		}
		return true
	})
}

// alarm writes to the node's log what the guard did.
func (n *Node) alarm(b guard.Block, c guard.Change) {
	log := n.log.With("source", b.Addr, "network", b.Network)
	if b.User != "" {
		log = log.With("tenant", b.Tenant, "user", b.User)
	}
	switch {
	case c == guard.Begun && b.Spared:
		log.Warn("somebody guesses passwords from a site, trunk or proxy, which is not blocked; look there for who it is, or for phones with old passwords")
	case c == guard.Begun:
		log.Warn("blocked for guessing passwords; to end it: strowger block rm ADDRESS", "until", b.Until.UTC().Truncate(time.Second), "times", b.Times)
	case !b.Spared:
		log.Info("no longer blocked")
	}
}

// disallowed tells of an address that SDP wants sound at and that is sent none.
func (n *Node) disallowed(network string, to netip.AddrPort, label string) {
	n.Events.Report(time.Now(), security.Event{Kind: security.NotAllowed, Target: to, Network: network, Detail: "sound of call " + label})
}

// watch calls something again and again until the node is closed.
func (n *Node) watch(every time.Duration, look func(now time.Time)) {
	n.background(func(ctx context.Context) {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case now := <-tick.C:
				look(now)
			case <-ctx.Done():
				return
			}
		}
	})
}

// background runs something whose context ends when the node is closed, which waits for
// its end.
func (n *Node) background(run func(ctx context.Context)) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run(ctx)
	}()
	n.unwatch = append(n.unwatch, func() {
		stop()
		<-ended
	})
}
