// Package admission decides who may begin something and where a call goes. It
// recognises trunks by their source, has seats prove who they are, sees emergency
// calls before every rule, asks the plan, and turns the answer into the parties
// that a call rings (b2bua.Program).
//
// # Contract
//
// Admit, Register and Authenticate read the stores and may block until their
// context ends; Challenge does not block. They keep nothing but the calls that
// are let through and not recorded yet (b2bua.Program.Settled), for the limits of seats:
// what they know is in the configuration given to New, the directory of seats and the
// plan of the moment. Safe for concurrent use.
//
// # Decisions
//
//   - Which tenant a seat's request means is said by the domain of its address of
//     record, else by that of the Request-URI: the tenant's realm or name. A request
//     that names neither, such as that of a phone which knows the node by its
//     address alone, means the tenant of the listener, and is refused if the
//     listener has none. The user is never looked at: the realm of a challenge
//     would tell which seats exist.
//   - Nobody but an authenticated seat or a recognised trunk can call anything.
//     From, P-Asserted-Identity and the like of others are never believed.
//   - A seat's number towards trunks is its presentation number, or the one that it
//     asks for (P-Preferred-Identity) among those that the tenant may present. Its
//     network number is that of its site. It withholds by Privacy, an anonymous From
//     or the prefix that it dials (number.Prefix), which counts most.
//   - Another node is believed for whom it asks for a place in a call (b2bua.ForNode), by
//     the link between nodes alone. From a wire the same words say nothing.
//   - An emergency call needs an authenticated seat and nothing else: disabled,
//     unregistered or barred alike. It tries every trunk of the tenant.
//   - For CallbackTime after an emergency call, a call to the number that was
//     presented rings that seat, then its desk, before any plan.
//   - A seat has no more calls at once than its limit on each node: calls under decision
//     count. A stage that rings later is decided about at the beginning: it may find the
//     seat with one more. So may a call that is transferred or given back. Calls that a
//     seat has on other nodes do not count.
//   - What a seat is told says what to do ("Seat 1002 has no phone registered");
//     what a carrier is told says nothing about seats.
package admission

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
	"golang.org/x/time/rate"

	"strowger/dialplan"
	"strowger/dialplan/plan"
	"strowger/dialplan/service"
	"strowger/sip/auth"
	"strowger/sip/guard"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/seat"
	"strowger/sip/security"
	"strowger/sip/state"
	"strowger/sip/transport"
	"strowger/sip/trunk"
)

// CallbackTime is how long a call from the emergency services is recognised.
const CallbackTime = 60 * time.Minute

// EmergencyRing is how long an emergency call rings at each trunk.
const EmergencyRing = 3 * time.Minute

// Tenant is what admission must know of a tenant.
type Tenant struct {
	Name            string
	Realm           string
	Numbering       dialplan.Numbering
	Emergency       dialplan.Emergency
	Service         *service.Policy // what seats may call; nil means everything
	SeatCalls       int             // calls at once of a seat that says nothing; 0 means any
	EmergencyTrunks []string        // tried first, then every other trunk of the tenant
	Presents        []string        // numbers that its seats may present, as number.InRange has them; none means their own
	Presentation    string          // what is presented for a seat that has none of them; "" means its site's number
	Heard           *leg.Heard      // what it hears of the switch; see leg.Party
	plan            atomic.Pointer[published]
}

// published is a version of a plan.
type published struct {
	table   *plan.Table
	version string
}

// SetPlan publishes a version of the plan; calls that were admitted go on with theirs.
func (t *Tenant) SetPlan(p *plan.Table, version string) { t.plan.Store(&published{p, version}) }

// Plan is the plan of the moment, or nil.
func (t *Tenant) Plan() *plan.Table { return t.current().table }

// Version is that of the plan of the moment, "" if there is none.
func (t *Tenant) Version() string { return t.current().version }

// unpublished is what a tenant has before its first plan.
var unpublished published

func (t *Tenant) current() *published {
	if p := t.plan.Load(); p != nil {
		return p
	}
	return &unpublished
}

// Registrar answers authenticated REGISTERs.
type Registrar interface {
	Handle(ctx context.Context, now time.Time, req *sip.Request, flow transport.Flow) *sip.Response
}

// Desk knows how the trunks do. Its methods do not block.
type Desk interface {
	// Sort parts the ways to a trunk into those that should have a call and those that
	// should have it only if no other is left, each in their order.
	Sort(now time.Time, t *trunk.Trunk, ways []trunk.Way) (good, rest []trunk.Way)
	// Disabled tells whether an operator has taken a tenant's trunk out of use.
	Disabled(tenant, name string) bool
	// Registered is the trunk that has a user for our contact and sends by the flow, or
	// nil.
	Registered(f transport.Flow, user string) *trunk.Trunk
	// Answer answers a trunk's challenges of calls; nil if the trunk has no credentials.
	Answer(t *trunk.Trunk) leg.Answer
}

// undisturbed is for an admission without a desk: every trunk is as good as the next.
type undisturbed struct{}

func (undisturbed) Sort(_ time.Time, _ *trunk.Trunk, ways []trunk.Way) (good, rest []trunk.Way) {
	return ways, nil
}
func (undisturbed) Disabled(string, string) bool                   { return false }
func (undisturbed) Registered(transport.Flow, string) *trunk.Trunk { return nil }
func (undisturbed) Answer(*trunk.Trunk) leg.Answer                 { return nil }

// Config is what admission needs; every field but Desk, Chance and Log must be set.
type Config struct {
	Node    string // this node's name, as flows carry it
	Tenants []*Tenant
	Trunks  *trunk.Set
	Desk    Desk // nil: no trunk is disabled, and all addresses are healthy
	// Chance returns a number from 0 to n-1: it shares calls among the trunks of a
	// group. nil: by chance.
	Chance func(n int) int
	// Overrides tells what operators have set aside of the plans; nil: nothing.
	Overrides Overrides
	Directory *seat.Directory
	Store     state.Store
	Local     bool // Store is in this process: only durable writes wait
	Auth      *auth.Authenticator
	Guard     *guard.Gate // with the same Auth
	Registrar Registrar
	// Algorithms are the digests that a listener offers, the preferred first.
	Algorithms func(listener string) []string
	// Home is the tenant of a listener's requests that name none; "" refuses them.
	Home func(listener string) string
	// Sound is how the sound of a network's seats is secured that say nothing else. nil
	// means by the zero value.
	Sound    func(network string) leg.Sound
	Attempts *seat.Attempts
	// Calls is how many calls a seat has in the record. nil means that no limit holds.
	Calls  func(tenant, number string) int
	Events security.Reporter // nil means nobody wants to know
	Sender transport.Sender
	Log    *slog.Logger
}

// Counters of admission.
type Counters struct {
	Challenged       atomic.Uint64 // requests without credentials
	Refused          atomic.Uint64 // requests with wrong credentials
	Emergencies      atomic.Uint64 // emergency calls
	Callbacks        atomic.Uint64 // calls to a number that an emergency call presented
	NotInPlan        atomic.Uint64 // calls to a number that no entry matches
	StoreAway        atomic.Uint64 // requests refused because the store did not answer
	TrunkBlocked     atomic.Uint64 // targets left out because the network may not send there
	TrunkUnknown     atomic.Uint64 // calls to a trunk of which no target resolves to an address
	NotRedirected    atomic.Uint64 // contacts of a trunk's 3xx that are none of its own addresses
	TrunkOff         atomic.Uint64 // calls of or to a trunk that an operator has disabled
	Unforwarded      atomic.Uint64 // forwards that were not followed: a circle, too many, an emergency number
	Replaced         atomic.Uint64 // presentation numbers that were not the tenant's to present
	Impossible       atomic.Uint64 // calls refused because they want an unknown privacy or none
	ClassRefused     atomic.Uint64 // calls that the seat's class of service does not allow
	SuperviseRefused atomic.Uint64 // codes to supervise of seats that may not
	SeatFull         atomic.Uint64 // calls of or to a seat that has as many as it may
	NoTenant         atomic.Uint64 // requests that named no tenant, on a listener that has none
}

// Admission is the decision maker of a node.
type Admission struct {
	cfg      Config
	tenants  map[string]*Tenant
	counters Counters
	claims   claims
	lines    *rate.Limiter // of the log, about what strangers cause
}

// New returns the admission of a node.
func New(cfg Config) *Admission {
	if cfg.Events == nil {
		cfg.Events = security.Discard{}
	}
	if cfg.Desk == nil {
		cfg.Desk = undisturbed{}
	}
	if cfg.Chance == nil {
		cfg.Chance = rand.IntN
	}
	if cfg.Sound == nil {
		cfg.Sound = func(string) leg.Sound { return leg.Sound{} }
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	a := &Admission{cfg: cfg, tenants: map[string]*Tenant{}, lines: rate.NewLimiter(1, 10)}
	for _, t := range cfg.Tenants {
		a.tenants[t.Name] = t
	}
	return a
}

// Counters are the live figures.
func (a *Admission) Counters() *Counters { return &a.counters }

// Tenant returns a tenant by name, or nil.
func (a *Admission) Tenant(name string) *Tenant { return a.tenants[name] }

// TenantFor is the tenant that a seat's request means: the first that one of the
// domains is the realm or name of, else that of the listener. nil, counted and
// logged, if there is none.
func (a *Admission) TenantFor(listener string, domains ...string) *Tenant {
	for _, domain := range domains {
		for _, t := range a.cfg.Tenants {
			if strings.EqualFold(t.Realm, domain) || strings.EqualFold(t.Name, domain) {
				return t
			}
		}
	}
	if t := a.tenants[a.cfg.Home(listener)]; t != nil {
		return t
	}
	a.counters.NoTenant.Add(1)
	if a.lines.Allow() {
		a.cfg.Log.Warn("request refused, because it names no tenant: give the phone a tenant's realm for its domain, or the listener a tenant",
			"listener", listener, "domains", domains)
	}
	return nil
}

// trunkOf is the trunk that a request came from, or nil: by its source, its
// certificate, or the contact that only it knows.
func (a *Admission) trunkOf(req *sip.Request, f transport.Flow) *trunk.Trunk {
	if t := a.cfg.Trunks.BySource(f.Network, f.Remote.Addr()); t != nil {
		return t
	}
	if t := a.cfg.Trunks.ByCertificate(f); t != nil {
		return t
	}
	return a.cfg.Desk.Registered(f, req.Recipient.User)
}

// local clears the name of this node from a stored flow.
func (a *Admission) local(f transport.Flow) transport.Flow {
	if f.Node == a.cfg.Node {
		f.Node = ""
	}
	return f
}

// Instant tells whether a decision about a request waits for nothing: the store is
// in this process, and no removal of bindings has to reach the disk first.
func (a *Admission) Instant(req *sip.Request) bool {
	if !a.cfg.Local {
		return false
	}
	if req.Method != sip.REGISTER {
		return true
	}
	all, allOK := message.Expires(req)
	for _, c := range message.Contacts(req) {
		seconds, ok := message.ContactExpires(c)
		if !ok {
			seconds, ok = all, allOK
		}
		if ok && seconds == 0 {
			return false
		}
	}
	return true
}
