package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"
	"slices"

	"strowger/configs"
	"strowger/sip/certificate"
	"strowger/sip/resolve"
	"strowger/sip/transport"
)

// peer is where a TLS trunk is called.
type peer struct {
	network string
	remote  netip.AddrPort
}

// wireTLS is the TLS of a node: of its listeners by their names, and of where it calls.
type wireTLS struct {
	keeper    *certificate.Keeper
	listeners map[string]*tls.Config
	peers     map[peer]func() *tls.Config
	byName    map[namedPeer]func() *tls.Config
	named     []resolved
}

// namedPeer is a TLS trunk's target that is a name.
type namedPeer struct {
	network string
	target  configs.Target
}

// resolved is one with the addresses that DNS has for it.
type resolved struct {
	network string
	name    *resolve.Name
	config  func() *tls.Config
}

// follow takes where a TLS trunk's target is, if it is a name.
func (w *wireTLS) follow(network string, target configs.Target, name *resolve.Name) {
	if config := w.byName[namedPeer{network, target}]; config != nil {
		w.named = append(w.named, resolved{network, name, config})
	}
}

// dial is the configuration of a connection to an address; nil if it is no trunk's. At
// the addresses of a name the certificate must be for the name (RFC 5922 section 7.3).
func (w *wireTLS) dial(network string, remote netip.AddrPort) *tls.Config {
	if config := w.peers[peer{network, remote}]; config != nil {
		return config()
	}
	for _, p := range w.named {
		if p.network == network && slices.Contains(p.name.Known(), resolve.Address{AddrPort: remote, Proto: transport.TLS}) {
			return p.config()
		}
	}
	return nil
}

// readTLS reads the certificates that a configuration names, and returns a fault for
// each part that cannot have its own.
func readTLS(cfg *configs.Config, keeper *certificate.Keeper) (*wireTLS, []error) {
	w := &wireTLS{keeper: keeper, listeners: map[string]*tls.Config{}, peers: map[peer]func() *tls.Config{}, byName: map[namedPeer]func() *tls.Config{}}
	var faults []error
	for _, n := range cfg.Networks {
		for _, l := range n.Listeners {
			if l.Proto != "tls" {
				continue
			}
			s := certificate.Server{ClientCAFile: l.ClientCAFile}
			for _, c := range l.Certificates {
				s.Pairs = append(s.Pairs, certificate.Pair(c))
			}
			var err error
			if w.listeners[l.Name], err = keeper.Server(s); err != nil {
				faults = append(faults, fmt.Errorf("listener %q: %w", l.Name, err))
			}
		}
	}
	for _, t := range cfg.Trunks {
		if err := w.trunk(t); err != nil {
			faults = append(faults, fmt.Errorf("trunk %q: %w", t.Name, err))
		}
	}
	return w, faults
}

func (w *wireTLS) trunk(t configs.Trunk) error {
	if t.Proto != "tls" {
		return nil
	}
	for _, target := range t.Targets {
		c := certificate.Client{Name: t.TLS.ServerName, CAFile: t.TLS.CAFile, Pair: certificate.Pair(t.TLS.Certificate)}
		if c.Name == "" {
			c.Name = target.Host
		}
		config, err := w.keeper.Client(c)
		if err != nil {
			return err
		}
		if !target.Addr().IsValid() {
			w.byName[namedPeer{t.Network, target}] = config
			continue
		}
		w.peers[peer{t.Network, netip.AddrPortFrom(target.Addr(), uint16(target.Port))}] = config
	}
	return nil
}

// watchCertificates follows the files until the node is closed.
func (n *Node) watchCertificates() {
	if n.tls.keeper.Empty() {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		n.tls.keeper.Run(ctx)
	}()
	n.unwatch = append(n.unwatch, func() {
		cancel()
		<-ended
	})
}
