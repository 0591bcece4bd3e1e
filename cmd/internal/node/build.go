package node

import (
	"context"
	"crypto/rand"

	"strowger/configs"
	"strowger/media/relay"
	"strowger/media/sdp"
	"strowger/sip/leg"
	"strowger/sip/mark"
	"strowger/sip/registrar"
	"strowger/sip/subscribe"
	"strowger/sip/transport"
)

func rtpNetwork(w configs.Network) relay.Network {
	r := relay.Network{Allow: w.Allow}
	for _, a := range w.RTP {
		r.Addresses = append(r.Addresses, relay.Addr{Bind: a.Bind, Advertised: a.Advertised})
		r.PortMin, r.PortMax = uint16(a.From), uint16(a.To)
	}
	return r
}

// soundOf is how the sound of a network's seats, or of a trunk, is secured.
func soundOf(s configs.Sound) leg.Sound {
	return leg.Sound{Latch: s.Latch, SRTP: s.SRTP, ClearKeys: s.WithoutTLS}
}

// seatSound is the same of a network.
func (n *Node) seatSound(network string) leg.Sound {
	w, _ := n.Config.Network(network)
	return soundOf(w.Sound)
}

// domain is what a listener serves to phones.
func (n *Node) domain(f transport.Flow, hosts ...string) (registrar.Domain, bool) {
	t := n.Admission.TenantFor(f.Listener, hosts...)
	if t == nil {
		return registrar.Domain{}, false
	}
	return registrar.Domain{Tenant: t.Name, Realm: t.Realm, Algorithms: n.algorithms(f.Listener)}, true
}

// algorithms are the digests that a listener offers.
func (n *Node) algorithms(listener string) []string { return n.listener(listener).Algorithms }

// home is the tenant of a listener's requests that name none.
func (n *Node) home(listener string) string { return n.listener(listener).Tenant }

// messages counts what waits for a seat.
func (n *Node) messages(ctx context.Context, tenant, number string) (subscribe.Messages, error) {
	m, err := n.Directory.Messages(ctx, tenant, number)
	return subscribe.Messages(m), err
}

func (n *Node) listener(name string) configs.Listener {
	for _, w := range n.Config.Networks {
		for _, l := range w.Listeners {
			if l.Name == name {
				return l
			}
		}
	}
	return configs.Listener{}
}

// randomKey is a key of our tags that is drawn for this run.
func randomKey() ([]byte, error) {
	key := make([]byte, mark.KeySize)
	_, err := rand.Read(key)
	return key, err
}

// conversion is what is made of the sound between two legs.
func conversion(m configs.Media) sdp.Conversion {
	if m.Transcode {
		return sdp.Transcode
	}
	return sdp.Laws
}
