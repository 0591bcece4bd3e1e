package transport

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"strowger/sip/message"
	"strowger/sip/security"
)

// Limits that are not configured.
const (
	RefusalsPerSecond = 50      // stateless answers to malformed requests, with a burst of as many
	MaxGain           = 2       // times the bytes of a datagram that its source, which may be feigned, is answered with
	ReceiveBuffer     = 4 << 20 // bytes asked of the kernel for a UDP socket
	SendBuffer        = 1 << 20 // bytes asked of the kernel for a UDP socket
	defaultSIPPort    = 5060    // where a reply goes if the sent-by of a Via names no port
	logLinesPerSecond = 1       // about what strangers send
	minBackoff        = 5 * time.Millisecond
	maxBackoff        = time.Second
)

// Defaults of the limits in Config.
const (
	DefaultMaxConns          = 40_000
	DefaultMaxConnsPerSource = 2_000 // a site's phones may share one address
	DefaultFirstMessage      = 10 * time.Second
	DefaultIdle              = 75 * time.Minute // longer than a registration of an hour
	DefaultWriteTimeout      = 5 * time.Second
	DefaultDialTimeout       = 5 * time.Second
	DefaultHandshake         = 5 * time.Second
	DefaultSendQueue         = 256

	DefaultHandshakesPerSource = 100
	DefaultHandshakes          = 500 // more take most of a core, with RSA keys
)

// Config is what a Layer is told. Zero limits mean their defaults.
type Config struct {
	Node      string // this node's name: flows that carry it are local
	Listeners []Listener
	// Networks lists for each network where it may send. A network that is not in
	// it may send nothing but replies.
	Networks map[string][]netip.Prefix
	// TLS gives the configuration of a connection that is dialled: it says how the
	// other side is verified. nil, of the function or by it, lets nobody be dialled.
	TLS func(network string, remote netip.AddrPort) *tls.Config
	// Link carries a message to the node of a flow; nil means there are no others.
	Link func(f Flow, msg []byte) error
	// Events are told what strangers do; nil means nobody wants to know.
	Events security.Reporter
	// Tap is shown every message as it came, before it is parsed, and as it is sent,
	// with its flow, whose Remote is where it came from or goes to. It must neither
	// block nor keep the bytes. nil means nobody looks.
	Tap func(at time.Time, f Flow, sent bool, msg []byte)
	// Gate orders and bounds what comes; nil takes everything as it comes.
	Gate *Gate
	// Sockets makes the sockets; nil means the kernel's.
	Sockets Sockets

	MaxMessage        int           // bytes of a message from the wire; at most and by default message.MaxMessage
	MaxConns          int           // stream connections in all
	MaxConnsPerSource int           // accepted ones of one address (IPv6: of one /64)
	FirstMessage      time.Duration // for the first message of a connection, and for each one once it has begun
	Idle              time.Duration // a connection that brings nothing for so long is closed
	WriteTimeout      time.Duration // a peer that does not take a message for so long is cut off
	DialTimeout       time.Duration // with the handshake
	Handshake         time.Duration // of an accepted TLS connection
	SendQueue         int           // messages waiting on one connection
	// HandshakesPerSource and Handshakes are those a second that are begun for one
	// address (IPv6: for one /64) and for all, but for trunks that a Gate knows.
	HandshakesPerSource, Handshakes int
}

// Listener is one configured socket.
type Listener struct {
	Name    string // unique in a node
	Network string
	Proto   Proto
	Bind    netip.AddrPort // port 0 means any free one
	// Advertised is what Via and Contact say. The zero value means Bind; port 0
	// means the bound port.
	Advertised netip.AddrPort
	// TLS is for the connections that a TLS listener accepts; nil accepts none.
	TLS *tls.Config
	// Readers is how many sockets share the address of a UDP listener, each with a
	// goroutine that reads it; what comes from one address and port always comes to the
	// same one. 0 means by the processors: see DefaultReaders. Others have one.
	Readers int
	// DSCP marks what is sent, 0 to 63 (RFC 2474); 0 is best effort.
	DSCP int
}

// Bound is a listener that has its socket.
type Bound struct {
	Name       string
	Network    string
	Proto      Proto
	Addr       netip.AddrPort // the socket's own address
	Advertised netip.AddrPort
}

// MaxReaders is the most readers of a listener.
const MaxReaders = 16

// DefaultReaders is how many readers a listener has on so many processors: one, which
// handles more than 1,000 calls a second, as long as the other processors have enough to
// do with it.
func DefaultReaders(processors int) int { return max(1, min(4, processors/2)) }

func (c *Config) setDefaults() {
	if c.Events == nil {
		c.Events = security.Discard{}
	}
	if c.Sockets == nil {
		c.Sockets = kernel{}
	}
	if c.MaxMessage <= 0 || c.MaxMessage > message.MaxMessage {
		c.MaxMessage = message.MaxMessage
	}
	for _, d := range []struct {
		v   *int
		def int
	}{
		{&c.MaxConns, DefaultMaxConns},
		{&c.MaxConnsPerSource, DefaultMaxConnsPerSource},
		{&c.SendQueue, DefaultSendQueue},
		{&c.HandshakesPerSource, DefaultHandshakesPerSource},
		{&c.Handshakes, DefaultHandshakes},
	} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{
		{&c.FirstMessage, DefaultFirstMessage},
		{&c.Idle, DefaultIdle},
		{&c.WriteTimeout, DefaultWriteTimeout},
		{&c.DialTimeout, DefaultDialTimeout},
		{&c.Handshake, DefaultHandshake},
	} {
		if *d.v <= 0 {
			*d.v = d.def
		}
	}
}

func (c *Config) check() error {
	names := make(map[string]bool)
	for _, l := range c.Listeners {
		switch {
		case l.Name == "" || names[l.Name]:
			return fmt.Errorf("listener %q: give every listener a name of its own", l.Name)
		case l.Proto != UDP && l.Proto != TCP && l.Proto != TLS:
			return fmt.Errorf("listener %q: transport is %q; write udp, tcp or tls", l.Name, l.Proto)
		case l.Readers < 0 || l.Readers > MaxReaders:
			return fmt.Errorf("listener %q: %d readers; give 1 to %d", l.Name, l.Readers, MaxReaders)
		case !l.Bind.Addr().IsValid():
			return fmt.Errorf("listener %q: no address to bind", l.Name)
		case !l.Advertised.Addr().IsValid() && l.Bind.Addr().IsUnspecified():
			return fmt.Errorf("listener %q: bound to every address; say which one to advertise", l.Name)
		}
		names[l.Name] = true
	}
	if len(names) == 0 {
		return errors.New("no listener is configured")
	}
	return nil
}
