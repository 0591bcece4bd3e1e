package resolve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Limits of asking.
const (
	MaxServers   = 3               // servers that are asked, one after another
	QueryTimeout = 2 * time.Second // how long one server may take to answer one query
	AskTimeout   = 8 * time.Second // and how long all of them together
	attempts     = 2               // rounds over the servers
	maxAliases   = 8               // CNAME records that are followed in one answer
	maxUDP       = 1232            // bytes of an answer by UDP; a longer one comes by TCP
	systemConfig = "/etc/resolv.conf"
)

// errNoServer means that no server gave an answer.
var errNoServer = errors.New("no DNS server answers")

// SystemServers are those of the machine: of /etc/resolv.conf, else on itself.
func SystemServers() []netip.AddrPort { return serversOf(systemConfig) }

func serversOf(path string) []netip.AddrPort {
	var out []netip.AddrPort
	if c, err := dns.ClientConfigFromFile(path); err == nil {
		for _, text := range c.Servers {
			if ip, err := netip.ParseAddr(text); err == nil {
				out = append(out, netip.AddrPortFrom(ip, 53))
			}
		}
	}
	if len(out) == 0 {
		out = []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 53)}
	}
	return out[:min(len(out), MaxServers)]
}

// client asks servers.
type client struct {
	servers  []netip.AddrPort
	counters *Counters
}

// ask returns the answer of the first server that has one.
func (c *client) ask(ctx context.Context, q question) (answer, error) {
	ctx, cancel := context.WithTimeout(ctx, AskTimeout)
	defer cancel()
	failed := errNoServer
	for range attempts {
		for _, server := range c.servers[:min(len(c.servers), MaxServers)] {
			a, err := c.askOne(ctx, server.String(), q)
			if err == nil {
				return a, nil
			}
			failed = fmt.Errorf("%w: %s of %s: %w", errNoServer, q, server, err)
			if ctx.Err() != nil {
				return answer{}, failed
			}
		}
	}
	return answer{}, failed
}

func (c *client) askOne(ctx context.Context, server string, q question) (answer, error) {
	c.counters.Queries.Add(1)
	query := new(dns.Msg)
	query.SetQuestion(q.name, q.kind)
	query.SetEdns0(maxUDP, false)
	res, err := exchange(ctx, "udp", server, query)
	if err == nil && res.Truncated {
		c.counters.Truncated.Add(1)
		res, err = exchange(ctx, "tcp", server, query)
	}
	switch {
	case err != nil:
		return answer{}, err
	case len(res.Question) != 1 || !strings.EqualFold(res.Question[0].Name, q.name) || res.Question[0].Qtype != q.kind:
		return answer{}, errors.New("the answer is to another question")
	case res.Rcode != dns.RcodeSuccess && res.Rcode != dns.RcodeNameError:
		return answer{}, fmt.Errorf("it says %s", dns.RcodeToString[res.Rcode])
	}
	return answerOf(res, q), nil
}

func exchange(ctx context.Context, network, server string, query *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, QueryTimeout)
	defer cancel()
	d := dns.Client{Net: network, Timeout: QueryTimeout, Dialer: &net.Dialer{Timeout: QueryTimeout}, UDPSize: maxUDP}
	res, _, err := d.ExchangeContext(ctx, query, server)
	return res, err
}

// answerOf takes the records of the name that was asked for, or of what it is an
// alias of. That there are none is known for as long as the zone says (RFC 2308).
func answerOf(res *dns.Msg, q question) answer {
	a := answer{ttl: MaxTTL}
	name := q.name
	for range maxAliases {
		alias := ""
		for _, rr := range res.Answer {
			h := rr.Header()
			if !strings.EqualFold(h.Name, name) {
				continue
			}
			if c, ok := rr.(*dns.CNAME); ok && q.kind != dns.TypeCNAME {
				alias = c.Target
			} else if h.Rrtype != q.kind {
				continue
			} else {
				a.records = append(a.records, rr)
			}
			a.ttl = min(a.ttl, time.Duration(h.Ttl)*time.Second)
		}
		if len(a.records) > 0 || alias == "" {
			break
		}
		name = alias
	}
	if len(a.records) == 0 {
		a.ttl = negativeTTL(res)
	}
	return a
}

func negativeTTL(res *dns.Msg) time.Duration {
	for _, rr := range res.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			return time.Duration(min(soa.Minttl, soa.Hdr.Ttl)) * time.Second
		}
	}
	return MinTTL
}
