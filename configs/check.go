package configs

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"strowger/dialplan/source"
)

// check compares the parts of the file with each other.
func (r *reader) check(file *source.Body) {
	if len(r.Networks) == 0 {
		file.Fault(file.At, "there is no network; write: network \"NAME\" { ... }")
	}
	if len(r.Tenants) == 0 {
		file.Fault(file.At, "there is no tenant; write: tenant \"NAME\" { ... }")
	}
	if len(r.Networks) > 0 && len(r.Tenants) > 0 {
		r.references(file)
	}
	r.sockets(file)
	r.sources(file)
	r.verified(file)
}

// references checks the names that listeners, trunks, tenants and roles give.
func (r *reader) references(file *source.Body) {
	r.homes(file)
	r.realms(file)
	for i := range r.Trunks {
		t := &r.Trunks[i]
		at := r.places["trunk "+t.Name]
		t.Tenant = r.only(file, at, "trunk", t.Name, "tenant", t.Tenant, names(r.Tenants, func(t Tenant) string { return t.Name }))
		t.Network = r.only(file, at, "trunk", t.Name, "network", t.Network, names(r.Networks, func(n Network) string { return n.Name }))
		r.reached(file, at, *t)
		if tenant, ok := r.Tenant(t.Tenant); ok && t.Music == "" {
			t.Music = tenant.Heard.Music
		}
	}
	r.groups(file)
	for _, t := range r.Tenants {
		own := r.TrunksOf(t.Name)
		if len(t.EmergencyTrunks) == 0 {
			file.Fault(r.places["tenant "+t.Name], "tenant %q has no emergency trunk; write in it: emergency { trunks = [\"NAME\"] }", t.Name)
		}
		for _, name := range t.EmergencyTrunks {
			if i := slices.IndexFunc(own, func(t Trunk) bool { return t.Name == name }); i < 0 {
				file.Fault(r.places["emergency "+t.Name+" "+name], "tenant %q has no trunk %q; %s", t.Name, name,
					source.Suggest(name, names(own, func(t Trunk) string { return t.Name })))
			} else if len(own[i].Targets) == 0 {
				file.Fault(r.places["emergency "+t.Name+" "+name], "emergency trunk %q has no targets; no call can go out by it", name)
			}
		}
	}
	if c := r.Cluster; c != nil {
		known := names(r.Networks, func(n Network) string { return n.Name })
		if c.Network = cmp.Or(c.Network, known[0]); !slices.Contains(known, c.Network) {
			file.Fault(r.places["cluster"], "cluster: there is no network %q; %s", c.Network, source.Suggest(c.Network, known))
		}
	}
	for _, role := range r.Admin.Roles {
		for _, tenant := range role.Tenants {
			r.only(file, r.places["admin"], "role", role.Role, "tenant", tenant, names(r.Tenants, func(t Tenant) string { return t.Name }))
		}
	}
}

// homes checks the tenants of listeners. A listener may do without one.
func (r *reader) homes(file *source.Body) {
	known := names(r.Tenants, func(t Tenant) string { return t.Name })
	for _, n := range r.Networks {
		for i := range n.Listeners {
			l := &n.Listeners[i]
			if l.Tenant != "" || len(known) == 1 {
				l.Tenant = r.only(file, r.places["listener "+l.Name], "listener", l.Name, "tenant", l.Tenant, known)
			}
		}
	}
}

// realms faults tenants that one domain would mean both.
func (r *reader) realms(file *source.Body) {
	owners := map[string]string{} // tenants by domain
	for _, t := range r.Tenants {
		for _, domain := range []string{strings.ToLower(t.Name), strings.ToLower(t.Realm)} {
			if owner := owners[domain]; owner != "" && owner != t.Name {
				file.Fault(r.places["tenant "+t.Name], "tenants %q and %q are both meant by a phone of the domain %q; give each a name and a realm of its own", owner, t.Name, domain)
			}
			owners[domain] = t.Name
		}
	}
}

// only is the name, or the only one there is if it is left out.
func (r *reader) only(file *source.Body, at source.Pos, kind, owner, key, name string, known []string) string {
	switch {
	case name == "" && len(known) == 1:
		return known[0]
	case name == "":
		file.Fault(at, "%s %q: there are several %ss (%s); write which: %s = %q", kind, owner, key, strings.Join(known, ", "), key, known[0])
	case !slices.Contains(known, name):
		file.Fault(at, "%s %q: there is no %s %q; %s", kind, owner, key, name, source.Suggest(name, known))
	}
	return name
}

// reached checks that the trunk's network has a listener to call its targets by,
// and may send to them and to where its sound is.
func (r *reader) reached(file *source.Body, at source.Pos, t Trunk) {
	n, ok := r.Network(t.Network)
	if !ok {
		return
	}
	for _, p := range t.Media {
		if len(n.Allow) > 0 && !covers(n.Allow, p) {
			file.Fault(at, "trunk %q has its sound at %s, which network %q does not allow; add it to allow", t.Name, p, n.Name)
		}
	}
	if len(t.ClientNames) > 0 && !slices.ContainsFunc(n.Listeners, func(l Listener) bool { return l.ClientCAFile != "" }) {
		file.Fault(at, "trunk %q is known by a certificate, but network %q verifies none; write in a listener: client_ca_file = \"FILE\"", t.Name, n.Name)
	}
	if len(t.Targets) == 0 {
		return
	}
	if !slices.ContainsFunc(n.Listeners, func(l Listener) bool { return l.Proto == t.Proto }) {
		file.Fault(at, "trunk %q is called by %s, but network %q has no such listener", t.Name, t.Proto, n.Name)
	}
	for _, target := range t.Targets {
		// What a name resolves to is seen when it is called.
		if target.Addr().IsValid() && len(n.Allow) > 0 && !contains(n.Allow, target.Addr()) {
			file.Fault(at, "trunk %q is called at %s, which network %q does not allow; add it to allow", t.Name, target.Addr(), n.Name)
		}
	}
}

// socket is something that is bound.
type socket struct {
	what     string
	proto    string
	addr     netip.Addr
	from, to int
	at       source.Pos
}

func (s socket) String() string {
	if s.from == s.to {
		return fmt.Sprintf("%s (%s %s)", s.what, s.proto, netip.AddrPortFrom(s.addr, uint16(s.from)))
	}
	return fmt.Sprintf("%s (%s %s ports %d-%d)", s.what, s.proto, s.addr, s.from, s.to)
}

// clash tells whether two sockets cannot be bound together. 0.0.0.0 and [::] take
// the port on every address.
func (s socket) clash(o socket) bool {
	same := s.addr == o.addr || s.addr.IsUnspecified() || o.addr.IsUnspecified()
	return s.proto == o.proto && same && s.from <= o.to && o.from <= s.to
}

// sockets faults everything that takes a port another has.
func (r *reader) sockets(file *source.Body) {
	var all []socket
	one := func(what, proto string, a netip.AddrPort, at source.Pos) {
		if proto == "tls" {
			proto = "tcp"
		}
		if a.IsValid() && a.Port() != 0 {
			all = append(all, socket{what, proto, a.Addr(), int(a.Port()), int(a.Port()), at})
		}
	}
	for _, n := range r.Networks {
		for _, l := range n.Listeners {
			one("listener "+l.Name, l.Proto, l.Bind, r.places["listener "+l.Name])
		}
		for _, p := range n.RTP {
			all = append(all, socket{"rtp of network " + n.Name, "udp", p.Bind, p.From, p.To, r.places["rtp "+p.String()]})
		}
	}
	one("admin http", "tcp", r.Admin.HTTP, r.places["admin"])
	if r.Cluster != nil {
		one("cluster link", "tcp", r.Cluster.Link, r.places["cluster"])
	}
	for i, s := range all {
		for _, o := range all[:i] {
			if s.clash(o) {
				file.Fault(s.at, "%s overlaps %s; give it other ports", s, o)
			}
		}
	}
}

// sources faults trunks of one network that would recognise the same call.
func (r *reader) sources(file *source.Body) {
	for i, t := range r.Trunks {
		for _, o := range r.Trunks[:i] {
			for _, name := range t.ClientNames {
				if t.Network == o.Network && slices.Contains(o.ClientNames, name) {
					file.Fault(r.places["trunk "+t.Name], "trunks %q and %q have both the client name %q; a call by it would belong to either", o.Name, t.Name, name)
				}
			}
			if p, ok := common(t.Sources, o.Sources); ok && t.Network == o.Network {
				file.Fault(r.places["trunk "+t.Name], "trunks %q and %q have both the source %s; a call from there would belong to either", o.Name, t.Name, p)
			}
		}
	}
}

// common is a range of a that overlaps one of b.
func common(a, b []netip.Prefix) (netip.Prefix, bool) {
	for _, p := range a {
		if slices.ContainsFunc(b, p.Overlaps) {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

func contains(ranges []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(ranges, func(p netip.Prefix) bool { return p.Contains(a) })
}

// covers tells whether one of the ranges holds all of p.
func covers(ranges []netip.Prefix, p netip.Prefix) bool {
	return slices.ContainsFunc(ranges, func(r netip.Prefix) bool { return r.Bits() <= p.Bits() && r.Contains(p.Addr()) })
}

func names[T any](all []T, name func(T) string) []string {
	out := make([]string, len(all))
	for i, x := range all {
		out[i] = name(x)
	}
	return out
}

// allow fills in where networks may send: to their trunks, as far as those are
// written as addresses, and to the subnets that their own addresses lie in.
func (r *reader) allow() {
	for i := range r.Networks {
		n := &r.Networks[i]
		if len(n.Allow) > 0 {
			continue
		}
		for _, t := range r.Trunks {
			if t.Network != n.Name {
				continue
			}
			n.Allow = append(append(n.Allow, t.Sources...), t.Media...)
			for _, target := range t.Targets {
				if a := target.Addr(); a.IsValid() {
					n.Allow = append(n.Allow, netip.PrefixFrom(a, a.BitLen()))
				}
			}
		}
		for _, own := range r.o.Subnets {
			if n.liesIn(own) {
				n.Allow = append(n.Allow, own)
			}
		}
		slices.SortFunc(n.Allow, func(a, b netip.Prefix) int { return strings.Compare(a.String(), b.String()) })
		n.Allow = slices.Compact(n.Allow)
	}
}

// liesIn tells whether an address of the network is in the range.
func (n *Network) liesIn(own netip.Prefix) bool {
	for _, l := range n.Listeners {
		if l.Bind.Addr().IsUnspecified() || own.Contains(l.Bind.Addr()) {
			return true
		}
	}
	return slices.ContainsFunc(n.RTP, func(p RTP) bool { return own.Contains(p.Bind) })
}
