package ua

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	mrand "math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/dialog"
	"strowger/sip/leg"
	"strowger/sip/message"
	"strowger/sip/transaction"
	"strowger/sip/transport"
)

// Limits of an Agent.
const (
	MaxCalls = 64  // calls at once; more are answered with 486
	maxWire  = 512 // messages that wait for the agent's goroutine; more are dropped
)

// ErrClosed says that the agent was closed.
var ErrClosed = errors.New("the user agent is closed")

// Config is what an Agent is told.
type Config struct {
	User     string          // of our address, and of the digest
	Password string          // "" answers no challenge
	Display  string          // display name; "" for none
	Domain   string          // host of our address; "" means that of Server
	Server   netip.AddrPort  // where every request goes
	Proto    transport.Proto // "" means UDP
	TLS      *tls.Config     // verifies the server, if Proto is TLS
	// Bind is our socket; port 0 means any free one. The zero value means the
	// address from which the system reaches Server.
	Bind netip.AddrPort
	// Incoming takes a call that comes in, and returns the receiver of its events.
	// nil, or a nil receiver, refuses it with 480.
	Incoming func(*Call) func(leg.Event)
	Log      *slog.Logger // nil means slog.Default()
}

// Agent is a user agent. Make it with New. Safe for concurrent use.
type Agent struct {
	cfg   Config
	layer *transport.Layer
	done  chan struct{} // closed when the goroutine has ended

	mu     sync.Mutex
	queue  []func(now time.Time)
	wire   int // of the queue, from the wire
	closed bool
	digest string // algorithm of the last answer
	wake   chan struct{}

	// The goroutine's own.
	table   *transaction.Table
	calls   map[string]*Call // by our tag
	binding binding
}

// New opens the agent's socket and starts it.
func New(cfg Config) (*Agent, error) {
	a, err := build(cfg)
	if err != nil {
		return nil, err
	}
	go a.run()
	a.layer.Start()
	return a, nil
}

// build makes an agent that stands still.
func build(cfg Config) (*Agent, error) {
	if cfg.Proto == "" {
		cfg.Proto = transport.UDP
	}
	if cfg.Domain == "" {
		cfg.Domain = dialog.Host(cfg.Server.Addr())
	}
	if !cfg.Bind.Addr().IsValid() {
		local, err := Towards(cfg.Server)
		if err != nil {
			return nil, err
		}
		cfg.Bind = netip.AddrPortFrom(local, cfg.Bind.Port())
	}
	a := &Agent{cfg: cfg, done: make(chan struct{}), wake: make(chan struct{}, 1), calls: map[string]*Call{}}
	layer, err := transport.New(transport.Config{
		Listeners: []transport.Listener{{Name: network, Network: network, Proto: cfg.Proto, Bind: cfg.Bind}},
		Networks:  map[string][]netip.Prefix{network: {netip.PrefixFrom(cfg.Server.Addr(), cfg.Server.Addr().BitLen())}},
		TLS:       func(string, netip.AddrPort) *tls.Config { return cfg.TLS },
	}, receiver{a}, cfg.Log)
	if err != nil {
		return nil, err
	}
	a.layer = layer
	a.table = transaction.NewTable(user{a}, layer)
	a.binding.start()
	return a, nil
}

// network is the name of the agent's only network and listener.
const network = "ua"

// Towards is the address from which the system reaches a server. Nothing is sent.
func Towards(server netip.AddrPort) (netip.Addr, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(server))
	if err != nil {
		return netip.Addr{}, fmt.Errorf("no way to %s: %w", server, err)
	}
	defer c.Close()
	return c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}

// Local is the agent's own SIP address.
func (a *Agent) Local() netip.AddrPort { return a.layer.Listeners()[0].Addr }

// Digest is the algorithm of the last challenge that was answered: "MD5",
// "SHA-256"; "" if there was none.
func (a *Agent) Digest() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.digest
}

// Close ends the agent at once: calls that are open are forgotten, a registration
// stays until it expires. Hang up and Unregister first.
func (a *Agent) Close() error {
	a.mu.Lock()
	was := a.closed
	a.closed = true
	a.mu.Unlock()
	if was {
		return nil
	}
	err := a.layer.Close()
	a.signal()
	<-a.done
	return err
}

// receiver puts what comes from the wire into the queue.
type receiver struct{ *Agent }

func (a receiver) Receive(r transport.Received) {
	a.mu.Lock()
	if a.wire < maxWire {
		a.wire++
		a.queue = append(a.queue, func(now time.Time) { a.table.Receive(now, r) })
	}
	a.mu.Unlock()
	a.signal()
}

func (a receiver) Broken(f transport.Flow, err error) {
	a.post(func(now time.Time) { a.broken(now, f, err) })
}

// post has something run on the agent's goroutine; false when it is closed. What
// is posted is bounded by the verbs that a user calls.
func (a *Agent) post(run func(now time.Time)) bool {
	a.mu.Lock()
	open := !a.closed
	if open {
		a.queue = append(a.queue, run)
	}
	a.mu.Unlock()
	a.signal()
	return open
}

func (a *Agent) isClosed() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.closed
}

func (a *Agent) signal() {
	select {
	case a.wake <- struct{}{}:
	default:
	}
}

func (a *Agent) take() (work []func(time.Time), open bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	work, a.queue, a.wire = a.queue, nil, 0
	return work, !a.closed
}

func (a *Agent) run() {
	defer close(a.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Reset(a.wait(time.Now()))
		select {
		case <-a.wake:
		case <-timer.C:
		}
		work, open := a.take()
		for _, f := range work {
			f(time.Now())
		}
		if !open {
			a.abandon()
			return
		}
		a.tick(time.Now())
	}
}

// wait is how long nothing is due.
func (a *Agent) wait(now time.Time) time.Duration {
	wait := time.Hour
	due := func(at time.Time) {
		if !at.IsZero() {
			wait = max(min(wait, at.Sub(now)), 0)
		}
	}
	due(a.table.Deadline())
	due(a.binding.refresh)
	for _, c := range a.calls {
		due(c.leg.Deadline())
	}
	return wait
}

func (a *Agent) tick(now time.Time) {
	a.table.Tick(now)
	for _, c := range a.calls {
		c.tell(c.leg.Tick(now, c))
	}
	a.refresh(now)
}

// broken tells transactions and calls that their connection is gone.
func (a *Agent) broken(now time.Time, f transport.Flow, err error) {
	a.table.Broken(now, f, err)
	for _, c := range a.calls {
		if c.leg.Flow.Uses(f) {
			c.failed(now, nil, err)
		}
	}
}

// abandon lets go of everybody who waits.
func (a *Agent) abandon() {
	for _, c := range a.calls {
		c.over()
	}
	a.binding.finish(0, ErrClosed)
}

// Token returns a new tag, branch or Call-ID (leg.Tokens).
func (a *Agent) Token() string { return token() }

// Random returns a number from 0 to below n (leg.Tokens).
func (a *Agent) Random(n int) int { return mrand.IntN(n) }

func token() string { return strings.ToLower(rand.Text()) }

// name is our address.
func (a *Agent) name() dialog.Name {
	return dialog.Name{Display: message.Quote(a.cfg.Display), URI: sip.Uri{Scheme: "sip", User: a.cfg.User, Host: a.cfg.Domain}}
}

// flow leads to the server.
func (a *Agent) flow() (transport.Flow, error) {
	return a.layer.FlowTo(network, a.cfg.Proto, a.cfg.Server)
}
