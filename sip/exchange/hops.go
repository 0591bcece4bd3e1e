package exchange

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/resolve"
	"strowger/sip/transport"
)

// Way is how requests of a trunk's leg go to their next hop (leg.Router), as RFC 3263
// says. The flow of the leg is taken if it leads there.
func (s *strand) Way(l *leg.Leg, hop sip.Uri) (transport.Flow, bool) {
	proto, ok := hopProto(l.Flow.Proto, hop)
	if !ok || l.Flow.Node != "" {
		return transport.Flow{}, false
	}
	host := strings.Trim(hop.Host, "[]")
	if maddr, ok := message.Param(hop.UriParams, "maddr"); ok {
		host = strings.Trim(maddr, "[]")
	}
	at := l.Flow.Remote.Addr().Unmap()
	if a, err := netip.ParseAddr(host); err == nil {
		port := uint16(cmp.Or(hop.Port, resolve.PortOf(proto)))
		return s.wayTo(l, resolve.Address{AddrPort: netip.AddrPortFrom(a.Unmap(), port), Proto: proto})
	}
	if s.x.cfg.Hosts == nil {
		return transport.Flow{}, false
	}
	hosts := s.x.cfg.Hosts(resolve.Target{Host: host, Port: uint16(hop.Port), Protos: []transport.Proto{proto}, V4: at.Is4(), V6: at.Is6()})
	for _, a := range hosts {
		if a.Addr() == at { // the party is there already
			return s.wayTo(l, a)
		}
	}
	for _, a := range hosts {
		if f, ok := s.wayTo(l, a); ok {
			return f, true
		}
	}
	return transport.Flow{}, false
}

// hopProto is the transport to a hop: the one it names, else that of the leg. It is
// false for one that we do not have, and for one that protects less.
func hopProto(of transport.Proto, hop sip.Uri) (transport.Proto, bool) {
	proto := of
	named, ok := message.Param(hop.UriParams, "transport")
	switch {
	case hop.Scheme == "sips":
		proto = transport.TLS
	case ok:
		proto = transport.Proto(strings.ToLower(named))
	}
	known := proto == transport.UDP || proto == transport.TCP || proto == transport.TLS
	return proto, known && (of != transport.TLS || proto == transport.TLS)
}

// wayTo is a flow to an address of a hop, from the listener of the leg's if it has the
// transport; false if the network may not send there. A connection to the same host
// serves any port of it (RFC 5923), and when it is gone the leg is dialled at home: the port
// of a Contact is often that of the connection.
func (s *strand) wayTo(l *leg.Leg, to resolve.Address) (transport.Flow, bool) {
	from := l.Flow
	there := netip.AddrPortFrom(from.Remote.Addr().Unmap(), from.Remote.Port())
	if to.Proto == from.Proto && (to.AddrPort == there || to.Proto.Reliable() && to.Addr() == there.Addr()) {
		return from, true
	}
	now, key := time.Now(), hopKey{from.Network, to}
	if behindNAT(l, to.Addr()) || s.x.astray.has(now, key) {
		return transport.Flow{}, false
	}
	f, err := s.x.cfg.Sender.FlowTo(from.Network, to.Proto, to.AddrPort)
	if err != nil {
		s.x.astray.add(now, key)
		return transport.Flow{}, false
	}
	if to.Proto == from.Proto && f.Listener != from.Listener && from.Advertised.Addr().Is4() == to.Addr().Is4() {
		f.Listener, f.Advertised, f.Conn = from.Listener, from.Advertised, 0
	}
	return f, true
}

// hopKey is an address as a network sees it.
type hopKey struct {
	network string
	at      resolve.Address
}

// behindNAT tells whether an address is a private one that a party names which is reached
// at a public one: it is of that party's site, and would be somebody else's here.
func behindNAT(l *leg.Leg, a netip.Addr) bool {
	at := l.Flow.Remote.Addr().Unmap()
	return a.IsPrivate() && !at.IsPrivate() && !at.IsLoopback() &&
		!slices.ContainsFunc(l.Party.Sources, func(own netip.Prefix) bool { return own.Contains(a) })
}

var _ leg.Router = (*strand)(nil)
