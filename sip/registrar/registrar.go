package registrar

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
	"golang.org/x/time/rate"

	"strowger/sip/auth"
	"strowger/sip/guard"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/state"
	"strowger/sip/transport"
)

// Limits.
const (
	MaxTries = 8   // readings of a record that others keep changing
	MaxText  = 512 // bytes of a contact, Path, Call-ID or instance
	MaxPaths = 8   // proxies on the way to a phone

	maxAgent = 128 // bytes of a User-Agent that are kept
)

// Directory is where seats and bindings are kept: seat.config.Directory.
type Directory interface {
	Seat(ctx context.Context, tenant, number string) (seat.Seat, error)
	Bindings(ctx context.Context, tenant, number string) ([]seat.Binding, state.Rev, error)
	PutBindings(ctx context.Context, tenant, number string, b []seat.Binding, expect state.Rev, late bool) error
}

// Attempts remembers what came of a seat's tries: seat.config.Attempts. The number is what
// the request claims; a seat of that number need not exist. Record must not block.
type Attempts interface {
	Record(tenant, number string, at seat.Attempt)
}

// Domain is what a listener serves.
type Domain struct {
	Tenant     string
	Realm      string   // of the tenant
	Algorithms []string // offered to phones, in order of preference
}

// Lifetimes bound how long a registration lasts.
type Lifetimes struct {
	Min     time.Duration // less is refused with 423; 0 means 60 s
	Default time.Duration // if the phone does not say; 0 means 600 s
	Max     time.Duration // more is shortened; 0 means 3600 s
}

func (l *Lifetimes) setDefaults() {
	l.Min = cmp.Or(l.Min, 60*time.Second)
	l.Default = cmp.Or(l.Default, 600*time.Second)
	l.Max = cmp.Or(l.Max, 3600*time.Second)
}

// Config is what a Registrar works with. All fields but Node, OnChange and Log are
// needed.
type Config struct {
	Node      string // written into flows that other nodes read; "" on a single node
	Auth      *auth.Authenticator
	Guard     *guard.Gate // with the same Auth
	Directory Directory
	Attempts  Attempts
	// Domain returns what the listener of a flow serves to a phone that names these
	// hosts, in To and in the Request-URI; false means no registrations.
	Domain func(f transport.Flow, hosts ...string) (Domain, bool)
	// OnChange is told when contacts of a seat appear or vanish by a REGISTER;
	// nil means nobody wants to know. It must not block.
	OnChange func(tenant, number string)
	// Lifetimes are those of registrations; zero fields have their defaults.
	Lifetimes Lifetimes
	Log       *slog.Logger // nil means slog.Default()
}

// Counters count what a Registrar did.
type Counters struct {
	Requests    atomic.Uint64 // REGISTERs handled
	Challenged  atomic.Uint64 // answered with 401, for whatever reason
	Registered  atomic.Uint64 // 200 with a binding made or refreshed
	Removed     atomic.Uint64 // 200 with bindings removed and none made
	Queries     atomic.Uint64 // 200 without a change
	Refused     atomic.Uint64 // answered with 4xx other than 401
	TooBrief    atomic.Uint64 // of these, 423
	OutOfOrder  atomic.Uint64 // an older CSeq of the same Call-ID, answered with 500
	Evicted     atomic.Uint64 // bindings that gave way because of seat.MaxBindings
	Conflicts   atomic.Uint64 // writes repeated because another changed the record
	Unavailable atomic.Uint64 // answered with 503
}

// Registrar answers REGISTER. Safe for concurrent use.
type Registrar struct {
	config   Config
	counters Counters
	logLimit *rate.Limiter
}

// New returns a Registrar.
func New(c Config) *Registrar {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	c.Lifetimes.setDefaults()
	if c.OnChange == nil {
		c.OnChange = func(string, string) {}
	}
	return &Registrar{config: c, logLimit: rate.NewLimiter(rate.Every(time.Second), 10)}
}

// Counters returns the registrar's counters.
func (r *Registrar) Counters() *Counters { return &r.counters }

// Handle answers one REGISTER that came by flow, reading and writing the
// directory within ctx.
func (r *Registrar) Handle(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow) *sip.Response {
	r.counters.Requests.Add(1)
	domain, ok := r.config.Domain(flow, req.To().Address.Host, req.Recipient.Host)
	if !ok {
		return r.refuse(req, refusal{status: 403, reason: "This Listener Takes No Registrations Of That Domain"})
	}
	if no := checkRequire(req); no != nil {
		return r.refuse(req, *no)
	}
	if u := req.To().Address; u.Scheme != "sip" && u.Scheme != "sips" {
		return r.refuse(req, refusal{status: 400, reason: "To Is No SIP URI"})
	}
	number, ok := seatNumber(req.To())
	if !ok {
		if len(message.Headers(req, "Authorization")) > 0 {
			r.config.Guard.Unknown(now, guard.Claim{Request: req, Flow: flow, Tenant: domain.Tenant}, number)
		}
		return r.refuse(req, refusal{status: 404, reason: "To Names No Seat: Its User Is 2 To 15 Digits"})
	}
	t := try{Registrar: r, req: req, flow: flow, now: now, domain: domain, number: number}
	return t.handle(ctx)
}

// try is the handling of one REGISTER.
type try struct {
	*Registrar
	req    *sip.Request
	flow   transport.Flow
	now    time.Time
	domain Domain
	number string // of the seat that To names
}

func (t *try) handle(ctx context.Context) *sip.Response {
	s, denied := t.authenticate(ctx)
	if denied != nil {
		return denied
	}
	if no := t.authorize(s); no != nil {
		return t.reject(*no)
	}
	w, no := readWish(t.req, t.config.Lifetimes, t.now)
	if no != nil {
		return t.reject(*no)
	}
	flow := t.flow
	if flow.Node == "" {
		flow.Node = t.config.Node
	}
	for i := range w.contacts {
		w.contacts[i].Flow = flow
	}
	return t.update(ctx, w)
}

// authenticate returns the seat that proved its password, or the response to who
// did not.
func (t *try) authenticate(ctx context.Context) (seat.Seat, *sip.Response) {
	var found seat.Seat
	result := t.config.Guard.Verify(ctx, t.now, guard.Claim{Request: t.req, Flow: t.flow, Tenant: t.domain.Tenant, Auth: auth.Request{
		Method: string(t.req.Method), URI: t.req.Recipient.String(), Realm: t.domain.Realm,
		Algorithms: t.domain.Algorithms, Headers: message.Headers(t.req, "Authorization"),
	}}, func(user string) ([]seat.Credential, error) {
		if !isNumber(user) {
			return nil, state.ErrNotFound
		}
		var err error
		found, err = t.config.Directory.Seat(ctx, t.domain.Tenant, user)
		return found.Credentials, err
	})
	switch result.Verdict {
	case auth.OK:
		return found, nil
	case auth.Malformed:
		t.note("malformed credentials: " + result.Err.Error())
		return found, t.refuse(t.req, refusal{status: 400, reason: "Malformed Authorization"})
	case auth.Unavailable:
		return found, t.unavailable(result.Err)
	case auth.Blocked:
		return found, t.blocked(result.Err)
	case auth.Wrong:
		verdict := "wrong password"
		if !result.Known {
			verdict = "unknown user"
		}
		t.note(verdict)
	case auth.Stale, auth.Replay:
		t.note(result.Verdict.String())
	case auth.NoCredentials: // how every phone begins
	}
	return found, t.challenge(result.Stale())
}

// authorize tells why an authenticated seat may not register here, or nil.
func (t *try) authorize(s seat.Seat) *refusal {
	switch {
	case s.Number != t.number:
		return &refusal{status: 403, reason: "Authenticated As " + s.Number + ", Which May Not Register " + t.number}
	case s.Disabled:
		return &refusal{status: 403, reason: "Seat " + s.Number + " Is Disabled"}
	case s.Network != "" && s.Network != t.flow.Network:
		return &refusal{status: 403, reason: "Seat " + s.Number + " Belongs To Another Network"}
	}
	return nil
}

// update writes what the phone wishes and answers with what is bound then.
func (t *try) update(ctx context.Context, w wish) *sip.Response {
	for range MaxTries {
		stored, rev, err := t.config.Directory.Bindings(ctx, t.domain.Tenant, t.number)
		if err != nil {
			return t.unavailable(err)
		}
		c, no := w.apply(stored, t.now)
		if no != nil {
			return t.reject(*no)
		}
		if !w.query() && (rev != state.None || len(c.after) > 0) {
			err = t.config.Directory.PutBindings(ctx, t.domain.Tenant, t.number, c.after, rev, c.late)
		}
		switch {
		case errors.Is(err, state.ErrConflict):
			t.counters.Conflicts.Add(1)
			continue
		case err != nil:
			return t.unavailable(err)
		}
		return t.accept(w, c)
	}
	return t.unavailable(state.ErrConflict)
}

// accept counts and reports a change that is in the store, and answers it.
func (t *try) accept(w wish, c change) *sip.Response {
	switch {
	case w.query():
		t.counters.Queries.Add(1)
	case w.adds():
		t.counters.Registered.Add(1)
	default:
		t.counters.Removed.Add(1)
	}
	t.counters.Evicted.Add(uint64(c.evicted))
	t.note("ok")
	if c.differs {
		t.config.OnChange(t.domain.Tenant, t.number)
	}
	return t.ok(w, c.after)
}

func (t *try) note(verdict string) {
	t.config.Attempts.Record(t.domain.Tenant, t.number, seat.Attempt{
		At: t.now, Kind: "register", Source: t.flow.Remote, Proto: t.flow.Proto, Verdict: verdict,
	})
}

// seatNumber returns the user of To, which the caller may keep.
func seatNumber(to *sip.ToHeader) (string, bool) {
	user := message.Unescape(to.Address.User)
	return strings.Clone(user), isNumber(user)
}

func isNumber(s string) bool {
	if len(s) < 2 || len(s) > 15 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
