package admission

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/emiago/sipgo/sip"

	"strowger/dialplan"
	"strowger/dialplan/plan"
	"strowger/sip/b2bua"
	"strowger/sip/cause"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/state"
)

// Limits of forwarding.
const (
	maxDiversions = 5  // one after another, with those that the caller's side tells of
	maxForwards   = 16 // numbers that are looked up for one call
)

// diversion is how a call came to whom it rings.
type diversion struct {
	path  []diverted // of this branch, the first seat first
	told  int        // diversions that the INVITE tells of
	total *int       // numbers looked up for the call
	notes []string   // for who asks why
}

// diverted is a seat that forwards a call.
type diverted struct {
	seat   seat.Seat
	reason string // RFC 5806 section 4.1
}

func begun(req *sip.Request) *diversion {
	return &diversion{told: len(message.List(req, "Diversion")), total: new(int)}
}

// diversions are the Diversion headers (RFC 5806) that a target is told, the last one
// first.
func (r *request) diversions(host string) []sip.Header {
	var headers []sip.Header
	for i, d := range slices.Backward(r.path) {
		user := d.seat.Presentation
		if user == "" {
			user = d.seat.Number
		}
		headers = append(headers, sip.NewHeader("Diversion",
			fmt.Sprintf("<sip:%s@%s>;reason=%s;counter=%d", user, host, d.reason, i+1)))
	}
	return headers
}

// ringStages rings seats; a single one may have its calls go elsewhere.
func (a *Admission) ringStages(ctx context.Context, r *request, step dialplan.Ring) []b2bua.Stage {
	own := a.ringSeats(ctx, r, step)
	if len(step.Seats) != 1 {
		return []b2bua.Stage{own}
	}
	s, err := a.cfg.Directory.Seat(ctx, r.tenant.Name, step.Seats[0])
	if err != nil || s.Features == nil || s.Disabled {
		return []b2bua.Stage{own}
	}
	f := s.Features.Forward
	at, reason := "", ""
	switch {
	case f.Always != "":
		at, reason = f.Always, "unconditional"
	case s.Features.DoNotDisturb:
		at, reason = f.Busy, "do-not-disturb"
	case len(own.Targets) == 0:
		at, reason = f.Unregistered, "unavailable"
	}
	if stages := a.forward(ctx, r, s, at, reason); stages != nil {
		return stages
	}
	if len(own.Targets) > 0 {
		a.divert(ctx, r, s, &own)
	}
	return []b2bua.Stage{own}
}

// divert says where a call goes when the phones of a seat do not take it.
func (a *Admission) divert(ctx context.Context, r *request, s seat.Seat, own *b2bua.Stage) {
	f := s.Features.Forward
	d := b2bua.Divert{
		Busy:      a.forward(ctx, r, s, f.Busy, "user-busy"),
		NoAnswer:  a.forward(ctx, r, s, f.NoAnswer, "no-answer"),
		Unreached: a.forward(ctx, r, s, f.Unregistered, "unavailable"),
	}
	if d.NoAnswer != nil {
		own.Timeout = f.Wait()
	}
	own.Divert = &d
}

// forward is where a number that a seat forwards to leads, decided as if the seat had
// dialled it; nil if it leads nowhere, or back.
func (a *Admission) forward(ctx context.Context, r *request, s seat.Seat, to, reason string) []b2bua.Stage {
	if to == "" {
		return nil
	}
	note := "seat " + s.Number + " forwards to " + to + " (" + reason + ")"
	if why := a.unforwardable(r, s, to); why != "" {
		a.counters.Unforwarded.Add(1)
		r.notes = append(r.notes, note+": "+why)
		return nil
	}
	*r.total++
	next := *r
	next.diversion = &diversion{path: append(slices.Clip(r.path), diverted{s, reason}), told: r.told, total: r.total}
	var stages []b2bua.Stage
	d := r.tenant.Plan().Decide(r.dials(s, to))
	switch step := d.Step.(type) {
	case dialplan.Ring:
		stages = a.ringStages(ctx, &next, step)
	case dialplan.Trunk:
		stages = a.trunkStages(&next, step)
	}
	r.notes = append(append(r.notes, note+": "+plan.Describe(d.Step)), next.notes...)
	return stages
}

// unforwardable tells why a call may not be forwarded to a number, or nothing.
func (a *Admission) unforwardable(r *request, s seat.Seat, to string) string {
	if n, ok := r.tenant.Emergency.Match(to); ok {
		return "it reaches " + n + ", an emergency number"
	}
	switch {
	case r.tenant.Plan() == nil:
		return "no plan is published"
	case len(r.path)+r.told >= maxDiversions:
		return fmt.Sprintf("it was forwarded %d times already", maxDiversions)
	case *r.total >= maxForwards:
		return fmt.Sprintf("%d numbers were looked up for the call already", maxForwards)
	case slices.ContainsFunc(r.path, func(d diverted) bool { return d.seat.Number == s.Number }):
		return "it goes round in a circle"
	}
	return ""
}

// setForward changes where calls to the caller go, if the number leads somewhere.
func (a *Admission) setForward(ctx context.Context, r *request, step dialplan.Forward, p *b2bua.Program) {
	if step.Number != "" {
		why := a.unforwardable(r, r.seat, step.Number)
		d := r.tenant.Plan().Decide(r.dials(r.seat, step.Number))
		switch to := d.Step.(type) {
		case dialplan.Ring, dialplan.Trunk:
		case dialplan.Reject:
			why = to.Reason
		default:
			why = "nobody answers there"
		}
		if why != "" {
			p.Why = append(p.Why, "not forwarded to "+step.Number+": "+why)
			v := cause.Verdict{Status: 403, Q850: 21, Reason: "Calls cannot be forwarded to " + step.Number, Fault: cause.Caller}
			p.Refuse = &v
			return
		}
	}
	a.setFeature(ctx, r, p, prompts(plan.OwnNumber, step.Number), func(f *seat.Features) {
		*f.Forward.Number(seat.When(step.When)) = step.Number
	})
}

// setFeature changes what the caller has set, and says so: by a tone and the prompts.
func (a *Admission) setFeature(ctx context.Context, r *request, p *b2bua.Program, said []string, edit func(*seat.Features)) {
	_, err := a.cfg.Directory.EditFeatures(ctx, r.tenant.Name, r.seat.Number, edit)
	switch {
	case errors.Is(err, state.ErrUnavailable), errors.Is(err, state.ErrConflict):
		a.counters.StoreAway.Add(1)
		v := cause.Verdict{Status: 503, Q850: 41, Reason: "Try again", Fault: cause.Us}
		p.Refuse = &v
	case err != nil:
		v := cause.Verdict{Status: 403, Q850: 21, Reason: "It cannot be set", Fault: cause.Caller}
		p.Refuse, p.Why = &v, append(p.Why, err.Error())
	default:
		p.App, p.Prompts = b2bua.AppPlay, append([]string{"done"}, said...)
	}
}
