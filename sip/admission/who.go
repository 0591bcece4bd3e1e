package admission

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/auth"
	"strowger/sip/cause"
	"strowger/sip/guard"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/transport"
)

// Challenge answers at once a request that shows no credentials and needs some.
func (a *Admission) Challenge(now time.Time, req *sip.Request, flow transport.Flow) (status int, headers []sip.Header, ok bool) {
	if flow.Proto == transport.Node || slices.ContainsFunc(credentials(req), digest) {
		return 0, nil, false
	}
	if req.Method == sip.INVITE && a.trunkOf(req, flow) != nil {
		return 0, nil, false
	}
	if u := req.To().Address; req.Method == sip.REGISTER && u.Scheme != "sip" && u.Scheme != "sips" {
		return 0, nil, false // the registrar refuses it, whoever asks (RFC 4475 section 3.3.4)
	}
	t := a.tenantOf(req, flow)
	if t == nil {
		return 403, nil, true
	}
	a.counters.Challenged.Add(1)
	status, headers = a.challenge(now, req, flow, t, false)
	return status, headers, true
}

// challenge is 401 for REGISTER and SUBSCRIBE, and 407 for calls (RFC 3261 section
// 22).
func (a *Admission) challenge(now time.Time, req *sip.Request, flow transport.Flow, t *Tenant, stale bool) (int, []sip.Header) {
	status, name := 407, "Proxy-Authenticate"
	if req.Method == sip.REGISTER || req.Method == sip.SUBSCRIBE {
		status, name = 401, "WWW-Authenticate"
	}
	var headers []sip.Header
	for _, c := range a.cfg.Auth.Challenges(now, t.Realm, a.cfg.Algorithms(flow.Listener), stale) {
		headers = append(headers, sip.NewHeader(name, c))
	}
	return status, headers
}

// Register answers a REGISTER.
func (a *Admission) Register(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow) *sip.Response {
	flow.Node = a.cfg.Node
	return a.cfg.Registrar.Handle(ctx, now, req, flow)
}

// Authenticate tells whether a request of a dialog, which came by another flow
// than before, is really from the seat.
func (a *Admission) Authenticate(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow, party leg.Party) (ok bool, status int, headers []sip.Header) {
	t := a.tenants[party.Tenant]
	if t == nil {
		return false, 403, nil
	}
	s, refusal, headers := a.seatOf(ctx, now, req, flow, t)
	switch {
	case refusal != nil:
		return false, refusal.Status, headers
	case s.Number != party.Name:
		return false, 403, nil
	}
	return true, 0, nil
}

// seatOf authenticates the seat that sent a request; a refusal has its headers.
func (a *Admission) seatOf(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow, t *Tenant) (s seat.Seat, refusal *cause.Verdict, headers []sip.Header) {
	emergency := func() bool { return req.IsInvite() && a.Emergency(req) }
	res := a.cfg.Guard.Verify(ctx, now, guard.Claim{Request: req, Flow: flow, Tenant: t.Name, Emergency: emergency, Auth: auth.Request{
		Method: string(req.Method), URI: req.Recipient.String(), Realm: t.Realm,
		Algorithms: a.cfg.Algorithms(flow.Listener), Headers: credentials(req),
	}}, func(user string) (_ []seat.Credential, err error) {
		s, err = a.cfg.Directory.Seat(ctx, t.Name, user)
		if err != nil && !errors.Is(err, state.ErrNotFound) && emergency() {
			// A store that is away does not stop a call for help from a seat we know.
			if known, ok := a.cfg.Directory.Known(t.Name, user); ok {
				s, err = known, nil
			}
		}
		return s.Credentials, err
	})
	a.note(now, t, res, flow, req.Method)
	switch res.Verdict {
	case auth.OK:
		return s, nil, nil
	case auth.Unavailable:
		a.counters.StoreAway.Add(1)
		v := cause.Verdict{Status: 503, Q850: 41, Reason: "Try again", Fault: cause.Us}
		return s, &v, []sip.Header{sip.NewHeader("Retry-After", "5")}
	case auth.Malformed:
		v := cause.Verdict{Status: 400, Q850: 127, Reason: "Unreadable credentials", Fault: cause.Caller}
		return s, &v, nil
	case auth.Blocked:
		v := cause.Verdict{Status: 403, Q850: 21, Reason: guard.Refusal, Fault: cause.Caller}
		if b, ok := errors.AsType[*guard.BlockedError](res.Err); ok {
			headers = []sip.Header{b.RetryAfter()}
		}
		return seat.Seat{}, &v, headers
	case auth.NoCredentials, auth.Stale, auth.Replay, auth.Wrong:
	}
	a.counters.Refused.Add(1)
	status, challenges := a.challenge(now, req, flow, t, res.Stale())
	v := cause.New(status, "", cause.Caller)
	return seat.Seat{}, &v, challenges
}

// note writes down what a seat tried, for its administrator.
func (a *Admission) note(now time.Time, t *Tenant, res auth.Result, flow transport.Flow, method sip.RequestMethod) {
	known := res.Known
	if res.Verdict == auth.Blocked {
		_, known = a.cfg.Directory.Known(t.Name, res.User)
	}
	if res.User == "" || !known { // a stranger may not push out what seats tried
		return
	}
	kind := "call"
	if method == sip.SUBSCRIBE {
		kind = "subscribe"
	}
	a.cfg.Attempts.Record(t.Name, res.User, seat.Attempt{
		At: now, Kind: kind, Source: flow.Remote, Proto: flow.Proto, Verdict: res.Verdict.String(),
	})
}

// credentials are those of either header: phones answer a 407 with one or the
// other.
func credentials(req *sip.Request) []string {
	return append(message.Headers(req, "Proxy-Authorization"), message.Headers(req, "Authorization")...)
}

// digest tells whether credentials are of the scheme that we know. Any other counts as
// none (RFC 4475 section 3.3.7).
func digest(credentials string) bool {
	scheme, _, _ := strings.Cut(credentials, " ")
	return strings.EqualFold(scheme, "Digest")
}

// tenantOf is the tenant that a request means, or nil. The address of record is To
// of a REGISTER and From of anything else.
func (a *Admission) tenantOf(req *sip.Request, flow transport.Flow) *Tenant {
	record := req.From().Address
	if req.Method == sip.REGISTER {
		record = req.To().Address
	}
	return a.TenantFor(flow.Listener, record.Host, req.Recipient.Host)
}
