package admission

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/dialplan/flow"
	"strowger/dialplan/number"
	"strowger/dialplan/plan"
	"strowger/media/prompt/spell"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/identity"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

// request is an INVITE under decision.
type request struct {
	now    time.Time
	req    *sip.Request
	flow   transport.Flow
	tenant *Tenant
	trunk  *trunk.Trunk    // the caller, or
	seat   seat.Seat       // the caller
	caller identity.Caller // as seats see it; see outward for trunks
	number string          // the caller's number for the plan, "" if withheld
	help   bool            // it is a call for help
	refers *b2bua.Ask      // the caller asks for this in a call, for another party of it; or nil
	own    identity.Caller // the caller itself, if it refers
	urgent bool            // what seats have set for their calls does not matter
	begins bool            // the program says when the call is in the record: seats have it before
	*diversion

	asked   *published // what it is decided by; nil before that is asked
	claimed []claim    // what seats have of that
}

// published is the plan that the request is decided by: the same to its end, whatever is
// published meanwhile.
func (r *request) published() *published {
	if r.asked == nil {
		r.asked = r.tenant.current()
	}
	return r.asked
}

// plan is the table of that; nil if none is published.
func (r *request) plan() *plan.Table { return r.published().table }

// Admit decides about an INVITE.
func (a *Admission) Admit(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow) b2bua.Program {
	if flow.Proto == transport.Node {
		return a.admitNode(req, flow)
	}
	r := &request{now: now, req: req, flow: flow, trunk: a.trunkOf(req, flow), begins: true, diversion: begun(req)}
	p := a.admit(ctx, r)
	if claimed := r.claimed; claimed != nil {
		p.Settled = func() { a.claims.give(claimed) }
	}
	return p
}

func (a *Admission) admit(ctx context.Context, r *request) b2bua.Program {
	req := r.req
	if r.trunk != nil {
		if _, found, _ := message.Replaced(req); found { // it may take over nothing
			return silent(cause.New(403, "", cause.Caller), nil)
		}
		return a.admitTrunk(ctx, r)
	}
	r.tenant = a.tenantOf(req, r.flow)
	if r.tenant == nil {
		return silent(cause.New(403, "", cause.Caller), nil)
	}
	s, refusal, headers := a.seatOf(ctx, r.now, req, r.flow, r.tenant)
	if refusal != nil {
		return silent(*refusal, headers)
	}
	r.seat = s
	if d, found, ok := message.Replaced(req); found {
		return a.replaces(r, d, ok)
	}
	return a.admitSeat(ctx, r)
}

func silent(v cause.Verdict, headers []sip.Header) b2bua.Program {
	return b2bua.Program{Refuse: &v, Headers: headers, Silent: true}
}

func (a *Admission) admitTrunk(ctx context.Context, r *request) b2bua.Program {
	r.tenant = a.tenants[r.trunk.Tenant]
	r.caller = identity.Of(r.req, r.trunk.Peer)
	if n, ok := number.E164(r.tenant.Numbering, r.caller.Network); ok { // as other carriers want it
		r.caller.Network = n
	}
	if !r.caller.Withheld {
		r.number = r.caller.Presentation
	}
	p := b2bua.Program{
		Caller: r.trunk.Caller(r.flow.Remote.Addr()), Answer: a.cfg.Desk.Answer(r.trunk), From: r.number, Shown: r.shown(),
		Network: r.caller.Network, Presentation: r.caller.Presentation, Withheld: r.caller.Withheld,
	}
	called := a.calledBy(r)
	if r.caller.Privacy.Impossible() {
		return a.impossible(p, called)
	}
	if e164, ok := number.E164(r.tenant.Numbering, called); ok {
		r.urgent = true
		stages := a.callback(ctx, r, e164)
		if r.urgent = false; stages != nil {
			a.counters.Callbacks.Add(1)
			p.To, p.Entry, p.Stages, p.Urgent = e164, "emergency callback", stages, true
			return p
		}
	}
	if a.cfg.Desk.Disabled(r.trunk.Tenant, r.trunk.Name) {
		a.counters.TrunkOff.Add(1)
		v := cause.Verdict{Status: 503, Q850: 41, Fault: cause.Us}
		p.To, p.Refuse, p.Headers = called, &v, []sip.Header{sip.NewHeader("Retry-After", "60")}
		p.Why = []string{"trunk " + r.trunk.Name + " is disabled"}
		return p
	}
	return a.decide(ctx, r, p, dialplan.Question{
		Tenant: r.tenant.Name, Origin: dialplan.FromTrunk, Trunk: r.trunk.Name, Called: called, Caller: r.number, At: r.now,
	})
}

func (a *Admission) admitSeat(ctx context.Context, r *request) b2bua.Program {
	s := r.seat
	r.number = s.Number
	asked := identity.Of(r.req, identity.Peer{})
	called := identity.Number(r.req.Recipient)
	dialled, showing := r.plan().Showing(r.tenant.Numbering, called)
	r.caller = seatCaller(s, asked, showing)
	p := b2bua.Program{
		Shown:  r.shown(),
		Caller: a.party(s, r.flow.Network),
		From:   s.Number, Network: r.caller.Network, Presentation: s.Number, Withheld: r.caller.Withheld,
	}
	if n, ok := r.tenant.emergencyNumber(calledForEmergency(r.req, called)); ok {
		return a.emergency(ctx, r, p, n)
	}
	if r.refers != nil {
		r.own, r.caller = r.caller, r.refers.Shown
	}
	called = dialled
	if asked.Privacy.Impossible() {
		return a.impossible(p, called)
	}
	if s.Disabled {
		v := cause.Verdict{Status: 403, Q850: 21, Reason: "Seat " + s.Number + " is disabled", Fault: cause.Caller}
		p.To, p.Refuse = called, &v
		return p
	}
	if s.Network != "" && s.Network != r.flow.Network {
		v := cause.Verdict{Status: 403, Q850: 21, Reason: "Seat " + s.Number + " belongs to network " + s.Network, Fault: cause.Caller}
		p.To, p.Refuse = called, &v
		return p
	}
	if r.refers == nil && a.full(r, s) { // who transfers a call gives it away
		v := cause.Verdict{Status: 486, Q850: 17, Reason: "Seat " + s.Number + " has as many calls as it may", Fault: cause.Caller}
		p.To, p.Refuse = called, &v
		return p
	}
	return a.decide(ctx, r, p, r.dials(s, called))
}

// dials is the question of a seat that dials a number.
func (r *request) dials(s seat.Seat, called string) dialplan.Question {
	return dialplan.Question{
		Tenant: r.tenant.Name, Origin: dialplan.FromSeat, Seat: s.Number, Called: called, Caller: s.Number,
		At: r.now, Presentation: cmp.Or(s.Presentation, r.tenant.Presentation),
	}
}

// impossible refuses a call that is to be made in a privacy we do not know or not at
// all (RFC 3323 section 5).
func (a *Admission) impossible(p b2bua.Program, called string) b2bua.Program {
	a.counters.Impossible.Add(1)
	v := cause.Verdict{Status: 500, Q850: 79, Reason: "Privacy that is asked for is not known here", Fault: cause.Caller}
	p.To, p.Refuse = called, &v
	return p
}

// calledBy is whom a trunk calls. One that calls our contact says it beside that: in
// P-Called-Party-ID (RFC 7315 section 4.2), else in To.
func (a *Admission) calledBy(r *request) string {
	if a.cfg.Desk.Registered(r.flow, r.req.Recipient.User) == nil {
		return identity.Number(r.req.Recipient)
	}
	if p, err := message.ParseAddress(message.Header(r.req, "P-Called-Party-ID")); err == nil && identity.Number(p.URI) != "" {
		return identity.Number(p.URI)
	}
	return identity.Number(r.req.To().Address)
}

// calledForEmergency is the user part, or the whole of a service URN.
func calledForEmergency(req *sip.Request, called string) string {
	if called == "" {
		return req.Recipient.String()
	}
	return called
}

// decide asks the plan and turns its step into a program.
func (a *Admission) decide(ctx context.Context, r *request, p b2bua.Program, q dialplan.Question) b2bua.Program {
	table := r.plan()
	if table == nil {
		v := cause.Verdict{Status: 503, Q850: 41, Reason: "No plan is published", Fault: cause.Us}
		p.To, p.Refuse = q.Called, &v
		return p
	}
	d := table.Decide(q)
	p.To, p.Version, p.Entry, p.Why = d.Called, r.published().version, d.Entry, d.Why
	if state, ok := table.Begin(q, d); ok {
		course := b2bua.Course{By: p.Caller, State: state, Plan: table, Version: p.Version, Diverted: r.told}
		if left := r.req.MaxForwards(); left != nil {
			course.Forwards = int(left.Val())
		}
		return a.act(ctx, r, p, course, flow.Event{}, cause.Verdict{})
	}
	a.perform(ctx, r, &p, d.Step)
	return p
}

// perform makes a step of the plan a program.
func (a *Admission) perform(ctx context.Context, r *request, p *b2bua.Program, step dialplan.Step) {
	switch step := step.(type) {
	case dialplan.Echo:
		p.App = b2bua.AppEcho
	case dialplan.Play:
		p.App, p.Prompts = b2bua.AppPlay, r.prompts(step.Prompts, r.number)
	case dialplan.Reject:
		a.counters.NotInPlan.Add(1)
		v := cause.New(step.Status, step.Reason, cause.Caller)
		p.Refuse = &v
	case dialplan.Ring:
		p.Stages = a.ringStages(ctx, r, step)
		p.Why = append(p.Why, r.notes...)
	case dialplan.Trunk:
		if r.trunk == nil {
			if p.Refuse = a.barred(r, r.seat, step.Number); p.Refuse != nil {
				return
			}
		}
		outward, why := a.outward(r, step.Presentation)
		p.Why = append(slices.Clip(p.Why), why...)
		p.Presentation = outward.Presentation
		p.Stages = a.trunkStages(r, step, caller{known: outward})
	case dialplan.Forward:
		a.setForward(ctx, r, step, p)
	case dialplan.Pickup, dialplan.Park, dialplan.Retrieve:
		desk(r, step, p)
	case dialplan.Supervise, dialplan.Conference:
		a.mix(r, step, p)
	case dialplan.DoNotDisturb:
		a.setFeature(ctx, r, p, nil, func(f *seat.Features) { f.DoNotDisturb = step.On })
	}
}

// prompts are those of a play step, by name, with what is spelled: values, and the
// caller's number digit by digit.
func (r *request) prompts(words []string, number string) []string {
	language := ""
	if r.tenant.Heard != nil {
		language = r.tenant.Heard.Language
	}
	var list []string
	for _, word := range words {
		if word == plan.OwnNumber {
			word = "digits:" + number
		}
		names, err := spell.Words(spell.In(language), r.now, word)
		if err == nil { // else the number has no digits: what can be spelled was checked
			list = append(list, names...)
		}
	}
	return list
}
