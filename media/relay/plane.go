package relay

import (
	crand "crypto/rand"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"strowger/media"
	"strowger/media/kernel"
)

// maxBusy bounds the pairs that Open tries when other programs hold ports of the
// range.
const maxBusy = 16

// refusals bounds the lines about refused addresses: the first ten, then one a
// minute.
func refusals() rate.Sometimes { return rate.Sometimes{First: 10, Interval: time.Minute} }

// Plane implements media.Plane in user space.
type Plane struct {
	log         *slog.Logger
	busyLog     rate.Sometimes
	sdpLines    rate.Sometimes // of addresses that SDP names and nothing is sent to
	latchLines  rate.Sometimes // of sources that may not be locked to
	kernelLines rate.Sometimes // of streams that the kernel cannot carry
	kernel      *kernel.Plane  // nil for none
	carried     atomic.Int64   // streams in the kernel
	orphaned    func([]Orphan)
	buryAt      time.Time // of streams of a former process; the clock's own
	disallowed  func(network string, to netip.AddrPort, label string)
	now         func() time.Time
	dscp        int
	counters    Counters
	began       time.Time // of beat 0 of the clocks
	clocks      []*clock  // one for each worker
	workers     []*worker
	speaking    atomic.Int64 // endpoints whose party has sent sound
	running     sync.WaitGroup
	stopped     chan struct{}
	networks    map[string]*network
	slots       []atomic.Pointer[endpoint] // by pair

	mu        sync.Mutex
	closed    bool
	kept      int // pairs with open sockets that nobody uses
	endpoints map[*endpoint]struct{}
}

var _ media.Plane = (*Plane)(nil)

// network is a Network with the state of its ports.
type network struct {
	Network
	name    string
	setting string // that Allow comes from, for the log
	base    int32  // number of its first pair
	ports   ports  // guarded by the plane's mutex
}

// New makes a plane and starts its goroutines. A nil logger means slog.Default.
func New(cfg Config, log *slog.Logger) (*Plane, error) {
	p, err := build(cfg, log, time.Now)
	if err != nil {
		return nil, err
	}
	for i, w := range p.workers {
		p.running.Go(w.run)
		p.running.Go(func() { p.clocks[i].run(p.stopped) })
	}
	return p, nil
}

// build makes a plane that stands still.
func build(cfg Config, log *slog.Logger, now func() time.Time) (*Plane, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("RTP relay: %w", err)
	}
	if log == nil {
		log = slog.Default()
	}
	p := &Plane{
		log: log, busyLog: rate.Sometimes{Interval: time.Minute}, sdpLines: refusals(), latchLines: refusals(), kernelLines: refusals(), kernel: cfg.Kernel, now: now, dscp: cfg.DSCP, stopped: make(chan struct{}),
		networks: map[string]*network{}, endpoints: map[*endpoint]struct{}{}, disallowed: cfg.Disallowed, orphaned: cfg.Orphaned,
	}
	p.began = now()
	p.layOut(cfg)
	p.survive()
	linger := cfg.Linger
	if linger == 0 {
		linger = defaultLinger
	}
	workers := cfg.Workers
	if workers == 0 {
		workers = min(runtime.GOMAXPROCS(0), maxWorkers)
	}
	for range workers {
		w, err := newWorker(p, max(linger, 0))
		if err != nil {
			p.closeWorkers()
			return nil, err
		}
		p.workers = append(p.workers, w)
		p.clocks = append(p.clocks, &clock{plane: p, sweeps: len(p.clocks) == 0, kick: make(chan struct{}, 1), listening: map[*endpoint]struct{}{}, rooms: map[*room]struct{}{}})
	}
	return p, nil
}

// layOut numbers the pairs of all networks.
func (p *Plane) layOut(cfg Config) {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // it never fails
	random := rand.New(rand.NewChaCha8(seed))
	rest := cfg.Rest
	if rest == 0 {
		rest = defaultRest
	}
	base := int32(0)
	for name, n := range cfg.Networks {
		n.Addresses, n.Allow = slices.Clone(n.Addresses), slices.Clone(n.Allow)
		total := len(n.Addresses) * n.pairs()
		net := &network{Network: n, name: name, setting: "allow of network " + name, base: base, ports: ports{total: total, rest: rest, random: random}}
		for i := range int32(total) {
			net.ports.free = append(net.ports.free, base+i)
		}
		p.networks[name] = net
		base += int32(total)
	}
	p.slots = make([]atomic.Pointer[endpoint], base)
}

// local returns the address of a pair and the RTP port.
func (n *network) local(pair int32) (Addr, uint16) {
	i, pairs := int(pair-n.base), n.pairs()
	return n.Addresses[i/pairs], uint16(n.first() + 2*(i%pairs))
}

func (p *Plane) networkOf(pair int32) *network {
	for _, n := range p.networks {
		if pair >= n.base && pair < n.base+int32(n.ports.total) {
			return n
		}
	}
	return nil
}

// Stats implements media.Plane.
func (p *Plane) Stats() media.PlaneStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &p.counters
	s := media.PlaneStats{
		Endpoints: len(p.endpoints),
		Received:  c.Received.Load(), Sent: c.Sent.Load(), Foreign: c.Foreign.Load(),
		Invalid: c.Malformed.Load() + c.Oversize.Load() + c.DTLS.Load(),
		Dropped: c.Dropped.Load() + c.Untranslated.Load() + c.Limited.Load(), Overrun: c.Overflow.Load() + c.Late.Load(),
		Speaking: int(p.speaking.Load()), Carried: int(p.carried.Load()),
	}
	if p.kernel != nil {
		s.Kernel = p.kernel.String()
	}
	for _, c := range p.clocks {
		s.Busy += time.Duration(c.busy.Load())
	}
	for _, w := range p.workers {
		s.Busy += time.Duration(w.busy.Load())
	}
	for _, n := range p.networks {
		n.ports.wake(p.now())
		s.PortsFree += len(n.ports.free) + len(n.ports.kept)
		s.PortsResting += n.ports.sleeping()
		s.PortsTotal += n.ports.total
	}
	return s
}

// Counters returns the plane's counters.
func (p *Plane) Counters() *Counters { return &p.counters }

// Close implements media.Plane. No event is posted after it returned.
func (p *Plane) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	for e := range p.endpoints {
		e.close()
	}
	for _, n := range p.networks {
		for _, k := range n.ports.kept {
			k.close()
		}
		n.ports.kept = nil
	}
	p.mu.Unlock()
	close(p.stopped)
	for _, w := range p.workers {
		w.stop()
	}
	p.running.Wait()
	p.closeWorkers()
	if p.kernel != nil {
		return p.kernel.Close()
	}
	return nil
}

func (p *Plane) closeWorkers() {
	for _, w := range p.workers {
		w.close()
	}
}

func (p *Plane) appendEndpoints(to []*endpoint) []*endpoint {
	p.mu.Lock()
	defer p.mu.Unlock()
	for e := range p.endpoints {
		to = append(to, e)
	}
	return to
}
