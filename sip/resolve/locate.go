package resolve

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"strowger/sip/transport"
)

// question is what a server is asked.
type question struct {
	name string // lower case, with the dot at its end
	kind uint16 // dns.TypeSRV, ...
}

func (q question) String() string { return q.name + " " + dns.TypeToString[q.kind] }

// answer is what is known of a question.
type answer struct {
	records []dns.RR // of the kind asked for; none: the name has none
	ttl     time.Duration
	stale   bool // no server could be asked, and its time is over
}

// plan is what a target resolves to.
type plan struct {
	routes []Route
	ttl    time.Duration // the shortest of all answers
	stale  bool          // one of the answers was
}

// errNoAddress means that DNS answered, and that nothing of it can be called.
var errNoAddress = errors.New("it has no address")

// services are what NAPTR calls our transports (RFC 3263 section 4.1).
var services = map[string]transport.Proto{"SIP+D2U": transport.UDP, "SIP+D2T": transport.TCP, "SIPS+D2T": transport.TLS}

// locator asks for one target and notes what the answers have in common.
type locator struct {
	target Target
	ask    func(question) (answer, error)
	plan   plan
}

// locate finds the routes to a target (RFC 3263 section 4). Without an error there
// is at least one address.
func locate(t Target, ask func(question) (answer, error)) (plan, error) {
	l := &locator{target: t, ask: ask, plan: plan{ttl: MaxTTL}}
	err := l.find()
	if err == nil && len(l.plan.routes) == 0 {
		err = errNoAddress
	}
	if err != nil {
		return l.plan, fmt.Errorf("%s: %w", t.Host, err)
	}
	return l.plan, nil
}

func (l *locator) find() error {
	t := l.target
	if ip, err := netip.ParseAddr(t.Host); err == nil {
		at := Address{netip.AddrPortFrom(ip.Unmap(), cmp.Or(t.Port, portOf(t.Protos[0]))), t.Protos[0]}
		l.plan.routes = []Route{{Addresses: []Address{at}}}
		return nil
	}
	if t.Port != 0 {
		return l.host(t.Host, t.Port, t.Protos[0])
	}
	if len(t.Protos) > 1 || t.Protos[0] == transport.TLS {
		if found, err := l.naptr(); found || err != nil {
			return err
		}
	}
	for _, proto := range t.Protos {
		found, err := l.srv(service(proto)+t.Host, proto, 0)
		if found || err != nil {
			return err
		}
	}
	return l.host(t.Host, portOf(t.Protos[0]), t.Protos[0])
}

// service is what the SRV records of a transport stand under.
func service(proto transport.Proto) string {
	if proto == transport.TLS {
		return "_sips._tcp."
	}
	return "_sip._" + string(proto) + "."
}

// naptr follows the records of the lowest order that has one of our transports. It
// is false if the target has none.
func (l *locator) naptr() (bool, error) {
	records, err := l.records(l.target.Host, dns.TypeNAPTR)
	if err != nil {
		return false, err
	}
	var usable []*dns.NAPTR
	for _, rr := range records {
		n, ok := rr.(*dns.NAPTR)
		if ok && strings.EqualFold(n.Flags, "s") && n.Replacement != "." && slices.Contains(l.target.Protos, services[strings.ToUpper(n.Service)]) {
			usable = append(usable, n)
		}
	}
	slices.SortStableFunc(usable, func(a, b *dns.NAPTR) int {
		return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.Preference, b.Preference))
	})
	found := false
	for i, n := range usable[:min(len(usable), MaxRoutes)] {
		if n.Order != usable[0].Order {
			break
		}
		more, err := l.srv(n.Replacement, services[strings.ToUpper(n.Service)], i<<16)
		if err != nil {
			return false, err
		}
		found = found || more
	}
	return found, nil
}

// srv adds the hosts of a service, each priority raised by base. It is false if
// there is no such service; one that is said not to be available has no hosts.
func (l *locator) srv(name string, proto transport.Proto, base int) (bool, error) {
	records, err := l.records(name, dns.TypeSRV)
	if err != nil || len(records) == 0 {
		return false, err
	}
	list := make([]*dns.SRV, 0, len(records))
	for _, rr := range records {
		if s, ok := rr.(*dns.SRV); ok && s.Target != "." && s.Port != 0 {
			list = append(list, s)
		}
	}
	slices.SortStableFunc(list, func(a, b *dns.SRV) int { return cmp.Compare(a.Priority, b.Priority) })
	var failed error
	found := 0
	for _, s := range list[:min(len(list), MaxRoutes)] {
		addresses, err := l.addresses(s.Target, s.Port, proto)
		if err != nil {
			failed = err
			continue
		}
		if len(addresses) > 0 {
			found++
			l.plan.routes = append(l.plan.routes, Route{Priority: base + int(s.Priority), Weight: int(s.Weight), Addresses: addresses})
		}
	}
	if found == 0 {
		return true, failed
	}
	l.again(failed)
	return true, nil
}

// again has what failed in part asked for again soon.
func (l *locator) again(failed error) {
	if failed != nil {
		l.plan.ttl = min(l.plan.ttl, RetryAfter)
	}
}

// host adds one host without a choice.
func (l *locator) host(name string, port uint16, proto transport.Proto) error {
	addresses, err := l.addresses(name, port, proto)
	if len(addresses) > 0 {
		l.plan.routes = append(l.plan.routes, Route{Addresses: addresses})
	}
	return err
}

// addresses are those of a host. One family is enough.
func (l *locator) addresses(name string, port uint16, proto transport.Proto) ([]Address, error) {
	var out []Address
	var failed error
	for _, family := range []struct {
		wanted bool
		kind   uint16
	}{{l.target.V4, dns.TypeA}, {l.target.V6, dns.TypeAAAA}} {
		if !family.wanted {
			continue
		}
		records, err := l.records(name, family.kind)
		if err != nil {
			failed = err
		}
		for _, rr := range records {
			if ip := addressOf(rr); ip.IsValid() && len(out) < MaxHosts {
				out = append(out, Address{netip.AddrPortFrom(ip, port), proto})
			}
		}
	}
	if len(out) > 0 {
		l.again(failed)
		failed = nil
	}
	return out, failed
}

func addressOf(rr dns.RR) netip.Addr {
	var ip netip.Addr
	switch r := rr.(type) {
	case *dns.A:
		ip, _ = netip.AddrFromSlice(r.A)
	case *dns.AAAA:
		ip, _ = netip.AddrFromSlice(r.AAAA)
	}
	return ip.Unmap()
}

func (l *locator) records(name string, kind uint16) ([]dns.RR, error) {
	a, err := l.ask(question{name: strings.ToLower(dns.Fqdn(name)), kind: kind})
	if err != nil {
		return nil, err
	}
	l.plan.ttl = min(l.plan.ttl, a.ttl)
	l.plan.stale = l.plan.stale || a.stale
	return a.records, nil
}
