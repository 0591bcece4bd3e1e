package transaction

import (
	"crypto/rand"
	"hash/maphash"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/deadline"
	"strowger/sip/transport"
)

// MaxTransactions bounds one Table. Requests beyond it are answered with 503,
// own ones fail with ErrFull.
const MaxTransactions = 100_000

// Wire sends what a machine wants sent.
type Wire interface {
	// Send writes one whole message. The bytes are not kept.
	Send(f transport.Flow, msg []byte) error
}

// Table matches messages to the transactions of one strand. It is not safe for
// concurrent use.
type Table struct {
	user     User
	wire     Wire
	limit    int
	servers  map[string]*Server
	clients  map[string]*Client
	merges   map[uint64]*Server
	streams  streams
	schedule schedule
	failures []failure
	counters Counters
	seed     maphash.Seed
	tag      string // the To tag of responses without a transaction
	scratch  []byte // for keys, valid until the next one
	output   []byte // for messages, valid until the next one
	room     int    // bytes of an answer to what is being received, if it is refused; 0: any

	// IsPeer tells whether a flow is of the party that tx came from, for a CANCEL that
	// came from another address than its INVITE; nil means that it is not.
	IsPeer func(tx *Server, f transport.Flow) bool
}

// NewTable returns an empty table that reports to user and sends by wire.
func NewTable(user User, wire Wire) *Table {
	return &Table{
		user:    user,
		wire:    wire,
		limit:   MaxTransactions,
		servers: make(map[string]*Server),
		clients: make(map[string]*Client),
		merges:  make(map[uint64]*Server),
		streams: make(streams),
		seed:    maphash.MakeSeed(),
		tag:     rand.Text(),
	}
}

// Counters are the table's.
func (t *Table) Counters() *Counters { return &t.counters }

// entry is what the table keeps of every transaction.
type entry struct {
	deadline.Place
	queue      *deadline.Queue[*entry] // of the schedule, which it was in last; nil: in none yet
	machine    machine
	key        string
	prev, next *entry  // on the same stream
	failing    bool    // in failures
	server     *Server // whose entry it is: one of both
	client     *Client
}

// content is what an event carries beside its kind: what it needs of these.
type content struct {
	msg  []byte       // to send
	req  *sip.Request // came
	flow transport.Flow
	res  *sip.Response // came
	err  error         // of the transport
}

// failure is the error that the user is told of for this event.
func (c content) failure(e event) error {
	if e.kind == fired {
		return ErrTimeout
	}
	return c.err
}

// failure is a transaction that the transport has failed, and the user is not
// told yet.
type failure struct {
	entry *entry
	err   error
	at    time.Time
}

// Receive takes one message from the wire.
func (t *Table) Receive(now time.Time, r transport.Received) {
	t.room = 0
	if !r.Flow.Proto.Reliable() {
		t.room = transport.MaxGain * r.Size
	}
	switch msg := r.Msg.(type) {
	case *sip.Request:
		t.request(now, msg, r.Flow)
	case *sip.Response:
		t.response(now, msg, r.Flow)
	}
	t.fail(now)
}

// Tick runs what is due at now.
func (t *Table) Tick(now time.Time) {
	t.fail(now)
	for e := t.schedule.due(now); e != nil; e = t.schedule.due(now) {
		t.step(now, e, event{kind: fired}, nil)
	}
	t.fail(now)
}

// Deadline is the time of the next Tick; zero means none.
func (t *Table) Deadline() time.Time {
	if len(t.failures) > 0 {
		return t.failures[0].at
	}
	return t.schedule.next()
}

// Urgent is the time of the next Tick that does something for anybody; zero means
// none. Before it, a Tick only ends transactions that linger, which may wait for
// long: until then they take memory and absorb what comes.
func (t *Table) Urgent() time.Time {
	if len(t.failures) > 0 {
		return t.failures[0].at
	}
	return t.schedule.urgent.Next()
}

// Broken ends the transactions of a stream that is gone. Those that still wait
// for something fail with err.
func (t *Table) Broken(now time.Time, f transport.Flow, err error) {
	for _, e := range t.streams.of(f) {
		if !t.redial(e) && !t.narrowed(now, e) {
			t.step(now, e, event{kind: broken}, err)
		}
	}
	t.fail(now)
}

// Lost does the same for the flows of a node that cannot be reached any more.
func (t *Table) Lost(now time.Time, node string, err error) {
	for _, e := range t.streams.at(node) {
		t.step(now, e, event{kind: broken}, err)
	}
	t.fail(now)
}

// step steps the machine of e.
func (t *Table) step(now time.Time, e *entry, ev event, err error) {
	if e.server != nil {
		t.stepServer(now, e.server, ev, content{err: err})
	} else {
		t.stepClient(now, e.client, ev, content{err: err})
	}
}

// send writes a message of e; the user hears of an error later.
func (t *Table) send(now time.Time, e *entry, f transport.Flow, msg []byte) {
	if err := t.wire.Send(f, msg); err != nil {
		t.counters.SendErrors.Add(1)
		t.later(now, e, err)
	}
}

// later notes that e has failed. A transaction is noted once at a time, which
// bounds the list.
func (t *Table) later(now time.Time, e *entry, err error) {
	if !e.failing {
		e.failing = true
		t.failures = append(t.failures, failure{e, err, now})
	}
}

// fail steps the transactions noted so far. What fails meanwhile waits for the
// next Tick, lest a user who tries again at once be called for ever.
func (t *Table) fail(now time.Time) {
	noted := t.failures
	t.failures = nil
	for _, f := range noted {
		f.entry.failing = false
		if t.narrowed(now, f.entry) {
			continue
		}
		t.step(now, f.entry, event{kind: unsent}, f.err)
	}
}

// countFailure counts why a transaction failed.
func (t *Table) countFailure(e event, timeouts *atomic.Uint64) {
	if e.kind == fired {
		timeouts.Add(1)
	} else {
		t.counters.TransportFailures.Add(1)
	}
}

// full tells whether the limit is reached.
func (t *Table) full() bool { return len(t.servers)+len(t.clients) >= t.limit }

// add enters e where both kinds are entered.
func (t *Table) add(e *entry, f transport.Flow) {
	if breaks(f) {
		t.streams.add(e, f)
	}
}

// remove undoes add.
func (t *Table) remove(e *entry, f transport.Flow) {
	if breaks(f) {
		t.streams.remove(e, f)
	}
}

// ownMethod is a method that does not hold on to the message it was cut from.
func ownMethod(m sip.RequestMethod) sip.RequestMethod {
	for _, known := range [...]sip.RequestMethod{sip.INVITE, sip.REGISTER, sip.OPTIONS, sip.BYE} {
		if m == known {
			return known
		}
	}
	return sip.RequestMethod(strings.Clone(string(m)))
}
