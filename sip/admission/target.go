package admission

import (
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/dialplan/number"
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
		From:     at(r.caller, host),
		Forwards: r.forwards(),
		Headers:  r.referredBy(host),
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
	if t, ok := a.outside(r, names, to, s.Presentation); ok {
		t.Confirm = true
		return []b2bua.Target{t}, cause.Verdict{}
	}
	return nil, cause.Verdict{Status: 480, Q850: 38, Reason: "No trunk reaches seat " + s.Number, Fault: cause.Us}
}

// outside is a number behind the first of the trunks that can be called, with every
// other way there is to it.
func (a *Admission) outside(r *request, trunks []string, to, presentation string) (b2bua.Target, bool) {
	var t b2bua.Target
	found := false
	for _, name := range trunks {
		for _, way := range a.carrier(r, name, to, presentation) {
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
func (a *Admission) trunkStages(r *request, step dialplan.Trunk) []b2bua.Stage {
	none := cause.Verdict{Status: 503, Q850: 38, Reason: "No trunk available", Fault: cause.Us}
	var list []b2bua.Stage
	for _, name := range step.Trunks {
		if t, ok := a.outside(r, []string{name}, step.Number, step.Presentation); ok {
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
func (a *Admission) carrier(r *request, name, to, presentation string) []b2bua.Target {
	t := a.cfg.Trunks.Find(r.tenant.Name, name)
	if t == nil {
		return nil
	}
	var targets []b2bua.Target
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
		from := dialog.Name{URI: sip.Uri{Scheme: "sip", User: presentation, Host: dialog.Host(flow.Advertised.Addr())}}
		if presentation == "" {
			from = anonymous
		}
		remote := carrierURI(way, to)
		targets = append(targets, b2bua.Target{Address: leg.Address{
			Party: t.Party(way.AddrPort), Flow: flow, Target: remote, To: dialog.Name{URI: remote}, From: from, Forwards: r.forwards(),
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

// anonymous is a caller who withholds the number (RFC 3323 section 4.1.1.3).
var anonymous = dialog.Name{Display: "Anonymous", URI: sip.Uri{Scheme: "sip", User: "anonymous", Host: "anonymous.invalid"}}

// presented is the caller as a trunk says it: P-Asserted-Identity before From; ""
// and anonymous if withheld.
func presented(req *sip.Request) (string, dialog.Name) {
	from := req.From()
	name := dialog.Name{Display: from.DisplayName, URI: from.Address}
	for _, identity := range message.List(req, "P-Asserted-Identity") {
		if a, err := message.ParseAddress(identity); err == nil {
			name = dialog.Name{Display: a.Name, URI: a.URI}
			break
		}
	}
	for _, p := range message.Options(req, "Privacy") {
		if strings.Contains(strings.ToLower(p), "id") {
			return "", anonymous
		}
	}
	user := userOf(name.URI)
	if user == "" || strings.EqualFold(user, "anonymous") || strings.EqualFold(name.URI.Host, "anonymous.invalid") {
		return "", anonymous
	}
	return user, dialog.Name{Display: name.Display, URI: sip.Uri{Scheme: "sip", User: user}}
}

// userOf is the user of a SIP URI or the number of a tel URI (RFC 3966), "" if
// there is none.
func userOf(u sip.Uri) string {
	if u.Scheme != "tel" {
		return message.Unescape(u.User)
	}
	digits, _ := number.Clean(strings.TrimPrefix(u.String(), "tel:"))
	return digits
}

// at puts a caller's name on a listener's host, unless it has a host of its own.
func at(n dialog.Name, host string) dialog.Name {
	if n.URI.Host == "" {
		n.URI.Host = host
	}
	return n
}

// forwards is the Max-Forwards that is left for the other leg.
func (r *request) forwards() uint32 {
	h := r.req.MaxForwards()
	if h == nil {
		return dialog.MaxForwards
	}
	return max(h.Val(), 2) - 1
}
