package node

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"strowger/sip/auth"
	"strowger/sip/cluster"
	"strowger/sip/mark"
	"strowger/sip/transport"
)

// openCluster makes the node a member of its cluster, if it has one. The link's
// address is taken first: it proves that a lease which names it is this node's.
func (n *Node) openCluster(ctx context.Context) error {
	c := n.Config.Cluster
	if c == nil {
		return nil
	}
	var err error
	if n.keys, err = cluster.ReadKeys(c.KeyFile); err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Link.String())
	if err != nil {
		return fmt.Errorf("link between nodes: %w", err)
	}
	n.Membership, err = cluster.Join(ctx, n.Store, n.Config.Node.Name, advertisedLink(c.Advertised, listener), n.Started, n.log)
	if err != nil {
		_ = listener.Close()
		return err
	}
	n.Link, err = cluster.NewLink(cluster.LinkConfig{
		Self: n.Membership.Self(), Keys: n.keys, Listener: listener, Handler: linkHandler{n}, Network: c.Network, Tap: n.tap, Log: n.log,
	})
	if err != nil {
		_ = listener.Close()
		return err
	}
	self := n.Membership.Self()
	n.notice("node %s is number %d of the cluster; others reach it at %s", self.Name, self.Number, self.Link)
	return nil
}

// advertisedLink is what others are told; a port of 0 means the bound one.
func advertisedLink(configured netip.AddrPort, l net.Listener) netip.AddrPort {
	if bound, ok := l.Addr().(*net.TCPAddr); ok && configured.Port() == 0 {
		return netip.AddrPortFrom(configured.Addr(), bound.AddrPort().Port())
	}
	return configured
}

// startCluster begins to talk to the other nodes.
func (n *Node) startCluster() {
	if n.Link != nil {
		n.Link.Start()
		n.Membership.Follow(n.Link.Update)
	}
}

// closeCluster stops talking and leaves, in this order: who is told of the
// departure finds nobody to dial.
func (n *Node) closeCluster() []error {
	var errs []error
	if n.Link != nil {
		errs = append(errs, n.Link.Close())
	}
	if n.Membership != nil {
		ctx, cancel := context.WithTimeout(context.Background(), cluster.Lease)
		defer cancel()
		errs = append(errs, n.Membership.Leave(ctx))
	}
	return errs
}

// minter makes the node's tags: with the cluster's key and the node's number, or
// with a key that is drawn for this run.
func (n *Node) minter() (*mark.Minter, error) {
	if n.Membership != nil {
		return mark.NewMinter(n.keys.Mark(), n.Membership.Self().Number)
	}
	key, err := randomKey()
	if err != nil {
		return nil, err
	}
	return mark.NewMinter(key, 0)
}

// authenticator signs nonces by the cluster's key, if there is one.
func (n *Node) authenticator() (*auth.Authenticator, error) {
	if n.Membership != nil {
		return auth.New(n.Started, auth.Key{ID: 1, Secret: n.keys.Nonce()})
	}
	return auth.New(n.Started)
}

// linkHandler takes what other nodes send.
type linkHandler struct{ n *Node }

func (h linkHandler) Receive(r transport.Received)       { h.n.Exchange.Receive(r) }
func (h linkHandler) Broken(f transport.Flow, err error) { h.n.Exchange.Broken(f, err) }
func (h linkHandler) Lost(node string, err error)        { h.n.Exchange.Lost(node, err) }
func (h linkHandler) Send(node string, f transport.Flow, m []byte) error {
	return h.n.Exchange.Carry(node, f, m)
}

func (h linkHandler) Answer(ctx context.Context, question []byte) ([]byte, error) {
	for _, answer := range []func(context.Context, []byte) ([]byte, bool, error){
		h.n.Exchange.Answer, h.n.Desk.Tell, h.n.blocks.Answer, h.n.uses.Answer,
	} {
		if text, asked, err := answer(ctx, question); asked {
			return text, err
		}
	}
	return h.n.Admin.Answer(ctx, question)
}

// peers are the other nodes, for the admin API.
type peers struct{ n *Node }

func (p peers) Nodes() []string {
	var names []string
	for _, m := range p.n.Membership.Members() {
		names = append(names, m.Name)
	}
	return names
}

func (p peers) Ask(ctx context.Context, node string, question []byte) ([]byte, error) {
	return p.n.Link.Ask(ctx, node, question)
}
