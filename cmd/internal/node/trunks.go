package node

import (
	"context"
	"slices"
	"time"

	"strowger/configs"
	"strowger/sip/identity"
	"strowger/sip/resolve"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

// resolveWait bounds how long a start waits for the names of trunks: a node whose
// DNS server is away starts all the same.
const resolveWait = 5 * time.Second

// openTrunks makes the trunks and has their names resolved before the first call.
func (n *Node) openTrunks(ctx context.Context) error {
	n.Resolver = resolve.New(resolve.Config{Servers: n.Config.DNS, Log: n.log})
	list := make([]trunk.Trunk, 0, len(n.Config.Trunks))
	for _, t := range n.Config.Trunks {
		k := trunk.Trunk{Name: t.Name, Tenant: t.Tenant, Network: t.Network, Sources: t.Sources, Media: t.Media, Transfers: t.Transfers}
		k.Peer = identity.Peer{Trusted: t.Trusted, RemotePartyID: t.RemotePartyID}
		for _, target := range t.Targets {
			k.Targets = append(k.Targets, n.Resolver.Follow(n.target(t, target)))
		}
		list = append(list, k)
	}
	n.Trunks = trunk.NewSet(list)
	n.Resolver.Start()
	ctx, cancel := context.WithTimeout(ctx, resolveWait)
	defer cancel()
	n.Resolver.Wait(ctx)
	return nil
}

// target is how a trunk's target is looked for: what the trunk does not say is what
// its network has listeners for.
func (n *Node) target(t configs.Trunk, target configs.Target) resolve.Target {
	out := resolve.Target{Host: target.Host, Port: uint16(target.Port), Protos: []transport.Proto{transport.Proto(t.Proto)}}
	network, _ := n.Config.Network(t.Network)
	for _, l := range network.Listeners {
		proto := transport.Proto(l.Proto)
		if t.AnyProto && target.Port == 0 && proto != transport.TLS && !slices.Contains(out.Protos, proto) {
			out.Protos = append(out.Protos, proto)
		}
		if l.Bind.Addr().Is4() {
			out.V4 = true
		} else {
			out.V6 = true
		}
	}
	return out
}
