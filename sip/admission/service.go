package admission

import (
	"cmp"
	"fmt"
	"slices"

	"strowger/dialplan/service"
	"strowger/sip/cause"
	"strowger/sip/seat"
	"strowger/sip/security"
)

// full tells whether a seat has as many calls as it may, and counts. A call back from
// the emergency services finds it free. A seat that is not full has the call, once.
func (a *Admission) full(r *request, s seat.Seat) bool {
	limit, k := cmp.Or(s.Calls, r.tenant.SeatCalls), claim{s.Tenant, s.Number}
	if limit == 0 || a.cfg.Calls == nil || r.urgent || slices.Contains(r.claimed, k) {
		return false
	}
	if a.claims.take(k, limit, a.cfg.Calls, !r.begins) {
		if r.begins {
			r.claimed = append(r.claimed, k)
		}
		return false
	}
	a.counters.SeatFull.Add(1)
	a.limit(r, s, fmt.Sprintf("calls at once: %d", limit))
	return true
}

// barred is the refusal of a number that the class does not allow of the seat that
// calls it, or forwards calls to it; or nil.
func (a *Admission) barred(r *request, s seat.Seat, number string) *cause.Verdict {
	destination, class, refusal := Barred(r.tenant.Service, s, number)
	if refusal != nil {
		a.counters.ClassRefused.Add(1)
		a.limit(r, s, "class "+class+": "+destination)
	}
	return refusal
}

// Barred is the destination that a number belongs to, the class of a seat, and why that
// may not call it, or nil. A nil policy forbids nothing.
func Barred(policy *service.Policy, s seat.Seat, number string) (destination, class string, refusal *cause.Verdict) {
	if policy == nil {
		return "", "", nil
	}
	destination, class = policy.Of(number), policy.Class(s.Class)
	if policy.May(s.Class, destination) {
		return destination, class, nil
	}
	return destination, class, &cause.Verdict{
		Status: 403, Q850: 21, Fault: cause.Caller,
		Reason: fmt.Sprintf("Seat %s may not call %s numbers (its class is %s)", s.Number, destination, class),
	}
}

func (a *Admission) limit(r *request, s seat.Seat, what string) {
	a.cfg.Events.Report(r.now, security.Event{
		Kind: security.Limit, Source: r.flow.Remote, Transport: string(r.flow.Proto), Network: r.flow.Network,
		Tenant: s.Tenant, User: s.Number, Method: string(r.req.Method), Detail: what,
	})
}
