package transport

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"strowger/sip/overload"
	"strowger/sip/security"
)

// Layer is the wire of a node. Safe for concurrent use.
type Layer struct {
	cfg      Config
	handler  Handler
	log      *slog.Logger
	counters Counters

	sockets []*socket
	byName  map[string]*socket
	conns   connTable
	gate    *gate // nil takes everything

	handshakes *overload.Rate

	refusals *rate.Limiter
	lines    *rate.Limiter // of the log

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup // readers, writers and accepters
}

// socket is a listener with its socket: one of packets and stream is set.
type socket struct {
	Bound
	packets PacketConn
	shared  []PacketConn // more sockets on the address of packets, which are only read
	stream  net.Listener
	tls     *tls.Config // of accepted connections
	dscp    int
}

// New opens the sockets, so that an address in use (*BusyError) is known at once.
// Nothing is read before Start. A nil logger means slog.Default().
func New(cfg Config, handler Handler, log *slog.Logger) (*Layer, error) {
	cfg.setDefaults()
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.Default()
	}
	l := &Layer{
		cfg: cfg, handler: handler, log: log,
		byName:   make(map[string]*socket),
		refusals: rate.NewLimiter(RefusalsPerSecond, RefusalsPerSecond),
		lines:    rate.NewLimiter(logLinesPerSecond, 10),

		handshakes: overload.NewRate(cfg.HandshakesPerSource, cfg.Handshakes),
	}
	l.conns.init()
	if cfg.Gate != nil {
		l.gate = newGate(*cfg.Gate)
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	for _, c := range cfg.Listeners {
		s, err := open(cfg.Sockets, c)
		if err != nil {
			return nil, errors.Join(err, l.Close())
		}
		l.sockets = append(l.sockets, s)
		l.byName[c.Name] = s
	}
	return l, nil
}

func open(sockets Sockets, c Listener) (*socket, error) {
	s := &socket{Bound: Bound{Name: c.Name, Network: c.Network, Proto: c.Proto, Advertised: c.Advertised}, tls: c.TLS, dscp: c.DSCP}
	var local net.Addr
	var err error
	if c.Proto == UDP {
		var packets PacketConn
		if packets, err = sockets.ListenPacket(c.Bind); err == nil {
			s.packets, local = packets, packets.LocalAddr()
			err = s.share(sockets, c.Readers)
		}
	} else if s.stream, err = sockets.Listen(c.Bind); err == nil {
		local = s.stream.Addr()
	}
	if err != nil {
		return nil, errors.Join(listenError(c, err), s.close())
	}
	if err := s.mark(); err != nil {
		return nil, errors.Join(fmt.Errorf("listener %q: DSCP %d: %w", c.Name, c.DSCP, err), s.close())
	}
	s.Addr = addrPort(local)
	if !s.Advertised.Addr().IsValid() {
		s.Advertised = s.Addr
	} else if s.Advertised.Port() == 0 {
		s.Advertised = netip.AddrPortFrom(s.Advertised.Addr(), s.Addr.Port())
	}
	return s, nil
}

// share opens the sockets of the other readers, if the system can.
func (s *socket) share(sockets Sockets, readers int) error {
	by, ok := sockets.(sharer)
	if !ok {
		return nil
	}
	for range cmp.Or(readers, DefaultReaders(runtime.GOMAXPROCS(0))) - 1 {
		more, err := by.Share(s.packets)
		if err != nil {
			return err
		}
		s.shared = append(s.shared, more)
	}
	return nil
}

// mark has what is sent marked; accepted connections inherit it.
func (s *socket) mark() error {
	if s.packets != nil {
		return markDSCP(s.packets, s.dscp)
	}
	return markDSCP(s.stream, s.dscp)
}

func (s *socket) close() error {
	if s.stream != nil {
		return s.stream.Close()
	}
	if s.packets == nil {
		return nil
	}
	err := s.packets.Close()
	for _, c := range s.shared {
		err = errors.Join(err, c.Close())
	}
	return err
}

// addrPort is the address of a UDP or TCP socket.
func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.UDPAddr:
		ap = a.AddrPort()
	case *net.TCPAddr:
		ap = a.AddrPort()
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// Start begins to read.
func (l *Layer) Start() {
	for _, s := range l.sockets {
		if s.packets != nil {
			l.wg.Go(func() { l.readPackets(s, s.packets) })
			for _, c := range s.shared {
				l.wg.Go(func() { l.readPackets(s, c) })
			}
		} else {
			l.wg.Go(func() { l.accept(s) })
		}
	}
}

// Close closes all sockets and connections and waits for their goroutines; the
// Handler is not called after it has returned. What is queued is lost.
func (l *Layer) Close() error {
	l.cancel()
	var errs []error
	for _, s := range l.sockets {
		if err := s.close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	for _, c := range l.conns.close() {
		c.fail(net.ErrClosed)
	}
	l.wg.Wait()
	return errors.Join(errs...)
}

// Counters counts since New.
func (l *Layer) Counters() *Counters { return &l.counters }

// Listeners returns the listeners in the order of the configuration.
func (l *Layer) Listeners() []Bound {
	bound := make([]Bound, len(l.sockets))
	for i, s := range l.sockets {
		bound[i] = s.Bound
	}
	return bound
}

// flow is the flow between this socket and a peer, without a connection.
func (s *socket) flow(remote netip.AddrPort) Flow {
	return Flow{Listener: s.Name, Network: s.Network, Proto: s.Proto, Advertised: s.Advertised, Remote: remote}
}

// tell reports what the other side of a flow did.
func (l *Layer) tell(kind security.Kind, f Flow, detail string) {
	l.cfg.Events.Report(time.Now(), security.Event{
		Kind: kind, Source: f.Remote, Transport: string(f.Proto), Network: f.Network, Detail: detail,
	})
}

// pause waits for d; it is false if the layer closes meanwhile.
func (l *Layer) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.ctx.Done():
		return false
	}
}
