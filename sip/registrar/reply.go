package registrar

import (
	"crypto/rand"
	"errors"
	mrand "math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/guard"
	"strowger/sip/message"
	"strowger/sip/seat"
)

// Phones that are sent away come back spread over this time, not all at once.
const (
	minRetry = 5 * time.Second
	maxRetry = 20 * time.Second
)

// refusal is a response that says no.
type refusal struct {
	status int
	reason string // "" is the standard one
	name   string // of the header that the status needs; "" if none
	value  string
}

func bad(reason string) *refusal { return &refusal{status: 400, reason: reason} }

// String is the refusal in words, for the operator.
func (no refusal) String() string {
	reason := no.reason
	if reason == "" {
		reason = no.name + ": " + no.value
	}
	return "refused: " + strconv.Itoa(no.status) + " " + reason
}

// respond builds a response with a tag of its own.
func respond(req *sip.Request, status int, reason string) *sip.Response {
	return message.NewResponse(req, status, reason, rand.Text())
}

func add(res *sip.Response, name, value string) { res.AppendHeader(sip.NewHeader(name, value)) }

// refuse answers with no.
func (r *Registrar) refuse(req *sip.Request, no refusal) *sip.Response {
	switch no.status {
	case 500:
		r.counters.OutOfOrder.Add(1)
	case 423:
		r.counters.TooBrief.Add(1)
		fallthrough
	default:
		r.counters.Refused.Add(1)
	}
	res := respond(req, no.status, no.reason)
	if no.name != "" {
		add(res, no.name, no.value)
	}
	return res
}

// reject refuses an authenticated seat, which the operator wants to know.
func (t *try) reject(no refusal) *sip.Response {
	t.note(no.String())
	return t.refuse(t.req, no)
}

func (t *try) challenge(stale bool) *sip.Response {
	t.counters.Challenged.Add(1)
	res := respond(t.req, 401, "")
	for _, c := range t.config.Auth.Challenges(t.now, t.domain.Realm, t.domain.Algorithms, stale) {
		add(res, "WWW-Authenticate", c)
	}
	return res
}

// blocked refuses who failed too often. What the administrator is told is about the
// seat that is claimed, like every verdict.
func (t *try) blocked(err error) *sip.Response {
	t.note(err.Error())
	res := t.refuse(t.req, refusal{status: 403, reason: guard.Refusal})
	if b, ok := errors.AsType[*guard.BlockedError](err); ok {
		res.AppendHeader(b.RetryAfter())
	}
	return res
}

// unavailable answers when the store does not.
func (t *try) unavailable(err error) *sip.Response {
	t.counters.Unavailable.Add(1)
	t.note("store unavailable")
	if t.logLimit.AllowN(t.now, 1) {
		t.config.Log.Warn("registration failed in the store", "tenant", t.domain.Tenant, "seat", t.number, "error", err)
	}
	res := respond(t.req, 503, "")
	wait := minRetry + mrand.N(maxRetry-minRetry)
	add(res, "Retry-After", strconv.Itoa(int(wait/time.Second)))
	return res
}

// ok answers with all bindings of the seat (RFC 3261 section 10.3, step 8).
func (t *try) ok(w wish, bindings []seat.Binding) *sip.Response {
	res := respond(t.req, 200, "")
	for _, b := range bindings {
		add(res, "Contact", contactValue(b, t.now))
	}
	for _, p := range w.path {
		add(res, "Path", p)
	}
	if w.outbound {
		add(res, "Require", "outbound")
	}
	add(res, "Supported", strings.Join(supported, ", "))
	add(res, "Date", t.now.UTC().Format(http.TimeFormat))
	return res
}

// contactValue writes a binding with the seconds it has left, rounded up.
func contactValue(b seat.Binding, now time.Time) string {
	left := (b.Expires.Sub(now) + time.Second - 1) / time.Second
	v := "<" + b.Contact + ">;expires=" + strconv.FormatInt(int64(left), 10)
	if b.Q != 1 {
		v += ";q=" + strconv.FormatFloat(b.Q, 'f', -1, 64)
	}
	if b.Instance != "" {
		v += `;+sip.instance="` + message.Quote(b.Instance) + `"`
	}
	if b.RegID > 0 {
		v += ";reg-id=" + strconv.Itoa(b.RegID)
	}
	return v
}
