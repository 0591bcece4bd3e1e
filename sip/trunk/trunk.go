// Package trunk knows the carriers: who they are on the wire and where calls to
// them go. A Set is read-only after it was made; a changed configuration makes a
// new one.
package trunk

import (
	"net/netip"
	"slices"

	"strowger/sip/leg"
	"strowger/sip/transport"
)

// Trunk is one carrier.
type Trunk struct {
	Name    string
	Tenant  string
	Network string
	Sources []netip.Prefix   // it is recognised by these addresses
	Targets []netip.AddrPort // calls to it go there, in order of trying; none means it only brings calls
	Media   []netip.Prefix   // addresses of its sound; see leg.Party
	Proto   transport.Proto
}

// Party is the trunk as one side of a call, which was called at an address.
func (t *Trunk) Party(at netip.AddrPort) leg.Party {
	return leg.Party{Kind: leg.Trunk, Name: t.Name, Tenant: t.Tenant, Network: t.Network, Sources: t.Sources, Media: t.Media, Home: at}
}

// Caller is the trunk as the side that called from an address: its home is the
// target at that address, else the first one.
func (t *Trunk) Caller(from netip.Addr) leg.Party {
	if len(t.Targets) == 0 {
		return t.Party(netip.AddrPort{})
	}
	same := slices.IndexFunc(t.Targets, func(target netip.AddrPort) bool { return target.Addr() == from.Unmap() })
	return t.Party(t.Targets[max(same, 0)])
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
