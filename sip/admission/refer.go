package admission

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/dialplan/number"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/state"
	"strowger/sip/transport"
)

// Route decides about a call that a party of another one wants made, as if it had
// dialled the number. Only the user of the URI counts: nothing is sent to a host that
// a party names.
func (a *Admission) Route(ctx context.Context, now time.Time, ask b2bua.Ask, flow transport.Flow) b2bua.Program {
	req := sip.NewRequest(sip.INVITE, ask.To)
	req.AppendHeader(&sip.FromHeader{Address: sip.Uri{Scheme: "sip", User: ask.By.Name, Host: ask.To.Host}})
	r := &request{now: now, req: req, flow: flow, tenant: a.tenants[ask.By.Tenant], refers: &ask, diversion: begun(req)}
	called := identity.Number(ask.To)
	switch {
	case r.tenant == nil:
		return refusal(called, cause.New(403, "", cause.Caller))
	case ask.Supervise != nil:
		return a.summon(ctx, r)
	case ask.By.Kind == leg.Trunk:
		return a.routeTrunk(ctx, r, called)
	}
	s, err := a.cfg.Directory.Seat(ctx, r.tenant.Name, ask.By.Name)
	switch {
	case errors.Is(err, state.ErrNotFound):
		return refusal(called, cause.New(403, "There is no seat "+ask.By.Name, cause.Caller))
	case err != nil:
		a.counters.StoreAway.Add(1)
		return refusal(called, cause.Verdict{Status: 503, Q850: 41, Reason: "Seats cannot be looked up now", Fault: cause.Us})
	}
	r.seat = s
	return a.admitSeat(ctx, r)
}

// routeTrunk decides for a caller from a trunk whom an administrator transfers.
func (a *Admission) routeTrunk(ctx context.Context, r *request, called string) b2bua.Program {
	if r.trunk = a.cfg.Trunks.Find(r.tenant.Name, r.refers.By.Name); r.trunk == nil {
		return refusal(called, cause.New(403, "", cause.Caller))
	}
	r.caller = r.refers.Shown
	if !r.caller.Withheld {
		r.number = r.caller.Presentation
	}
	p := b2bua.Program{Caller: r.refers.By, Shown: r.shown(), From: r.number}
	return a.decide(ctx, r, p, dialplan.Question{
		Tenant: r.tenant.Name, Origin: dialplan.FromTrunk, Trunk: r.trunk.Name, Called: called, Caller: r.number, At: r.now,
	})
}

func refusal(called string, v cause.Verdict) b2bua.Program {
	return b2bua.Program{To: called, Refuse: &v}
}

// shown is the caller, to keep longer than the request.
func (r *request) shown() *identity.Caller {
	c := r.caller
	return &identity.Caller{
		Display: strings.Clone(c.Display), Presentation: strings.Clone(c.Presentation),
		Network: strings.Clone(c.Network), Tel: strings.Clone(c.Tel), Withheld: c.Withheld, Privacy: c.Privacy,
	}
}

// referredBy tells a phone who has sent the caller to it (RFC 3892).
func (r *request) referredBy(host string) []sip.Header {
	if r.refers == nil || r.refers.By.Kind != leg.Seat {
		return nil
	}
	return []sip.Header{sip.NewHeader("Referred-By", "<sip:"+r.refers.By.Name+"@"+host+">")}
}

// admitNode decides about an INVITE of another node, which asks for the place of a
// party in a call of this one and for nothing else. It has decided already whether the
// party may ask; what the party may have is seen where the dialog is.
func (a *Admission) admitNode(req *sip.Request, flow transport.Flow) b2bua.Program {
	p, ok := b2bua.ForNode(req, flow)
	if !ok || a.tenants[p.Caller.Tenant] == nil {
		return silent(cause.New(403, "", cause.Peer), nil)
	}
	return p
}

// replaces is the program of a seat that takes over a dialog (RFC 3891).
func (a *Admission) replaces(r *request, d message.Replaces, ok bool) b2bua.Program {
	s := r.seat
	r.caller = seatCaller(s, identity.Caller{}, number.AsEver)
	p := b2bua.Program{
		Caller: a.party(s, r.flow.Network),
		Shown:  r.shown(), From: s.Number, To: identity.Number(r.req.Recipient), Entry: "replaces", Replaces: &d,
	}
	v := cause.New(400, "", cause.Caller)
	switch {
	case !ok:
		p.Refuse = &v
	case s.Disabled:
		v = cause.Verdict{Status: 403, Q850: 21, Reason: "Seat " + s.Number + " is disabled", Fault: cause.Caller}
		p.Refuse = &v
	}
	return p
}
