package node

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"strowger/configs"
	"strowger/sip/hep"
	"strowger/sip/message"
	"strowger/sip/meter"
	"strowger/sip/trace"
	"strowger/sip/transport"
)

// openMeters makes what counts messages and measures calls.
func (n *Node) openMeters(context.Context) error {
	var names []string
	var trunks []meter.Trunk
	for _, t := range n.Config.Trunks {
		names = append(names, t.Name)
		trunks = append(trunks, meter.Trunk{Name: t.Name, Network: t.Network, Addresses: addressesOf(t)})
	}
	n.Delays, n.Quality, n.Messages = meter.NewDelays(names), meter.NewQuality(names), meter.NewMessages(trunks, n.shown)
	return nil
}

// shown is the trunk whose certificate a flow showed, or "".
func (n *Node) shown(f transport.Flow) string {
	if t := n.Trunks.ByCertificate(f); t != nil {
		return t.Name
	}
	return ""
}

// resolvedEvery is how often messages learn where trunks are that are known by name.
const resolvedEvery = 10 * time.Second

// resolved tells where trunks are that are known by name.
func (n *Node) resolved(time.Time) {
	var trunks []meter.Trunk
	for _, t := range n.Trunks.All() {
		k := meter.Trunk{Name: t.Name, Network: t.Network}
		for _, target := range t.Targets {
			for _, a := range target.Known() {
				k.Addresses = append(k.Addresses, netip.PrefixFrom(a.Addr().Unmap(), a.Addr().Unmap().BitLen()))
			}
		}
		trunks = append(trunks, k)
	}
	n.Messages.Resolved(trunks)
}

// addressesOf are the addresses that the configuration gives a trunk.
func addressesOf(t configs.Trunk) []netip.Prefix {
	known := slices.Clone(t.Sources)
	for _, target := range t.Targets {
		if a := target.Addr(); a.IsValid() {
			known = append(known, netip.PrefixFrom(a, a.BitLen()))
		}
	}
	return known
}

// openTrace takes the memory for the messages of the recent past.
func (n *Node) openTrace(context.Context) error {
	var err error
	c := n.Config.Trace
	config := trace.Config{Bytes: c.MiB << 20, Keep: days(n.Config.Retention.Ladder), Digits: c.Digits, Dialogs: 8 * n.Config.Limits.Calls}
	for _, t := range n.Config.Trunks { // in the order of openMeters
		config.Trunks = append(config.Trunks, t.Name)
	}
	n.Trace, err = trace.New(config)
	return err
}

// tap is shown every message on the wire.
func (n *Node) tap(at time.Time, f transport.Flow, sent bool, msg []byte) {
	g := message.Look(msg)
	n.Messages.Count(&f, sent, &g, int(n.Trace.Message(at, f, sent, msg, g)))
}

// openHomer begins to send messages to the capture server, if there is one.
func (n *Node) openHomer(context.Context) error {
	c := n.Config.Homer
	if c == nil {
		return nil
	}
	var key []byte
	if c.KeyFile != "" {
		var err error
		if key, err = os.ReadFile(c.KeyFile); err != nil {
			return fmt.Errorf("the key of homer cannot be read: %w; correct key_file", err)
		}
	}
	config := hep.Config{
		Server: c.Server, Agent: c.Agent, Name: n.Config.Node.Name, Key: string(bytes.TrimSpace(key)),
		Part: float64(c.Percent) / 100, Wants: n.forHomer, WantsOther: n.othersForHomer(),
	}
	if c.Registrations {
		config.Others = append(config.Others, "REGISTER")
	}
	if c.Options {
		config.Others = append(config.Others, "OPTIONS")
	}
	var err error
	n.Homer, err = hep.New(config, n.Trace)
	return err
}

// forHomer tells whether the messages of a party are sent.
func (n *Node) forHomer(party string) bool {
	kind, name, _ := strings.Cut(party, ":")
	if kind != "trunk" {
		return !n.Config.Homer.NoSeats
	}
	for _, t := range n.Config.Trunks {
		if t.Name == name {
			return !t.NoHomer
		}
	}
	return true
}

// othersForHomer tells whether what is of no call is sent, by whom it is from or for.
func (n *Node) othersForHomer() func(remote netip.Addr) bool {
	type site struct {
		netip.Prefix
		sent bool
	}
	var known []site
	for _, t := range n.Config.Trunks {
		for _, p := range addressesOf(t) {
			known = append(known, site{p, !t.NoHomer})
		}
	}
	seats := !n.Config.Homer.NoSeats
	return func(remote netip.Addr) bool {
		for _, k := range known {
			if k.Contains(remote) {
				return k.sent
			}
		}
		return seats
	}
}
