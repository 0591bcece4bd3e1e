package configs

import (
	"net/netip"

	"strowger/dialplan/source"
)

func (r *reader) network(b *source.Body, first bool) {
	n := Network{Name: r.name(b)}
	for _, l := range b.Blocks("listener", 1, 1) {
		n.Listeners = append(n.Listeners, r.listener(n.Name, l, first))
	}
	for _, p := range b.Blocks("rtp", 0, 0) {
		n.RTP = append(n.RTP, r.rtp(p))
	}
	n.Allow = prefixes(b, "allow")
	n.Proxies = prefixes(b, "proxies")
	n.Sites = prefixes(b, "sites")
	n.DSCPSIP = b.Int("dscp_sip", 24, 0, 63)
	n.DSCPRTP = b.Int("dscp_rtp", 46, 0, 63)
	n.Sound = sound(b)
	b.Done()
	if len(n.Listeners) == 0 {
		b.Fault(b.At, "%s has no listener; write in it: listener \"udp\" { bind = \"ADDRESS:5060\" }", b.Name())
	}
	if len(n.RTP) == 0 {
		b.Fault(b.At, "%s has no rtp block; write in it: rtp { bind = \"ADDRESS\" }", b.Name())
	}
	r.Networks = append(r.Networks, n)
}

func (r *reader) listener(network string, b *source.Body, first bool) Listener {
	l := Listener{Name: network + "/" + b.Labels[0]}
	l.Proto = b.String("proto", b.Labels[0])
	if l.Proto != "udp" && l.Proto != "tcp" && l.Proto != "tls" {
		b.Fault(b.Pos("proto"), "%s has the proto %q; write: proto = \"udp\", \"tcp\" or \"tls\"", b.Name(), l.Proto)
	}
	r.listenerTLS(b, &l)
	l.Bind = r.required(b, "bind", "127.0.0.1:5060")
	if first && r.o.SIPPort != 0 {
		port := uint16(r.o.SIPPort)
		if l.Proto == "tls" {
			port++
		}
		l.Bind = netip.AddrPortFrom(l.Bind.Addr(), port)
	}
	l.Advertised = address(b, "advertise", "127.0.0.1:5060", l.Bind.Port())
	l.Tenant = b.String("tenant", "")
	l.Algorithms = choices(b, "algorithms", []string{"sha-256", "md5"}, []string{"md5", "sha-256"})
	if l.Readers = b.Int("readers", 0, 1, 16); l.Readers > 0 && l.Proto != "udp" {
		b.Fault(b.Pos("readers"), "%s is no udp listener and takes no readers; leave out readers", b.Name())
	}
	b.Done()
	r.place("listener", l.Name, b)
	if !l.Advertised.IsValid() {
		l.Advertised = l.Bind
		if l.Bind.IsValid() && l.Bind.Addr().IsUnspecified() {
			b.Fault(b.Pos("bind"), "%s is bound to every address; write which one phones see: advertise = \"ADDRESS\"", b.Name())
		}
	}
	return l
}

func (r *reader) rtp(b *source.Body) RTP {
	p := RTP{From: 20000, To: 29999}
	p.Bind = ip(b, "bind")
	if !b.Has("bind") {
		b.Fault(b.At, "rtp needs an address; write: bind = \"127.0.0.1\"")
	}
	p.Advertised = ip(b, "advertise")
	if !p.Advertised.IsValid() {
		p.Advertised = p.Bind
		if p.Bind.IsValid() && p.Bind.IsUnspecified() {
			b.Fault(b.Pos("bind"), "rtp is bound to every address; write which one phones see: advertise = \"ADDRESS\"")
		}
	}
	p.From, p.To = ports(b, p.From, p.To)
	if r.o.RTPFrom != 0 {
		p.From, p.To = r.o.RTPFrom, r.o.RTPTo
	}
	b.Done()
	r.places["rtp "+p.String()] = b.Pos("ports")
	return p
}
