// Package carrier looks after the trunks of a node while it runs: whether their
// addresses take calls, how many calls they have, and whether an operator has taken a
// trunk out of use. What a trunk is stands in package trunk; how addresses are judged in
// trunk/health.
//
// # Contract
//
//   - What calls tell (Heard, Failed) and ask (Sort, Disabled) never waits.
//   - An address that takes no calls is tried last, never left out: if none is
//     healthy, calls try them all.
//   - OPTIONS go to every address of a trunk that has an interval for it, sooner
//     while its state is in doubt. Any answer says that it is there, whatever its
//     status, but for 408 (something before it speaks for who is silent) and 503.
//   - Loopback addresses are asked only of a trunk that is stated to answer.
//   - Limits of channels and rates are of all nodes together. The nodes tell each other
//     twice a second what calls they have and began (shareEvery); nothing is asked
//     while a call waits. See the error below.
//   - A node that stops gives its registrations up, within LeaveTime.
//   - What an operator disables is in the store: it holds for every node, and
//     after a restart. Emergency calls go by a disabled trunk when no other is left.
//
// # Limits over several nodes
//
// Each node takes from a limit what the others said last. So a limit of channels is
// exceeded by no more than the calls that came to the other nodes within shareEvery and
// the time of an answer: of c calls a second in all, about c/2. At the worst, when
// bursts come to all of n nodes at once, each takes what was free: n-1 times that too
// many. Nothing that was free everywhere is refused. A bucket holds the calls of a
// second, and those begun elsewhere are taken from it: n nodes may begin those of n
// seconds at once, and then all wait until that is made up for, so that over ten
// seconds the rate holds. Calls begun before a node was heard, or while it was not for
// shareTime, are not made up for.
//
// A node that does not answer has what it said last, until it is no member of the
// cluster any more (cluster.Lease). Nodes that live and do not hear each other go on
// so, each with the limit less what the others had; one that was never heard has
// nothing. Channels reserved for urgent calls are those of all nodes too; no limit
// stops an urgent call anywhere.
//
// # Ownership
//
// A Desk has one goroutine, and in a cluster another, from Start to Close, at most
// MaxProbes helpers, and one for each node that is asked. It waits for all of them.
package carrier

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/news"
	"strowger/sip/state"
	"strowger/sip/transport"
	"strowger/sip/trunk"
	"strowger/sip/trunk/channel"
	"strowger/sip/trunk/health"
	"strowger/sip/trunk/registration"
)

// Limits.
const (
	MaxProbes    = 64               // addresses that are asked at once
	ProbeTimeout = 5 * time.Second  // for the answer to an OPTIONS
	Doubt        = 5 * time.Second  // at most between two OPTIONS while the state is in doubt
	MinInterval  = 5 * time.Second  // between two OPTIONS, as a trunk may ask for
	sweep        = time.Second      // how exact the intervals are
	rereadEvery  = 30 * time.Second // the store, if news of it may be lost
)

// Counters of a Desk.
type Counters struct {
	Probes       atomic.Uint64 // OPTIONS sent
	ProbesFailed atomic.Uint64 // OPTIONS without an answer that counts
	ProbesLate   atomic.Uint64 // OPTIONS put off, because MaxProbes were under way
	CallFailures atomic.Uint64 // calls that an address did not answer, or with 503
	WentDown     atomic.Uint64 // addresses that took no more calls
	CameUp       atomic.Uint64 // addresses that took calls again
	Down         atomic.Int64  // addresses that take no calls, at present

	Registers       atomic.Uint64 // REGISTERs sent to trunks
	RegistersFailed atomic.Uint64 // tries to register that failed
	PeersSilent     atomic.Uint64 // questions to other nodes that were not answered
	NotAnswered     atomic.Uint64 // challenges without credentials of ours, or of a realm that is not the trunk's
	Registered      atomic.Int64  // trunks that we are registered with, at present
}

// Asker sends requests outside of calls: an *exchange.Exchange.
type Asker interface {
	Ask(ctx context.Context, f transport.Flow, build func(branch, tag string) *sip.Request) (*sip.Response, error)
}

// Config is what a Desk needs; every field but Tenants and Peers must be set.
type Config struct {
	Trunks *trunk.Set
	// Tenants limit the calls of all trunks of a tenant, by its name.
	Tenants map[string]channel.Limits
	Store   state.Store
	Sender  transport.Sender
	Log     *slog.Logger
	Peers   news.Peers // nil: limits are those of this node
}

// name is a trunk: its tenant and its own.
type name [2]string

func nameOf(t *trunk.Trunk) name { return name{t.Tenant, t.Name} }

// place is an address of a network.
type place struct {
	network string
	addr    netip.AddrPort
	proto   transport.Proto
}

// site is where something comes from.
type site struct {
	network string
	addr    netip.Addr
}

// address is what is known of a place.
type address struct {
	health.Health
	next   time.Time // when it is asked; zero: at the next sweep
	asking bool
	took   time.Duration // of the last OPTIONS
	seen   time.Time     // when a trunk last had it
}

// Desk looks after trunks. Safe for concurrent use.
type Desk struct {
	cfg      Config
	asker    Asker
	counters Counters

	mu       sync.Mutex
	places   map[place]*address
	switches map[name]Switch // disabled trunks by tenant and name
	leaving  bool            // no more registrations are begun
	trunks   map[name]*channel.Count
	tenants  map[string]*channel.Count
	ways     map[name]*channel.Count // of the plan, by tenant and name, that have calls
	peers    map[string]*peer        // other nodes

	// Made by New, and not changed:
	topic      *news.Topic[struct{}, []share]
	accounts   map[name]*account
	enrolments map[name]*enrolment

	registrars atomic.Pointer[map[site]struct{}] // nil before the first sweep

	news    chan struct{} // the store has other switches
	unwatch func()
	stop    context.CancelFunc
	running sync.WaitGroup
	// enrolling are the helpers that register; of running too.
	enrolling sync.WaitGroup
}

// New returns a desk that knows the switches in the store. Nobody is asked before
// Start.
func New(ctx context.Context, cfg Config) (*Desk, error) {
	d := &Desk{
		cfg: cfg, places: map[place]*address{}, switches: map[name]Switch{}, peers: map[string]*peer{}, news: make(chan struct{}, 1),
	}
	d.topic = d.talk()
	d.count()
	d.open()
	if err := d.readSwitches(ctx); err != nil {
		return nil, err
	}
	d.unwatch = cfg.Store.Watch(switchTable, func(string, string) { d.reread() })
	return d, nil
}

// open makes the accounts and registrations of the trunks that have them.
func (d *Desk) open() {
	d.accounts, d.enrolments = map[name]*account{}, map[name]*enrolment{}
	for _, t := range d.cfg.Trunks.All() {
		if a := t.Account; a != nil {
			d.accounts[nameOf(t)] = &account{user: a.User, password: a.Password, realm: a.Realm}
		}
		if r := t.Registration; r != nil {
			d.enrolments[nameOf(t)] = &enrolment{trunk: t, Machine: registration.Machine{Wish: r.Expires}, user: token(), callID: token()}
		}
	}
}

// Counters are the live figures.
func (d *Desk) Counters() *Counters { return &d.counters }

// Start looks after the trunks until Close.
func (d *Desk) Start(asker Asker) {
	ctx, stop := context.WithCancel(context.Background())
	d.asker, d.stop = asker, stop
	d.running.Go(func() { d.run(ctx) })
	if d.cfg.Peers != nil {
		d.running.Go(func() { d.topic.Run(ctx, d.cfg.Peers) })
	}
}

// Close ends what Start began.
func (d *Desk) Close() {
	d.unwatch()
	if d.stop != nil {
		d.stop()
	}
	d.running.Wait()
}

func (d *Desk) run(ctx context.Context) {
	tick := time.NewTicker(sweep)
	defer tick.Stop()
	var unread time.Time // when to read the switches again; zero: when they change
	free := make(chan struct{}, MaxProbes)
	for {
		d.sweep(ctx, time.Now(), free)
		select {
		case <-ctx.Done():
			return
		case <-d.news:
			unread = time.Now()
		case <-tick.C:
		}
		if now := time.Now(); !unread.IsZero() && !now.Before(unread) {
			unread = time.Time{}
			if err := d.readSwitches(ctx); err != nil && ctx.Err() == nil {
				d.cfg.Log.Warn("which trunks are disabled cannot be read; it will be tried again", "error", err)
				unread = now.Add(rereadEvery)
			}
		}
	}
}
