package exchange

import (
	"context"
	crand "crypto/rand"
	"errors"
	"hash/maphash"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
	"golang.org/x/time/rate"

	"strowger/sip/message"
	"strowger/sip/news"
	"strowger/sip/security"
	"strowger/sip/subscribe"
	"strowger/sip/transport"
)

// Exchange runs the calls of a node. Safe for concurrent use.
type Exchange struct {
	cfg      Config
	log      *slog.Logger
	counters Counters
	strands  []*strand // of calls, and that of subscriptions at the end
	desk     *desk
	watch    watch
	seats    *news.Topic[subscribe.Place, subscribe.News] // of other nodes
	lots     lots
	jobs     chan func()
	seed     maphash.Seed
	sources  *sources
	watchers *sources // of SUBSCRIBE
	carried  carriages
	asked    atomic.Uint64           // questions, to spread them over the strands
	narrow   narrows[netip.AddrPort] // who takes no large request by TCP
	astray   narrows[hopKey]         // next hops that are not sent to
	slowed   *rate.Limiter           // of events about who sends too much
	calls    atomic.Int64            // not over yet
	draining atomic.Bool
	workers  sync.WaitGroup
	running  sync.WaitGroup
	stop     context.CancelFunc
	ctx      context.Context // ends with Close; for jobs
}

// ErrNoCall means that the call is over or was never here.
var ErrNoCall = errors.New("no such call")

// New starts an exchange: its strands and workers run until Close.
func New(cfg Config) *Exchange {
	if cfg.Strands == 0 {
		cfg.Strands = 2 * runtime.GOMAXPROCS(0)
	}
	if cfg.Workers == 0 {
		cfg.Workers = 64
	}
	if cfg.MaxCalls == 0 {
		cfg.MaxCalls = 10_000
	}
	if cfg.Registers == 0 {
		cfg.Registers = 200
	}
	if cfg.Trunks == nil {
		cfg.Trunks = untold{}
	}
	if cfg.Random == nil {
		cfg.Random = rand.IntN
	}
	if cfg.Secret == nil {
		cfg.Secret = secret
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Events == nil {
		cfg.Events = security.Discard{}
	}
	if cfg.Delayed == nil {
		cfg.Delayed = func(time.Time, time.Duration) {}
	}
	if cfg.Full == nil {
		cfg.Full = func() bool { return false }
	}
	if cfg.Registered == nil {
		cfg.Registered = func(transport.Flow) {}
	}
	x := &Exchange{
		cfg: cfg, log: cfg.Log, jobs: make(chan func(), jobLimit), seed: maphash.MakeSeed(),
		sources: newSources(cfg.Registers), watchers: newSources(cfg.Registers), slowed: rate.NewLimiter(1, 5),
	}
	x.ctx, x.stop = context.WithCancel(context.Background())
	for range cfg.Workers {
		x.workers.Go(x.work)
	}
	for i := range cfg.Strands {
		x.strands = append(x.strands, newStrand(x, uint16(i)))
	}
	x.desk = newDesk(x, uint16(cfg.Strands))
	x.strands = append(x.strands, x.desk.strand)
	for _, s := range x.strands {
		x.running.Go(s.run)
	}
	x.seats = x.seatNews()
	if x.cfg.Peers != nil {
		x.workers.Go(func() { x.seats.Run(x.ctx, x.cfg.Peers) })
	}
	return x
}

// secret draws 32 bytes.
func secret() []byte {
	b := make([]byte, 32)
	_, _ = crand.Read(b) // it never fails
	return b
}

// Counters are the live figures.
func (x *Exchange) Counters() *Counters { return &x.counters }

// Active is the number of calls that are not over.
func (x *Exchange) Active() int { return int(x.calls.Load()) }

// Receive takes a message from the wire to its strand (transport.Handler).
func (x *Exchange) Receive(r transport.Received) {
	node, s := x.owner(r.Msg)
	if node != x.cfg.Minter.Node() {
		x.elsewhere(node, r)
		return
	}
	if s == nil {
		x.counters.ForeignBranch.Add(1)
		return
	}
	s.receive(r)
}

// receive takes a message from the wire.
func (s *strand) receive(r transport.Received) {
	if !s.box.putWire(r) {
		s.x.counters.MailboxFull.Add(1)
		return
	}
	s.help()
}

// Broken tells the strands that a stream is gone (transport.Handler).
func (x *Exchange) Broken(f transport.Flow, err error) {
	for _, s := range x.strands {
		s.box.post(func(now time.Time) { s.table.Broken(now, f, err) })
	}
	x.desk.box.post(func(time.Time) { x.desk.book.Broken(f) })
}

// owner finds the node and strand that a message belongs to; a nil strand means
// that nobody here waits for it.
func (x *Exchange) owner(msg sip.Message) (node uint16, s *strand) {
	self := x.cfg.Minter.Node()
	if res, ok := msg.(*sip.Response); ok {
		m, ok := x.cfg.Minter.Read(strings.TrimPrefix(message.ViaBranch(res), branchCookie))
		switch {
		case !ok:
			return self, nil
		case m.Node != self:
			return m.Node, nil
		}
		return self, x.strand(m.Strand)
	}
	req := msg.(*sip.Request)
	if tag := message.Tag(req.To().Params); tag != "" {
		if m, ok := x.cfg.Minter.Read(tag); ok {
			return m.Node, x.strand(m.Strand)
		}
	}
	if req.Method == sip.SUBSCRIBE {
		return self, x.desk.strand
	}
	h := maphash.String(x.seed, req.CallID().Value())
	return self, x.strands[h%uint64(len(x.strands)-1)]
}

// branchCookie begins every branch (RFC 3261 section 8.1.1.7).
const branchCookie = "z9hG4bK"

func (x *Exchange) strand(i uint16) *strand {
	if int(i) >= len(x.strands) {
		return nil
	}
	return x.strands[i]
}

// decide runs a job about req, and its result on the strand: at once if admission
// says that it will not wait, else by a worker. It returns false if too many jobs
// wait already.
func (s *strand) decide(now time.Time, req *sip.Request, job func(ctx context.Context) (result func(now time.Time))) bool {
	x := s.x
	if x.cfg.Instant != nil && x.cfg.Instant(req) {
		job(x.ctx)(now)
		return true
	}
	return s.work(job)
}

// work has a worker run a job, and its result run on the strand. It returns false if
// too many jobs wait already.
func (s *strand) work(job func(ctx context.Context) (result func(now time.Time))) bool {
	x := s.x
	run := func() {
		ctx, cancel := context.WithTimeout(x.ctx, jobTimeout)
		defer cancel()
		s.box.put(job(ctx))
		s.help()
	}
	select {
	case x.jobs <- run:
		return true
	default:
		x.counters.JobsFull.Add(1)
		return false
	}
}

func (x *Exchange) work() {
	for {
		select {
		case <-x.ctx.Done():
			return
		case job := <-x.jobs:
			job()
		}
	}
}

// Drain refuses new calls with 503 from now on; emergency calls still pass.
func (x *Exchange) Drain() { x.draining.Store(true) }

// Close hangs up every call, cancels what rings for other nodes, waits for the ends of
// the calls until ctx is done, and stops.
func (x *Exchange) Close(ctx context.Context) error {
	x.Drain()
	for _, s := range x.strands {
		s.box.post(s.hangUpAll)
	}
	x.cancelCarried("", "phones that rang for other nodes are cancelled: this one stops")
	err := x.waitIdle(ctx)
	for _, s := range x.strands {
		s.box.close()
	}
	x.running.Wait()
	x.stop()
	x.workers.Wait()
	return err
}

// waitIdle waits until no strand has a call that awaits an answer to its BYE.
func (x *Exchange) waitIdle(ctx context.Context) error {
	for _, s := range x.strands {
		idle := make(chan struct{})
		s.box.post(func(time.Time) { s.onIdle(idle) })
		select {
		case <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
