package node

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/netip"

	"strowger/configs"
	"strowger/sip/certificate"
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
}

// dial is the configuration of a connection to an address; nil if it is no trunk's.
func (w *wireTLS) dial(network string, remote netip.AddrPort) *tls.Config {
	if config := w.peers[peer{network, remote}]; config != nil {
		return config()
	}
	return nil
}

// readTLS reads the certificates that a configuration names, and returns a fault for
// each part that cannot have its own.
func readTLS(cfg *configs.Config, keeper *certificate.Keeper) (*wireTLS, []error) {
	w := &wireTLS{keeper: keeper, listeners: map[string]*tls.Config{}, peers: map[peer]func() *tls.Config{}}
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
			c.Name = target.Addr().String()
		}
		config, err := w.keeper.Client(c)
		if err != nil {
			return err
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
