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
		known := slices.Clone(t.Sources)
		for _, target := range t.Targets {
			if a := target.Addr(); a.IsValid() {
				known = append(known, netip.PrefixFrom(a, a.BitLen()))
			}
		}
		names = append(names, t.Name)
		trunks = append(trunks, meter.Trunk{Name: t.Name, Network: t.Network, Addresses: known})
	}
	n.Delays, n.Messages = meter.NewDelays(names), meter.NewMessages(trunks)
	return nil
}

// openTrace takes the memory for the messages of the recent past.
func (n *Node) openTrace(context.Context) error {
	var err error
	c := n.Config.Trace
	n.Trace, err = trace.New(trace.Config{Bytes: c.MiB << 20, Keep: c.Keep, Digits: c.Digits, Dialogs: 8 * n.Config.Limits.Calls})
	return err
}

// tap is shown every message on the wire.
func (n *Node) tap(at time.Time, f transport.Flow, sent bool, msg []byte) {
	g := message.Look(msg)
	n.Messages.Count(&f, sent, &g)
	n.Trace.Message(at, f, sent, msg, g)
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
	var err error
	n.Homer, err = hep.New(hep.Config{
		Server: c.Server, Agent: c.Agent, Name: n.Config.Node.Name, Key: string(bytes.TrimSpace(key)),
		Part: float64(c.Percent) / 100, Wants: n.forHomer,
	}, n.Trace)
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
