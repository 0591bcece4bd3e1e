// Package phone is a test phone: the user agent of sip/ua joined with sound by the
// relay that the switch itself uses. Several phones live in one process; the demo
// and load tests are made of them.
//
// # Contract
//
//   - A Phone is one address on one server. It takes calls once Config.Incoming is
//     set, and places them with Call.
//   - A Call speaks silence until it is told to play or echo, so that the other
//     side finds it behind NAT and sees its packets.
//   - Close ends what is under way in good order: BYE and unregistering.
//   - It refuses to call emergency numbers on a server outside loopback.
//
// # Ownership
//
// Calls are told of what happens on the goroutines of the agent and of the media
// plane; a mutex of each Call guards its state, and what its methods return is
// plain data and channels that are closed.
package phone

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"strowger/dialplan"
	"strowger/media"
	"strowger/media/relay"
	"strowger/media/sdp"
	"strowger/sip/leg"
	"strowger/sip/transport"
	"strowger/sip/ua"
)

// Network is the name of the network of NewPlane, on which phones open ports.
const Network = "phone"

// ErrEmergency says that phones for tests do not call for help.
var ErrEmergency = errors.New("a test phone calls emergency numbers on a loopback server only")

// Config is what a Phone is told.
type Config struct {
	User     string // seat number, or anything for a trunk
	Password string // "" answers no challenge
	Display  string // display name; "" for none
	Server   netip.AddrPort
	Proto    transport.Proto // "" means UDP
	TLS      *tls.Config     // verifies the server, if Proto is TLS
	Bind     netip.AddrPort  // our SIP socket; zero means any
	SRTP     sdp.Security    // whether the sound is encrypted, also where SIP is not
	Plane    media.Plane     // where sound goes; of NewPlane, shared by phones
	// Incoming is given each call that comes in, after 180 went out. It must not
	// block. nil refuses all calls.
	Incoming func(*Call)
	Log      *slog.Logger // nil means slog.Default()
}

// Phone is a test phone. Safe for concurrent use.
type Phone struct {
	cfg       Config
	agent     *ua.Agent
	emergency dialplan.Emergency

	mu         sync.Mutex
	calls      map[*Call]struct{}
	registered bool
}

// NewPlane is a media plane for phones at an address, with RTP ports from an even
// port to another, both included.
func NewPlane(address netip.Addr, from, to uint16, log *slog.Logger) (media.Plane, error) {
	return relay.New(relay.Config{Networks: map[string]relay.Network{
		Network: {Addresses: []relay.Addr{{Bind: address}}, PortMin: from, PortMax: to, Allow: relay.Anywhere()},
	}}, log)
}

// New opens the phone's socket. Close it at the end.
func New(cfg Config) (*Phone, error) {
	emergency, err := dialplan.NewEmergency(dialplan.UnitedKingdom(), nil)
	if err != nil {
		return nil, err
	}
	p := &Phone{cfg: cfg, emergency: emergency, calls: map[*Call]struct{}{}}
	p.agent, err = ua.New(ua.Config{
		User: cfg.User, Password: cfg.Password, Display: cfg.Display, Server: cfg.Server, Proto: cfg.Proto, TLS: cfg.TLS,
		Bind: cfg.Bind, Incoming: p.incoming, Log: cfg.Log,
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// User is the number of the phone.
func (p *Phone) User() string { return p.cfg.User }

// Local is the phone's SIP address.
func (p *Phone) Local() netip.AddrPort { return p.agent.Local() }

// Digest is the algorithm of the last challenge that was answered: "MD5",
// "SHA-256"; "" if there was none.
func (p *Phone) Digest() string { return p.agent.Digest() }

// Register binds the phone's address until Close, and returns for how long at a
// time the server grants it. See ua.Agent.Register for the errors.
func (p *Phone) Register(ctx context.Context, wish time.Duration) (time.Duration, error) {
	granted, err := p.agent.Register(ctx, wish)
	if err != nil {
		return 0, fmt.Errorf("%s is not registered at %s: %w", p.cfg.User, p.cfg.Server, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.registered = true
	return granted, nil
}

// Call calls a number. What becomes of it is told by the Call's channels.
func (p *Phone) Call(number string) (*Call, error) {
	if _, ok := p.emergency.Match(number); ok && !p.cfg.Server.Addr().IsLoopback() {
		return nil, fmt.Errorf("%s at %s: %w", number, p.cfg.Server, ErrEmergency)
	}
	c := p.newCall(number, true)
	if err := c.open(); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	sip, err := p.agent.Call(number, c.offer(), c.happened)
	if err != nil {
		c.close()
		return nil, err
	}
	c.sip = sip
	p.add(c)
	return c, nil
}

// incoming takes a call from the agent.
func (p *Phone) incoming(sip *ua.Call) func(leg.Event) {
	if p.cfg.Incoming == nil {
		return nil
	}
	c := p.newCall(sip.Caller, false)
	if c.open() != nil {
		return nil
	}
	c.sip = sip
	p.add(c)
	sip.Ring()
	p.cfg.Incoming(c)
	return c.happened
}

func (p *Phone) add(c *Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls[c] = struct{}{}
}

// remove forgets a call when its signalling is over.
func (p *Phone) remove(c *Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.calls, c)
}

func (p *Phone) open() []*Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	var calls []*Call
	for c := range p.calls {
		calls = append(calls, c)
	}
	return calls
}

// Close hangs up, takes the registration back and closes the socket. What the
// server does not confirm before ctx is done is left as it is.
func (p *Phone) Close(ctx context.Context) error {
	calls := p.open()
	for _, c := range calls {
		c.Hangup()
	}
	for _, c := range calls {
		select {
		case <-c.sip.Done():
		case <-ctx.Done():
		}
	}
	p.mu.Lock()
	registered := p.registered
	p.registered = false
	p.mu.Unlock()
	var err error
	if registered {
		err = p.agent.Unregister(ctx)
	}
	return errors.Join(err, p.agent.Close())
}
