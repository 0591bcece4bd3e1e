// Package resolve finds where a peer that is known by name takes calls: RFC 3263
// by NAPTR, SRV and address records.
//
// # Contract
//
//   - A call never waits for DNS. A Resolver keeps its Names fresh in the
//     background; Name.Addresses answers at once from what was found last.
//   - Glance answers for other names, such as those of routes, from the cache alone, and
//     asks for what is not there in the background.
//   - Each call draws its own order: SRV records of one priority by weight (RFC
//     2782), the addresses of one host by chance.
//   - While no server answers, what was found last is kept for MaxStale.
//   - A host that is written as an address is that address, and is never asked for.
//
// # Parts
//
// locate is the algorithm of RFC 3263 over a function that answers questions;
// cache holds answers by the time it is told; client asks servers; Resolver is the
// shell around them with the one goroutine, from Start to Close, and at most
// MaxLookups helpers that it waits for, beside at most MaxGlances of Glance.
package resolve

import (
	"net/netip"
	"slices"

	"strowger/sip/transport"
)

// Limits of what an answer may make us hold and try.
const (
	MaxRoutes    = 32 // SRV records of one name that are used, the best by priority
	MaxHosts     = 16 // addresses of one host that are used
	MaxAddresses = 8  // addresses that one call is given to try
)

// PortOf is the port of a transport where nobody says another (RFC 3263 section 4.2).
func PortOf(proto transport.Proto) int { return int(portOf(proto)) }

func portOf(proto transport.Proto) uint16 {
	if proto == transport.TLS {
		return 5061
	}
	return 5060
}

// Target is a peer as it is configured.
type Target struct {
	Host string // a name, or an address as text
	Port uint16 // 0: DNS says, else 5060, by TLS 5061
	// Protos are the transports that it may be called by, the preferred one first;
	// at least one. With several, or TLS, NAPTR is asked.
	Protos []transport.Proto
	V4, V6 bool // the address families that there is a listener for
}

// Address is where a request goes.
type Address struct {
	netip.AddrPort
	Proto transport.Proto
}

// String is "192.0.2.1:5060/udp".
func (a Address) String() string { return a.AddrPort.String() + "/" + string(a.Proto) }

// Route is a host that takes the calls of a target.
type Route struct {
	Priority  int // lower ones first
	Weight    int // share of the calls among those of one priority
	Addresses []Address
}

// order puts the addresses of routes in an order of trying, without repeats and at
// most MaxAddresses. intN returns a random number from 0 to n-1.
func order(routes []Route, intN func(n int) int) []Address {
	left := slices.Clone(routes)
	// Of one priority those without weight come first, so that they have a chance
	// when the random number is 0 (RFC 2782).
	slices.SortStableFunc(left, func(a, b Route) int {
		if a.Priority != b.Priority {
			return a.Priority - b.Priority
		}
		return min(a.Weight, 1) - min(b.Weight, 1)
	})
	var out []Address
	for len(left) > 0 && len(out) < MaxAddresses {
		i := draw(left, intN)
		out = appendNew(out, left[i].Addresses, intN)
		left = slices.Delete(left, i, i+1)
	}
	return out
}

// draw chooses one of the routes that share the first one's priority, by weight.
func draw(routes []Route, intN func(n int) int) int {
	sum, same := 0, 0
	for ; same < len(routes) && routes[same].Priority == routes[0].Priority; same++ {
		sum += routes[same].Weight
	}
	if sum == 0 {
		return intN(same)
	}
	number := intN(sum + 1)
	for i := range same {
		if number -= routes[i].Weight; number <= 0 {
			return i
		}
	}
	return same - 1
}

// appendNew adds the addresses of a host in random order, as far as they are new.
func appendNew(out, addresses []Address, intN func(n int) int) []Address {
	left := slices.Clone(addresses)
	for len(left) > 0 && len(out) < MaxAddresses {
		i := 0
		if len(left) > 1 {
			i = intN(len(left))
		}
		if !slices.Contains(out, left[i]) {
			out = append(out, left[i])
		}
		left = slices.Delete(left, i, i+1)
	}
	return out
}
