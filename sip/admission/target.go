package admission

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

// phone is a binding of a seat as a target.
func (a *Admission) phone(r *request, s seat.Seat, b seat.Binding) (b2bua.Target, bool) {
	uri, err := message.ParseURI(b.Contact)
	if err != nil {
		return b2bua.Target{}, false
	}
	var routes []sip.Uri
	for _, p := range b.Path {
		route, err := message.ParseAddress(p)
		if err != nil {
			return b2bua.Target{}, false
		}
		routes = append(routes, route.URI)
	}
	flow := a.local(b.Flow)
	host := dialog.Host(flow.Advertised.Addr())
	return b2bua.Target{Address: leg.Address{
		Party:    leg.Party{Kind: leg.Seat, Name: s.Number, Tenant: s.Tenant, Network: flow.Network},
		Flow:     flow,
		Target:   uri,
		Routes:   routes,
		To:       dialog.Name{URI: sip.Uri{Scheme: "sip", User: s.Number, Host: host}},
		From:     r.caller.From(host),
		Forwards: r.forwards(),
		Headers:  slices.Concat(alerting(s, host), r.caller.ToSeat(host), r.referredBy(host)),
	}}, true
}

// reachedElsewhere is a seat that is a number behind a trunk; who answers there
// confirms with a key, because it may be a mailbox.
func (a *Admission) reachedElsewhere(r *request, s seat.Seat) ([]b2bua.Target, cause.Verdict) {
	by, to, _ := strings.Cut(s.Reached, ":")
	names := []string{by}
	if by == seat.AnyTrunk {
		names = a.cfg.Trunks.OfTenant(r.tenant.Name)
	}
	if t, ok := a.outside(r, names, to, r.diverted(s, to)); ok {
		t.Confirm = true
		return []b2bua.Target{t}, cause.Verdict{}
	}
	return nil, cause.Verdict{Status: 480, Q850: 38, Reason: "No trunk reaches seat " + s.Number, Fault: cause.Us}
}

// outside is a number behind the first of the trunks that can be called, with every
// other way there is to it.
func (a *Admission) outside(r *request, trunks []string, to string, c caller) (b2bua.Target, bool) {
	var t b2bua.Target
	found := false
	for _, name := range trunks {
		for _, way := range a.carrier(r, name, to, c) {
			if found {
				t.Next = append(t.Next, way.Address)
			} else {
				t, found = way, true
			}
		}
	}
	return t, found
}

// trunkStages tries the trunks of a step one after another, each in every way.
func (a *Admission) trunkStages(r *request, step dialplan.Trunk, shown caller) []b2bua.Stage {
	none := cause.Verdict{Status: 503, Q850: 38, Reason: "No trunk available", Fault: cause.Us}
	var list []b2bua.Stage
	for _, name := range step.Trunks {
		if t, ok := a.outside(r, []string{name}, step.Number, shown); ok {
			list = append(list, b2bua.Stage{Timeout: step.Timeout, Targets: []b2bua.Target{t}})
		}
	}
	if list == nil {
		list = []b2bua.Stage{{Empty: none}}
	}
	return list
}

// carrier is a number behind a trunk as targets: one for each address of the
// trunk that its network may send to.
func (a *Admission) carrier(r *request, name, to string, c caller) []b2bua.Target {
	t := a.cfg.Trunks.Find(r.tenant.Name, name)
	if t == nil {
		return nil
	}
	var targets []b2bua.Target
	shown := c.to(t.Peer)
	ways := t.Ways()
	if len(ways) == 0 && len(t.Targets) > 0 {
		a.counters.TrunkUnknown.Add(1)
	}
	for _, way := range ways {
		flow, err := a.cfg.Sender.FlowTo(t.Network, way.Proto, way.AddrPort)
		if err != nil {
			a.counters.TrunkBlocked.Add(1)
			a.cfg.Log.Warn("trunk cannot be used", "trunk", name, "target", way.AddrPort, "error", err)
			continue
		}
		host := dialog.Host(flow.Advertised.Addr())
		remote := carrierURI(way, to)
		targets = append(targets, b2bua.Target{Address: leg.Address{
			Party: t.Party(way.AddrPort), Flow: flow, Target: remote, To: dialog.Name{URI: remote}, From: shown.From(host), Forwards: r.forwards(),
			Headers: shown.ToTrunk(t.Peer, host),
		}})
	}
	return targets
}

// carrierURI names the trunk as it is configured: a domain stays one, and says no
// more of port and transport than the configuration does (RFC 3263 section 4).
func carrierURI(way trunk.Way, to string) sip.Uri {
	u := sip.Uri{Scheme: "sip", User: to, Host: dialog.Host(way.Addr()), Port: int(way.Port())}
	said := true
	if name := way.Target; name.Host != "" {
		u.Host, u.Port = name.Host, int(name.Port)
		said = len(name.Protos) == 1
	}
	if said && way.Proto != transport.UDP {
		u.UriParams = sip.HeaderParams{{K: "transport", V: string(way.Proto)}}
	}
	return u
}

// forwards is the Max-Forwards that is left for the other leg.
func (r *request) forwards() uint32 {
	h := r.req.MaxForwards()
	if h == nil {
		return dialog.MaxForwards
	}
	return max(h.Val(), 2) - 1
}
