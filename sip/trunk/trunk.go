// Package trunk knows the carriers: who they are on the wire and where calls to
// them go. A Set is read-only after it was made; a changed configuration makes a
// new one.
package trunk

import (
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/dialog"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/resolve"
	"strowger/sip/transport"
	"strowger/sip/trunk/channel"
)

// Trunk is one carrier.
type Trunk struct {
	Name    string
	Tenant  string
	Network string
	Sources []netip.Prefix  // it is recognised by these addresses
	Targets []*resolve.Name // calls to it go there, in order of trying; none means it only brings calls
	Media   []netip.Prefix  // addresses of its sound; see leg.Party
	Sound   leg.Sound       // how its sound is secured
	Peer    identity.Peer   // how far it is trusted about who calls
	// Transfers says that its REFERs are followed.
	Transfers bool
	// Keys is how it says digits, and wants them said.
	Keys leg.Keys
	// Shows tells whether who connected by a flow has shown the trunk's certificate; nil
	// if the trunk is not recognised so.
	Shows   func(transport.Flow) bool
	Probe   Probe
	Profile Profile
	// Redirects is how many 3xx in a row are followed, to its own addresses. 0: none.
	Redirects int
	Limits    channel.Limits
	Heard     *leg.Heard // what its callers hear of the switch; see leg.Party

	Account      *Account      // nil: its challenges are not answered
	Registration *Registration // nil: we do not register with it
}

// Account answers a trunk's challenges.
type Account struct {
	User, Password string
	Realm          string // only challenges of it are answered; "": of the first that comes
}

// Registration is how we register with a trunk. Calls that it sends to our contact are
// recognised by that, if they come from an address of the trunk.
type Registration struct {
	User    string // of our address of record
	Domain  string // of the same, and the registrar's
	Expires time.Duration
}

// IsAt tells whether an address is the trunk's: a source, or what a target resolves to.
func (t *Trunk) IsAt(a netip.Addr) bool {
	a = a.Unmap()
	return slices.ContainsFunc(t.Sources, func(p netip.Prefix) bool { return p.Contains(a) }) ||
		slices.ContainsFunc(t.Known(), func(w Way) bool { return w.Addr() == a })
}

// Probe says when an address of a trunk takes no calls.
type Probe struct {
	Interval time.Duration // between two OPTIONS; 0: only calls tell
	Down, Up int           // see health.Rule
	Answers  bool          // it is stated to answer OPTIONS; see health.Rule
}

// Way is one way to call a trunk.
type Way struct {
	resolve.Address
	Target resolve.Target // whose address it is; the zero Target if it is configured as an address
}

// Known are all ways to the trunk at present, each address once.
func (t *Trunk) Known() []Way { return t.ways((*resolve.Name).Known) }

// At is the way to the trunk that a URI names, by address or by the name of a target.
func (t *Trunk) At(u sip.Uri) (Way, bool) {
	for _, w := range t.Known() {
		named := w.Target.Host != "" && strings.EqualFold(u.Host, w.Target.Host)
		if named || u.Host == dialog.Host(w.Addr()) && (u.Port == 0 || u.Port == int(w.Port())) {
			return w, true
		}
	}
	return Way{}, false
}

// Ways are where a call to the trunk goes, in order of trying, each address once.
// They may be none: names that DNS does not know.
func (t *Trunk) Ways() []Way { return t.ways((*resolve.Name).Addresses) }

func (t *Trunk) ways(of func(*resolve.Name) []resolve.Address) []Way {
	var ways []Way
	for _, name := range t.Targets {
		for _, a := range of(name) {
			if !slices.ContainsFunc(ways, func(w Way) bool { return w.Address == a }) {
				ways = append(ways, Way{Address: a, Target: name.Target()})
			}
		}
	}
	return ways
}

// URI names a user of the trunk as it is configured: a domain stays one, and says no
// more of port and transport than the configuration does (RFC 3263 section 4).
func (w Way) URI(user string) sip.Uri {
	u := sip.Uri{Scheme: "sip", User: user, Host: dialog.Host(w.Addr()), Port: int(w.Port())}
	said := true
	if name := w.Target; name.Host != "" {
		u.Host, u.Port = name.Host, int(name.Port)
		said = len(name.Protos) == 1
	}
	if said && w.Proto != transport.UDP {
		u.UriParams = sip.HeaderParams{{K: "transport", V: string(w.Proto)}}
	}
	return u
}

// Party is the trunk as one side of a call, which was called at an address.
func (t *Trunk) Party(at netip.AddrPort) leg.Party {
	p := leg.Party{
		Kind: leg.Trunk, Name: t.Name, Tenant: t.Tenant, Network: t.Network, Sources: t.Sources, Media: t.Media, Home: at,
		Shows: t.Shows, Codecs: t.Profile.Codecs, Transfers: t.Transfers, Peer: t.Peer, Sound: t.Sound, Heard: t.Heard,
		Keys: t.Keys,
	}
	if t.Registration != nil {
		p.Sources = slices.Clone(p.Sources)
		for _, w := range t.Known() {
			p.Sources = append(p.Sources, netip.PrefixFrom(w.Addr(), w.Addr().BitLen()))
		}
	}
	return p
}

// Caller is the trunk as the side that called from an address: its home is the
// target at that address, else the first one.
func (t *Trunk) Caller(from netip.Addr) leg.Party {
	from = from.Unmap()
	var first netip.AddrPort
	for _, name := range t.Targets {
		for _, a := range name.Known() {
			if a.Addr() == from {
				return t.Party(a.AddrPort)
			}
			if !first.IsValid() {
				first = a.AddrPort
			}
		}
	}
	return t.Party(first)
}

// Set is the trunks of a node. The nil Set has none.
type Set struct {
	list   []Trunk
	byName map[[2]string]*Trunk
	groups map[[2]string]*Group
}

// NewSet returns the set of these trunks, in this order, and of groups of them.
func NewSet(list []Trunk, groups ...Group) *Set {
	s := &Set{list: list, byName: map[[2]string]*Trunk{}, groups: map[[2]string]*Group{}}
	for i := range groups {
		s.groups[[2]string{groups[i].Tenant, groups[i].Name}] = &groups[i]
	}
	for i := range list {
		s.byName[[2]string{list[i].Tenant, list[i].Name}] = &list[i]
	}
	return s
}

// All are the trunks, in order.
func (s *Set) All() []*Trunk {
	if s == nil {
		return nil
	}
	all := make([]*Trunk, len(s.list))
	for i := range s.list {
		all[i] = &s.list[i]
	}
	return all
}

// BySource returns the trunk that sends from the address on the network, or nil.
// Sources of two trunks do not overlap (the configuration is checked for it).
func (s *Set) BySource(network string, from netip.Addr) *Trunk {
	if s == nil {
		return nil
	}
	from = from.Unmap()
	for i := range s.list {
		t := &s.list[i]
		if t.Network != network {
			continue
		}
		for _, p := range t.Sources {
			if p.Contains(from) {
				return t
			}
		}
	}
	return nil
}

// ByCertificate returns the trunk whose certificate was shown by the flow, or nil.
func (s *Set) ByCertificate(f transport.Flow) *Trunk {
	if s == nil || f.Proto != transport.TLS {
		return nil
	}
	for i := range s.list {
		if t := &s.list[i]; t.Network == f.Network && t.Shows != nil && t.Shows(f) {
			return t
		}
	}
	return nil
}

// Find returns a tenant's trunk, or nil.
func (s *Set) Find(tenant, name string) *Trunk {
	if s == nil {
		return nil
	}
	return s.byName[[2]string{tenant, name}]
}

// OfTenant returns the names of a tenant's trunks, in order.
func (s *Set) OfTenant(tenant string) []string {
	var names []string
	if s == nil {
		return nil
	}
	for i := range s.list {
		if s.list[i].Tenant == tenant {
			names = append(names, s.list[i].Name)
		}
	}
	return names
}
