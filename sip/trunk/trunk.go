// Package trunk knows the carriers: who they are on the wire and where calls to
// them go. A Set is read-only after it was made; a changed configuration makes a
// new one.
package trunk

import (
	"net/netip"
	"slices"

	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/resolve"
)

// Trunk is one carrier.
type Trunk struct {
	Name    string
	Tenant  string
	Network string
	Sources []netip.Prefix  // it is recognised by these addresses
	Targets []*resolve.Name // calls to it go there, in order of trying; none means it only brings calls
	Media   []netip.Prefix  // addresses of its sound; see leg.Party
	Peer    identity.Peer   // how far it is trusted about who calls
	// Transfers says that its REFERs are followed.
	Transfers bool
}

// Way is one way to call a trunk.
type Way struct {
	resolve.Address
	Target resolve.Target // whose address it is; the zero Target if it is configured as an address
}

// Ways are where a call to the trunk goes, in order of trying, each address once.
// They may be none: names that DNS does not know.
func (t *Trunk) Ways() []Way {
	var ways []Way
	for _, name := range t.Targets {
		for _, a := range name.Addresses() {
			if !slices.ContainsFunc(ways, func(w Way) bool { return w.Address == a }) {
				ways = append(ways, Way{Address: a, Target: name.Target()})
			}
		}
	}
	return ways
}

// Party is the trunk as one side of a call, which was called at an address.
func (t *Trunk) Party(at netip.AddrPort) leg.Party {
	return leg.Party{
		Kind: leg.Trunk, Name: t.Name, Tenant: t.Tenant, Network: t.Network,
		Sources: t.Sources, Media: t.Media, Home: at, Transfers: t.Transfers,
	}
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
}

// NewSet returns the set of these trunks, in this order.
func NewSet(list []Trunk) *Set {
	s := &Set{list: list, byName: map[[2]string]*Trunk{}}
	for i := range list {
		s.byName[[2]string{list[i].Tenant, list[i].Name}] = &list[i]
	}
	return s
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
