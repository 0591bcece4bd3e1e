package relay

import (
	crand "crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/time/rate"

	"strowger/media"
)

// maxBusy bounds the pairs that Open tries when other programs hold ports of the
// range.
const maxBusy = 16

// refusals bounds the lines about refused addresses: the first ten, then one a
// minute.
func refusals() rate.Sometimes { return rate.Sometimes{First: 10, Interval: time.Minute} }

// Plane implements media.Plane in user space.
type Plane struct {
	log        *slog.Logger
	busyLog    rate.Sometimes
	sdpLines   rate.Sometimes // of addresses that SDP names and nothing is sent to
	latchLines rate.Sometimes // of sources that may not be locked to
	disallowed func(network string, to netip.AddrPort, label string)
	now        func() time.Time
	dscp       int
	counters   Counters
	clock      clock
	workers    []*worker
	running    sync.WaitGroup
	stopped    chan struct{}
	networks   map[string]*network
	slots      []atomic.Pointer[endpoint] // by pair

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
	for _, w := range p.workers {
		p.running.Go(w.run)
	}
	p.running.Go(func() { p.clock.run(p.stopped) })
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
		log: log, busyLog: rate.Sometimes{Interval: time.Minute}, sdpLines: refusals(), latchLines: refusals(), now: now, dscp: cfg.DSCP, stopped: make(chan struct{}),
		networks: map[string]*network{}, endpoints: map[*endpoint]struct{}{}, disallowed: cfg.Disallowed,
	}
	p.clock = clock{plane: p, kick: make(chan struct{}, 1), listening: map[*endpoint]struct{}{}}
	p.layOut(cfg)
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

// Open implements media.Plane.
func (p *Plane) Open(network, label string, events media.Events) (media.Endpoint, error) {
	n := p.networks[network]
	if n == nil {
		return nil, fmt.Errorf("open RTP for %s on %q: %w", label, network, media.ErrUnknownNetwork)
	}
	for range maxBusy {
		pair, kept, err := p.take(n)
		if err != nil {
			return nil, fmt.Errorf("open RTP for %s on %q: %w", label, network, err)
		}
		e := &endpoint{plane: p, label: label, events: events, pair: pair}
		err = e.bind(n, kept)
		if err == nil {
			if err := p.admit(e, kept.open()); err != nil {
				return nil, fmt.Errorf("open RTP for %s on %q: %w", label, network, err)
			}
			return e, nil
		}
		busy := errors.Is(err, unix.EADDRINUSE)
		p.giveBack(n, pair, busy)
		if !busy {
			return nil, fmt.Errorf("open RTP for %s on %q: %w", label, network, err)
		}
		p.counters.PortsBusy.Add(1)
		p.busyLog.Do(func() {
			p.log.Warn("another program holds an RTP port: keep the range out of net.ipv4.ip_local_port_range",
				"network", network, "error", err)
		})
	}
	p.counters.NoPorts.Add(1)
	return nil, fmt.Errorf("open RTP for %s on %q, other programs hold %d pairs tried: %w", label, network, maxBusy, media.ErrNoPorts)
}

// take reserves a pair, with its sockets if they were kept open.
func (p *Plane) take(n *network) (int32, sockets, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, sockets{}, media.ErrClosed
	}
	if k, ok := n.ports.reopen(); ok {
		p.kept--
		return k.pair, k.sockets, nil
	}
	pair, ok := n.ports.take(p.now())
	if !ok {
		p.counters.NoPorts.Add(1)
		return 0, sockets{}, media.ErrNoPorts
	}
	return pair, sockets{}, nil
}

// release returns the pair of a closed endpoint. It needs the plane's mutex.
func (p *Plane) release(pair int32, s sockets, tired bool) {
	ports := &p.networkOf(pair).ports
	if !tired && !p.closed && p.kept < maxKept {
		p.kept++
		ports.kept = append(ports.kept, kept{pair, s})
		return
	}
	s.close()
	ports.put(pair, tired, p.now())
}

// disturbed has a kept pair rest that a packet came to.
func (p *Plane) disturbed(pair int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ports := &p.networkOf(pair).ports
	if s, ok := ports.discard(pair); ok {
		p.kept--
		p.counters.Disturbed.Add(1)
		s.close()
		ports.put(pair, true, p.now())
	}
}

// giveBack returns a pair that could not be bound; one that another program holds
// is tried again after a rest.
func (p *Plane) giveBack(n *network, pair int32, busy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n.ports.put(pair, busy, p.now())
}

// bind opens both sockets of the endpoint's pair, unless they were kept open.
func (e *endpoint) bind(n *network, kept sockets) error {
	addr, port := n.local(e.pair)
	if !kept.open() {
		var err error
		if kept, err = bindPair(netip.AddrPortFrom(addr.Bind, port), e.plane.dscp); err != nil {
			return err
		}
	}
	e.in.latch.network = n
	e.out.start(kept)
	advertised := addr.Advertised
	if !advertised.IsValid() {
		advertised = addr.Bind
	}
	e.local = netip.AddrPortFrom(advertised, port)
	return nil
}

// admit makes packets come in; kept sockets are in the epoll set already.
func (p *Plane) admit(e *endpoint, kept bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endpoints[e] = struct{}{}
	if p.closed {
		e.close()
		return media.ErrClosed
	}
	p.slots[e.pair].Store(e)
	if kept {
		return nil
	}
	w := p.workers[int(e.pair)%len(p.workers)]
	if err := errors.Join(w.add(e.out.sockets.rtp, e.pair, false), w.add(e.out.sockets.rtcp, e.pair, true)); err != nil {
		e.close()
		return err
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
		Dropped: c.Dropped.Load() + c.Untranslated.Load(),
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
