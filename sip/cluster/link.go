package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"strowger/sip/transport"
)

// Limits of a link.
const (
	maxShakes  = 16                     // incoming connections in handshake
	minBackoff = 100 * time.Millisecond // before a member is dialled again
	maxBackoff = 5 * time.Second
	logLines   = 1 // a second, about what strangers and failing dials cause, with a burst of ten
)

// Link connects this node with the others. Safe for concurrent use.
type Link struct {
	cfg      LinkConfig
	tls      *tls.Config
	counters Counters
	lines    *rate.Limiter
	shakes   chan struct{} // one token for each handshake under way
	streams  streams

	asks      asks
	answering chan struct{} // one token for each question of others that is being answered

	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup

	mu      sync.Mutex
	conns   map[uint16]*conn   // by the peer's number
	dialled map[uint16]dialler // members that are dialled, by number
}

// dialler is the goroutine that keeps a connection to a member.
type dialler struct {
	member Member
	stop   context.CancelFunc
}

// NewLink returns a link that does nothing before Start.
func NewLink(cfg LinkConfig) (*Link, error) {
	config, err := cfg.Keys.tlsConfig(cfg.Self.Name)
	if err != nil {
		return nil, fmt.Errorf("certificate of the link between nodes: %w", err)
	}
	if cfg.Dial == nil {
		cfg.Dial = func(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", addr.String())
		}
	}
	if cfg.Tap == nil {
		cfg.Tap = func(time.Time, transport.Flow, bool, []byte) {}
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	l := &Link{
		cfg: cfg, tls: config, lines: rate.NewLimiter(logLines, 10), shakes: make(chan struct{}, maxShakes),
		answering: make(chan struct{}, maxAnswers),
		conns:     map[uint16]*conn{}, dialled: map[uint16]dialler{},
	}
	l.ctx, l.cancel = context.WithCancel(context.Background())
	return l, nil
}

// Counters are the live figures.
func (l *Link) Counters() *Counters { return &l.counters }

// Start begins to accept connections.
func (l *Link) Start() { l.wg.Go(l.accept) }

// Close ends every connection and waits for the link's goroutines.
func (l *Link) Close() error {
	l.cancel()
	err := l.cfg.Listener.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	l.mu.Lock()
	for _, c := range l.conns {
		c.close()
	}
	l.mu.Unlock()
	l.wg.Wait()
	return err
}

// Update tells the link who the other members are (Membership.Follow): those with
// lower numbers are dialled from now on, those not listed no more.
func (l *Link) Update(members []Member) {
	l.mu.Lock()
	defer l.mu.Unlock()
	wanted := map[uint16]Member{}
	for _, m := range members {
		if m.Number < l.cfg.Self.Number {
			wanted[m.Number] = m
		}
	}
	for number, d := range l.dialled {
		if m, ok := wanted[number]; !ok || m != d.member {
			d.stop()
			delete(l.dialled, number)
		}
	}
	for number, m := range wanted {
		if _, ok := l.dialled[number]; ok || l.ctx.Err() != nil {
			continue
		}
		ctx, stop := context.WithCancel(l.ctx)
		l.dialled[number] = dialler{m, stop}
		l.wg.Go(func() { l.dial(ctx, m) })
	}
}

// Connected tells whether the node of that name is connected now.
func (l *Link) Connected(node string) bool { return l.named(node) != nil }

func (l *Link) named(node string) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.conns {
		if c.peer.Name == node {
			return c
		}
	}
	return nil
}

func (l *Link) numbered(number uint16) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conns[number]
}

// accept runs until the listener is closed.
func (l *Link) accept() {
	for backoff := minBackoff; ; {
		raw, err := l.cfg.Listener.Accept()
		if err != nil {
			if l.ctx.Err() != nil || errors.Is(err, net.ErrClosed) || !pause(l.ctx, backoff) {
				return
			}
			backoff = min(2*backoff, maxBackoff)
			continue
		}
		backoff = minBackoff
		select {
		case l.shakes <- struct{}{}:
			l.wg.Go(func() { l.welcome(raw) })
		default:
			l.counters.TooManyShakes.Add(1)
			_ = raw.Close()
		}
	}
}

// welcome serves an incoming connection.
func (l *Link) welcome(raw net.Conn) {
	c, err := l.shake(l.ctx, raw, nil)
	<-l.shakes
	if err != nil {
		l.counters.Refused.Add(1)
		l.warn("connection to the link refused", "source", raw.RemoteAddr().String(), "error", err)
		return
	}
	l.serve(c)
}

// dial keeps a connection to a member until ctx ends. A connection that stands
// goes on then: the member may be gone for the store alone.
func (l *Link) dial(ctx context.Context, m Member) {
	for backoff := minBackoff; ; {
		c, err := l.connect(ctx, m)
		switch {
		case err == nil:
			backoff = minBackoff
			l.serve(c)
		case ctx.Err() == nil && !errors.Is(err, errStands):
			l.counters.DialFailed.Add(1)
			l.warn("node cannot be reached; trying again", "node", m.Name, "address", m.Link.String(), "error", err)
		}
		if !pause(ctx, backoff) {
			return
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// errStands: a connection of a former dialler goes on.
var errStands = errors.New("a connection stands")

func (l *Link) connect(ctx context.Context, m Member) (*conn, error) {
	if c := l.numbered(m.Number); c != nil && c.peer == m {
		return nil, errStands
	}
	dialCtx, cancel := context.WithTimeout(ctx, shakeTime)
	defer cancel()
	raw, err := l.cfg.Dial(dialCtx, m.Link)
	if err != nil {
		return nil, err
	}
	return l.shake(ctx, raw, &m)
}

// serve has a connection used until it ends.
func (l *Link) serve(c *conn) {
	l.mu.Lock()
	old := l.conns[c.peer.Number]
	if l.ctx.Err() != nil {
		l.mu.Unlock()
		c.close()
		return
	}
	l.conns[c.peer.Number] = c
	l.mu.Unlock()
	if old != nil {
		old.close()
		<-old.ended
		l.lost(old, errors.New("a new connection replaced it"))
	}
	l.counters.Connected.Add(1)
	l.cfg.Log.Info("node connected", "node", c.peer.Name, "number", c.peer.Number, "address", c.raw.RemoteAddr().String())
	err := c.run()
	l.mu.Lock()
	current := l.conns[c.peer.Number] == c
	if current {
		delete(l.conns, c.peer.Number)
	}
	l.mu.Unlock()
	if current {
		l.lost(c, err)
	}
}

func (l *Link) lost(c *conn, err error) {
	l.counters.Disconnected.Add(1)
	l.cfg.Log.Info("node disconnected", "node", c.peer.Name, "number", c.peer.Number, "error", err)
	l.cfg.Handler.Lost(c.peer.Name, fmt.Errorf("%w: %s: %w", transport.ErrUnreachable, c.peer.Name, err))
}

func (l *Link) warn(line string, args ...any) {
	if l.lines.Allow() {
		l.cfg.Log.Warn(line, args...)
	}
}

// pause waits for d; it is false if ctx ends meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
