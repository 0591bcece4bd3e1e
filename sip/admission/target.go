package admission

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/media"
	"strowger/media/sdp"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/dialog"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/trunk"
)

// phone is a binding of a seat, which is shown to others, as a target.
func (a *Admission) phone(r *request, s seat.Seat, shown *identity.Caller, b seat.Binding) (b2bua.Target, bool) {
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
		Party:    a.party(s, flow.Network),
		Flow:     flow,
		Target:   uri,
		Routes:   routes,
		To:       dialog.Name{URI: sip.Uri{Scheme: "sip", User: s.Number, Host: host}},
		From:     r.caller.From(host),
		Forwards: r.forwards(),
		Shown:    shown,
		Headers:  slices.Concat(alerting(s, host), r.caller.ToSeat(host), r.referredBy(host)),
	}}, true
}

// party is a seat as one side of a call on a network.
func (a *Admission) party(s seat.Seat, network string) leg.Party {
	p := leg.Party{Kind: leg.Seat, Name: s.Number, Tenant: s.Tenant, Network: network, Sound: a.cfg.Sound(network), Heard: a.heard(s), Keys: leg.KeysOf(s.DTMF)}
	if how, ok := sdp.ParseSecurity(s.SRTP); ok {
		p.Sound.SRTP = how
	}
	if latch, ok := media.ParseLatch(s.Latch); ok {
		p.Sound.Latch = latch
	}
	return p
}

// reachedElsewhere is a seat that is a number behind a trunk; who answers there
// confirms with a key, because it may be a mailbox.
func (a *Admission) reachedElsewhere(r *request, s seat.Seat) ([]b2bua.Target, cause.Verdict) {
	by, to, _ := strings.Cut(s.Reached, ":")
	names := a.cfg.Trunks.Expand(r.tenant.Name, []string{by}, a.cfg.Chance)
	if by == seat.AnyTrunk {
		names = a.cfg.Trunks.OfTenant(r.tenant.Name)
	}
	if t, ok := a.outside(r, names, to, r.diverted(s, to)); ok {
		t.Confirm, t.Shown = true, answers(s)
		for i := range t.Next {
			t.Next[i].Shown = t.Shown
		}
		return []b2bua.Target{t}, cause.Verdict{}
	}
	return nil, cause.Verdict{Status: 480, Q850: 38, Reason: "No trunk reaches seat " + s.Number, Fault: cause.Us}
}

// outside is a number behind trunks, each way to it the next of the one before.
// Healthy ways of all of them come first.
func (a *Admission) outside(r *request, trunks []string, to string, c caller) (b2bua.Target, bool) {
	return a.carriers(r, trunks, to, c).target()
}

// trunkStages tries the trunks of a step, and of its groups, one after another, each in every way. Those
// without a healthy address come last.
func (a *Admission) trunkStages(r *request, step dialplan.Trunk, shown caller) []b2bua.Stage {
	none := cause.Verdict{Status: 503, Q850: 38, Reason: "No trunk available", Fault: cause.Us}
	var good, rest []b2bua.Stage
	for _, name := range a.cfg.Trunks.Expand(r.tenant.Name, step.Trunks, a.cfg.Chance) {
		o := a.carrier(r, name, step.Number, shown)
		t, ok := o.target()
		if !ok {
			continue
		}
		stage := b2bua.Stage{Timeout: step.Timeout, Targets: []b2bua.Target{t}}
		if len(o.good) > 0 {
			good = append(good, stage)
		} else {
			rest = append(rest, stage)
		}
	}
	list := slices.Concat(good, rest)
	if list == nil {
		list = []b2bua.Stage{{Empty: none}}
	}
	return list
}

// offer is a number behind a trunk as targets: one for each address that the trunk's
// network may send to.
type offer struct{ good, rest []b2bua.Target } // by whether the address is healthy

func (o offer) all() []b2bua.Target { return slices.Concat(o.good, o.rest) }

// target is the first, with the others as its next.
func (o offer) target() (b2bua.Target, bool) {
	all := o.all()
	if len(all) == 0 {
		return b2bua.Target{}, false
	}
	t := all[0]
	for _, next := range all[1:] {
		t.Next = append(t.Next, next.Address)
	}
	return t, true
}

// carriers are the offers of several trunks as one.
func (a *Admission) carriers(r *request, trunks []string, to string, c caller) (all offer) {
	for _, name := range trunks {
		o := a.carrier(r, name, to, c)
		all.good, all.rest = append(all.good, o.good...), append(all.rest, o.rest...)
	}
	return all
}

// carrier is a number behind a trunk. One that is disabled has nothing but emergency
// calls, and those at last.
func (a *Admission) carrier(r *request, name, to string, c caller) offer {
	t := a.cfg.Trunks.Find(r.tenant.Name, name)
	if t == nil {
		return offer{}
	}
	off := a.cfg.Desk.Disabled(t.Tenant, t.Name)
	if off && !r.help {
		a.counters.TrunkOff.Add(1)
		return offer{}
	}
	ways := t.Ways()
	if len(ways) == 0 && len(t.Targets) > 0 {
		a.counters.TrunkUnknown.Add(1)
	}
	good, rest := a.cfg.Desk.Sort(r.now, t, ways)
	if off {
		good, rest = nil, ways
	}
	return offer{a.called(r, t, good, to, c, t.Redirects), a.called(r, t, rest, to, c, t.Redirects)}
}

// called are the ways to a number as targets, of which so many 3xx are followed.
func (a *Admission) called(r *request, t *trunk.Trunk, ways []trunk.Way, to string, c caller, redirects int) []b2bua.Target {
	var targets []b2bua.Target
	shown, called := c.to(t.Peer), &identity.Caller{Presentation: strings.Clone(to)}
	for _, way := range ways {
		flow, err := a.cfg.Sender.FlowTo(t.Network, way.Proto, way.AddrPort)
		if err != nil {
			a.counters.TrunkBlocked.Add(1)
			a.cfg.Log.Warn("trunk cannot be used", "trunk", t.Name, "target", way.AddrPort, "error", err)
			continue
		}
		host := dialog.Host(flow.Advertised.Addr())
		remote := t.Profile.URI(way, r.tenant.Numbering, to)
		targets = append(targets, b2bua.Target{Address: leg.Address{
			Party: t.Party(way.AddrPort), Flow: flow, Target: remote, To: dialog.Name{URI: remote}, From: shown.From(host), Forwards: r.forwards(),
			Shown:   called,
			Headers: t.Profile.Headers(shown.ToTrunk(t.Peer, host)),
			Answer:  a.cfg.Desk.Answer(t), Redirect: a.redirect(r, t, c, redirects),
		}})
	}
	return targets
}

// redirect follows a trunk's 3xx to another number or address of that same trunk; nil
// if no more are followed.
func (a *Admission) redirect(r *request, t *trunk.Trunk, c caller, left int) func(sip.Uri) (leg.Address, bool) {
	if left == 0 {
		return nil
	}
	return func(u sip.Uri) (leg.Address, bool) {
		way, ok := t.At(u)
		to := identity.Number(u)
		if !ok || to == "" {
			a.counters.NotRedirected.Add(1)
			return leg.Address{}, false
		}
		targets := a.called(r, t, []trunk.Way{way}, to, c, left-1)
		if len(targets) == 0 {
			return leg.Address{}, false
		}
		return targets[0].Address, true
	}
}

// forwards is the Max-Forwards that is left for the other leg.
func (r *request) forwards() uint32 {
	h := r.req.MaxForwards()
	if h == nil {
		return dialog.MaxForwards
	}
	return max(h.Val(), 2) - 1
}

// heard is what a seat hears, with the music of its own.
func (a *Admission) heard(s seat.Seat) *leg.Heard {
	var heard *leg.Heard
	if t := a.tenants[s.Tenant]; t != nil {
		heard = t.Heard
	}
	if s.Music == "" {
		return heard
	}
	own := leg.Heard{}
	if heard != nil {
		own = *heard
	}
	if own.Music = s.Music; own.Music == seat.MusicOff {
		own.Music = ""
	}
	return &own
}
