package guard

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/auth"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/security"
	"strowger/sip/transport"
)

// maxProxies is how many proxies are looked through.
const maxProxies = 4

// BlockedError is why a request's credentials were not looked at.
type BlockedError struct{ Left time.Duration }

// Error tells the operator how it goes away: always in the same words, so that what
// repeats takes one place in what a seat tried.
func (e *BlockedError) Error() string {
	return "blocked after too many wrong passwords; end it with: strowger block rm ADDRESS"
}

// Unwrap makes it an auth.ErrBlocked.
func (e *BlockedError) Unwrap() error { return auth.ErrBlocked }

// RetryAfter is what a refused request is told.
func (e *BlockedError) RetryAfter() sip.Header {
	return sip.NewHeader("Retry-After", strconv.Itoa(int((e.Left+time.Second-1)/time.Second)))
}

// Refusal is the reason phrase of the 403 to who is blocked.
const Refusal = "Too Many Wrong Passwords, Try Again Later"

// Config is what a Gate needs.
type Config struct {
	Node  string // this node's name, as stored flows carry it
	Epoch uint64 // one that no earlier Gate of the node had; see Guard.Since
	Auth  *auth.Authenticator
	// Bindings returns where a seat is registered; nil means nowhere.
	Bindings func(ctx context.Context, tenant, number string) ([]seat.Binding, error)
	// Proxies are the addresses behind which other sources are, by network.
	Proxies map[string][]netip.Prefix
	// Spared are, by network, what is never blocked beside Proxies.
	Spared map[string][]netip.Prefix
	Events security.Reporter // nil means nobody wants to know
	// Alarm is told of every block, for the node's own log; nil means nobody.
	Alarm func(b Block, c Change)
}

// Gate is a Guard before the digest authentication. Safe for concurrent use.
type Gate struct {
	*Guard
	cfg Config
}

// NewGate returns a Gate.
func NewGate(cfg Config) *Gate {
	if cfg.Events == nil {
		cfg.Events = security.Discard{}
	}
	g := &Gate{cfg: cfg}
	g.Guard = New(
		cfg.Node, cfg.Epoch,
		func(s Source) bool {
			return lists(cfg.Spared[s.Network], s.Addr) || lists(cfg.Proxies[s.Network], s.Addr)
		},
		g.changed,
	)
	return g
}

// lists tells whether a list has an address; of IPv6 one of the same /64 is enough.
func lists(ranges []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(ranges, func(p netip.Prefix) bool {
		return p.Contains(a) || a.Is6() && p.Bits() > 64 && SourceOf("", p.Addr()).Addr == a
	})
}

// Claim is a request whose credentials are to be verified.
type Claim struct {
	Request   *sip.Request
	Flow      transport.Flow
	Tenant    string
	Emergency func() bool // whether it is a call for help; nil means no
	Auth      auth.Request
}

// Verify judges the credentials of a request as auth.Authenticator does, unless a
// block is in the way: then the verdict is auth.Blocked, with a *BlockedError.
func (g *Gate) Verify(ctx context.Context, now time.Time, c Claim, lookup auth.Lookup) auth.Result {
	who := Who{Source: g.source(c.Request, c.Flow), Tenant: c.Tenant}
	direct := who.Source == SourceOf(c.Flow.Network, c.Flow.Remote.Addr())
	res := g.cfg.Auth.Verify(now, c.Auth, func(user string) ([]seat.Credential, error) {
		who.User = user
		if b, blocked := g.Refuses(now, who); blocked {
			if !g.exempt(ctx, c, b, user, direct) {
				g.counters.Refused.Add(1)
				return nil, &BlockedError{Left: b.Until.Sub(now)}
			}
			g.counters.Exempt.Add(1)
		}
		return lookup(user)
	})
	switch res.Verdict {
	case auth.OK:
		g.Passed(now, who.Source)
	case auth.Wrong:
		who.User = res.User
		g.failed(now, who, c, res.Known)
	default: // nothing was guessed
	}
	return res
}

// exempt tells whether a block does not count for a request.
func (g *Gate) exempt(ctx context.Context, c Claim, b Block, user string, direct bool) bool {
	if b.User == "" && c.Emergency != nil && c.Emergency() {
		return true
	}
	if !direct || g.cfg.Bindings == nil {
		return false // all that a proxy brings comes by one flow
	}
	bindings, err := g.cfg.Bindings(ctx, c.Tenant, user)
	if err != nil {
		return false
	}
	node := c.Flow.Node
	if node == "" {
		node = g.cfg.Node
	}
	return slices.ContainsFunc(bindings, func(b seat.Binding) bool {
		return b.Flow.Node == node && b.Flow.Proto == c.Flow.Proto && b.Flow.Remote == c.Flow.Remote
	})
}

// Unknown counts a request that shows credentials for a user that no seat can be.
func (g *Gate) Unknown(now time.Time, c Claim, user string) {
	g.failed(now, Who{Source: g.source(c.Request, c.Flow), Tenant: c.Tenant, User: user}, c, false)
}

func (g *Gate) failed(now time.Time, who Who, c Claim, known bool) {
	e := security.Event{
		Kind: security.UnknownUser, Source: netip.AddrPortFrom(who.Addr, 0), Transport: string(c.Flow.Proto),
		Network: who.Network, Tenant: who.Tenant, User: who.User, Method: string(c.Request.Method),
	}
	if known {
		e.Kind = security.WrongPassword
	}
	if SourceOf(c.Flow.Network, c.Flow.Remote.Addr()) == who.Source {
		e.Source = c.Flow.Remote
	}
	g.cfg.Events.Report(now, e)
	g.Failed(now, who, known)
}

// changed tells of a block.
func (g *Gate) changed(now time.Time, b Block, c Change) {
	e := security.Event{
		Kind: security.Blocked, Source: netip.AddrPortFrom(b.Addr, 0), Network: b.Network, Tenant: b.Tenant, User: b.User,
	}
	switch {
	case c != Begun:
		e.Kind = security.Unblocked
	case b.Spared:
		e.Kind = security.Alarmed
	default:
		e.For = b.Until.Sub(b.Since)
	}
	if !b.Spared || c == Begun {
		g.cfg.Events.Report(now, e)
	}
	if g.cfg.Alarm != nil {
		g.cfg.Alarm(b, c)
	}
}

// source is where a request comes from: behind listed proxies, as the last of them
// says in the next Via (RFC 3261 section 18.2.1).
func (g *Gate) source(req *sip.Request, f transport.Flow) Source {
	at := f.Remote.Addr().Unmap()
	proxies := g.cfg.Proxies[f.Network]
	if len(proxies) == 0 || !lists(proxies, at) {
		return SourceOf(f.Network, at)
	}
	above := -1
	for _, h := range req.Headers() {
		via, ok := h.(*sip.ViaHeader)
		if !ok {
			continue
		}
		if above++; above == 0 {
			continue // the proxy's own, whose source we know
		}
		next, ok := sentFrom(via)
		if !ok {
			break
		}
		at = next
		if above >= maxProxies || !lists(proxies, at) {
			break
		}
	}
	return SourceOf(f.Network, at)
}

func sentFrom(via *sip.ViaHeader) (netip.Addr, bool) {
	text, ok := message.Param(via.Params, "received")
	if !ok {
		text = via.Host
	}
	if n := len(text); n > 2 && text[0] == '[' && text[n-1] == ']' {
		text = text[1 : n-1]
	}
	a, err := netip.ParseAddr(text)
	return a.Unmap(), err == nil
}
