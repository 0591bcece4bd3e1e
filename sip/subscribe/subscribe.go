package subscribe

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/deadline"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Name is a seat, or a place where calls are parked, of a tenant.
type Name struct {
	Tenant string `json:"t"`
	Number string `json:"n"`
}

// Package is an event package.
type Package uint8

// The packages.
const (
	Dialog  Package = iota + 1 // RFC 4235
	Summary                    // RFC 3842
)

// AllowEvents lists the packages, for 489 and OPTIONS.
const AllowEvents = "dialog, message-summary"

// Times of a subscription.
const (
	MinExpires     = time.Minute      // a shorter wish is refused (423)
	DefaultExpires = time.Hour        // if the phone does not say; also the most
	gap            = time.Second      // between two NOTIFYs of one subscription
	troubled       = 30 * time.Second // before the next, when the phone said 5xx
)

// Limits bound a Book. A zero field means its default.
type Limits struct {
	Subscriptions int // in all; 0 means 200,000
	PerSeat       int // of one seat; 0 means 200
	Rate          int // NOTIFYs a second, in all; 0 means 2,000
}

func (l *Limits) setDefaults() {
	if l.Subscriptions <= 0 {
		l.Subscriptions = 200_000
	}
	if l.PerSeat <= 0 {
		l.PerSeat = 200
	}
	if l.Rate <= 0 {
		l.Rate = 2000
	}
}

// Counters count what a Book did. They may be read at any time.
type Counters struct {
	Live       atomic.Int64  // subscriptions that stand
	Begun      atomic.Uint64 // subscriptions that were granted, fetches included
	Refreshed  atomic.Uint64 // subscriptions that were lengthened or ended by their phone
	Full       atomic.Uint64 // SUBSCRIBEs refused by the limit of all
	SeatFull   atomic.Uint64 // SUBSCRIBEs refused by the limit of one seat
	Unknown    atomic.Uint64 // SUBSCRIBEs of a subscription that is not here, answered with 481
	Notified   atomic.Uint64 // NOTIFYs sent
	Paced      atomic.Uint64 // times that NOTIFYs waited for the allowance of all
	Expired    atomic.Uint64 // subscriptions that were not refreshed in time
	Refused    atomic.Uint64 // subscriptions ended by how their phone answered NOTIFY
	Unreached  atomic.Uint64 // subscriptions ended because their phone did not answer, or its flow is gone
	Replaced   atomic.Uint64 // subscriptions that a restarted phone subscribed anew
	FellBehind atomic.Uint64 // times that another node was told all, because the journal was too short
}

// Effects is what a Book does.
type Effects interface {
	// Token returns a new unguessable word that leads back to the book's strand.
	Token() string
	Respond(now time.Time, tx *transaction.Server, res *sip.Response)
	// Start sends a request; its owner is told of the answer.
	Start(now time.Time, req *sip.Request, f transport.Flow, owner any) *transaction.Client
	// Stands tells whether a flow is there to send by.
	Stands(f transport.Flow) bool
}

// Held is the subscription that a SUBSCRIBE is of. The zero value is none.
type Held struct {
	Subscriber Name
	Watched    string // number of the resource
	Known      bool   // the request came by the flow of the subscription
}

// Grant is what was decided about a SUBSCRIBE before the Book is asked.
type Grant struct {
	Subscriber Name // who asks
	Resource   Name // what it watches
	Messages   Messages
}

// warmUp is how long calls have to tell what their seats do when somebody begins to
// watch: nobody is told before.
const warmUp = 200 * time.Millisecond

// interest is how long another node's question keeps this node telling.
const interest = 30 * time.Second

// Book has the subscriptions of a node and what they watch. See the package comment
// for who may use it. The zero value is not usable: see New.
type Book struct {
	limits    Limits
	counters  Counters
	byTag     map[string]*Subscription // by our tag
	bySeat    map[Name]int             // how many each seat has
	byConn    map[uint64]map[*Subscription]bool
	resources map[Name]*resource
	due       deadline.Queue[*Subscription]
	allowed   allowance
	journal   journal
	asked     time.Time // by another node, the last time; zero if that is long ago
	warm      time.Time // when calls have told what their seats do
}

// New returns an empty book. Its epoch is one that no earlier book of the node had.
func New(l Limits, epoch uint64) *Book {
	l.setDefaults()
	return &Book{
		limits: l, allowed: allowance{rate: float64(l.Rate), most: float64(max(l.Rate/10, 1))},
		byTag: map[string]*Subscription{}, bySeat: map[Name]int{}, byConn: map[uint64]map[*Subscription]bool{},
		resources: map[Name]*resource{}, journal: journal{epoch: epoch},
	}
}

// Counters are the live figures.
func (b *Book) Counters() *Counters { return &b.counters }

// Watching tells whether anybody has a subscription here.
func (b *Book) Watching() bool { return len(b.byTag) > 0 }

// Wanted tells whether anybody wants to know what seats do: a phone here or another
// node.
func (b *Book) Wanted(now time.Time) bool {
	return b.Watching() || !b.asked.IsZero() && now.Before(b.asked.Add(interest))
}

// Deadline is when Tick is due; zero means never.
func (b *Book) Deadline() time.Time {
	d := b.due.Next()
	if !d.IsZero() {
		d = latest(d, b.allowed.next())
	}
	if !b.Watching() && !b.asked.IsZero() {
		d = b.asked.Add(interest)
	}
	return d
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

// Tick sends what is due, as far as the allowance goes.
func (b *Book) Tick(now time.Time, out Effects) {
	if !b.asked.IsZero() && !now.Before(b.asked.Add(interest)) {
		b.asked = time.Time{}
	}
	for s, ok := b.due.First(now); ok; s, ok = b.due.First(now) {
		if !b.allowed.take(now) {
			b.counters.Paced.Add(1)
			return
		}
		b.run(now, s, out)
	}
}
