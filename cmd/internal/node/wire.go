package node

import (
	"context"
	"errors"
	"net/netip"

	"strowger/sip/certificate"
	"strowger/sip/transport"
)

func (n *Node) openTransport(context.Context) error {
	var faults []error
	if n.tls, faults = readTLS(n.Config, certificate.NewKeeper(n.log)); len(faults) > 0 {
		return errors.Join(faults...)
	}
	c := transport.Config{
		Node: n.Config.Node.Name, Networks: map[string][]netip.Prefix{}, TLS: n.tls.dial, Tap: n.tap, Gate: n.gate(), Events: n.Events,
	}
	for _, w := range n.Config.Networks {
		c.Networks[w.Name] = w.Allow
		for _, l := range w.Listeners {
			c.Listeners = append(c.Listeners, transport.Listener{
				Name: l.Name, Network: w.Name, Proto: transport.Proto(l.Proto), Bind: l.Bind, Advertised: l.Advertised,
				TLS: n.tls.listeners[l.Name], DSCP: w.DSCPSIP, Readers: l.Readers,
			})
		}
	}
	if n.Link != nil {
		c.Link = n.Link.Send
	}
	t, err := transport.New(c, handler{n}, n.log)
	if err != nil {
		return err
	}
	n.Transport = t
	return nil
}

// handler takes messages to the exchange, which is built after the transport.
type handler struct{ n *Node }

func (h handler) Receive(r transport.Received) { h.n.Exchange.Receive(r) }

func (h handler) Broken(f transport.Flow, err error) {
	h.n.Exchange.Broken(f, err)
	if h.n.Link != nil {
		h.n.Link.Broken(f, err)
	}
}
