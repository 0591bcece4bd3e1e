package kernel

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Limits of what is remembered of routes.
const (
	maxRoutes = 1 << 16
	routeAge  = 5 * time.Second
)

func addrOf(ip net.IP) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(ip)
	return a.Unmap(), ok
}

// route is what a look-up depends on.
type route struct{ from, to netip.Addr }

// answer is an interface that was found.
type answer struct {
	ifindex uint32
	err     error
	at      time.Duration
}

// routes tells by which interface an address is reached.
type routes struct {
	handle *netlink.Handle
	local  bool // addresses of this machine may be sent to

	mu    sync.Mutex
	known map[route]answer
}

// find returns the interface. What was found is believed for routeAge.
func (r *routes) find(from, to netip.Addr) (uint32, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := Monotonic()
	if a, ok := r.known[route{from, to}]; ok && now-a.at < routeAge {
		return a.ifindex, a.err
	}
	if len(r.known) >= maxRoutes {
		clear(r.known)
	}
	a := answer{at: now}
	a.ifindex, a.err = r.ask(from, to)
	r.known[route{from, to}] = a
	return a.ifindex, a.err
}

// forget has everything looked up anew.
func (r *routes) forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.known)
}

func (r *routes) ask(from, to netip.Addr) (uint32, error) {
	found, err := r.handle.RouteGetWithOptions(to.AsSlice(), &netlink.RouteGetOptions{SrcAddr: from.AsSlice()})
	if err != nil || len(found) == 0 {
		return 0, fmt.Errorf("no route from %v to %v: %w", from, to, err)
	}
	switch kind := found[0].Type; {
	case kind == unix.RTN_UNICAST, kind == unix.RTN_LOCAL && r.local:
		return uint32(found[0].LinkIndex), nil
	}
	return 0, fmt.Errorf("the route from %v to %v leaves by no interface", from, to)
}
