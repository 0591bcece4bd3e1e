// Package transport is the wire: sockets, flows and the order of arrival.
//
// # Contract
//
//   - Messages of one flow reach the Handler in the order in which they came (but
//     for what a Gate orders), on the goroutine that read them; the Handler must not
//     block.
//   - A reply goes out by the socket its request came by (Send with that Flow).
//   - Via and Contact of every message belong to the flow's listener: the layer
//     tells its advertised address (Flow.Advertised), the caller writes it.
//   - Send never blocks on a peer: UDP is written at once, a stream has a bounded
//     queue and a writer of its own, which also dials.
//   - A network sends requests only to addresses it lists; anything else is
//     ErrNotAllowed and counted. A response goes back to whoever asked.
//   - The topmost Via of a received request has received and rport filled in (RFC
//     3261 section 18.2.1, RFC 3581), and Flow.Remote is where its reply goes: over
//     UDP the source address, with the source port if the request asks for rport
//     and the sent-by port if it does not.
//   - A malformed request that can be answered is answered here, statelessly and
//     at most RefusalsPerSecond times; the Handler never sees it.
//   - With a Gate, what comes faster than it is handled is ordered before it is
//     parsed, what unknown sources bring is bounded, and a request that begins
//     something is refused here when messages wait for too long (package overload).
//     Messages of one flow that concern the same request keep their order.
//   - A connection is dialled only for a flow without a connection number: a phone
//     that came to us is never dialled back.
//   - TLS is TCP after a handshake, which the connection's own goroutine does within a
//     time limit. A flow without a connection number never takes a TLS connection that
//     was accepted: it shows nothing of who is at its far end (RFC 5923).
//
// # Ownership
//
// The layer owns sockets and connections, and one reading goroutine a socket or
// connection. A UDP listener may have several sockets on its address: the kernel brings
// what comes from one address and port to the same one. It keeps nothing per source that is not bounded by a named limit.
package transport

import (
	"errors"
	"net/netip"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Proto is a SIP transport.
type Proto string

// The transports, as they are written in Via (upper-cased there).
const (
	UDP Proto = "udp"
	TCP Proto = "tcp"
	TLS Proto = "tls" // over TCP
	// Node is no wire: such a flow ends in the exchange of another node (Flow.Node), which
	// the link between nodes has authenticated. No listener has it, so that nothing from a
	// wire ever comes by it.
	Node Proto = "node"
)

// Reliable tells whether the transport retransmits by itself.
func (p Proto) Reliable() bool { return p != UDP }

// Flow is the way to a peer: a node's listener and, for a stream, its
// connection. It is a plain value that may be kept, compared and stored.
type Flow struct {
	Node       string         `json:"node,omitempty"` // the node that has the socket; "" is this one
	Listener   string         `json:"listener"`       // name in the configuration, unique in a node
	Network    string         `json:"network"`
	Proto      Proto          `json:"proto"`
	Advertised netip.AddrPort `json:"advertised"` // what Via and Contact say
	Remote     netip.AddrPort `json:"remote"`
	Conn       uint64         `json:"conn,omitempty"` // connection number, unique in a node's life; 0 for UDP or not yet connected
}

// Uses tells whether messages sent by f went by the connection of broken, a flow
// that was passed to Handler.Broken: f is of that connection, or was sent without
// a connection number to the same peer.
func (f Flow) Uses(broken Flow) bool {
	return f.Listener == broken.Listener && f.Proto == broken.Proto && f.Remote == broken.Remote &&
		(f.Conn == broken.Conn || f.Conn == 0)
}

// Received is one parsed and validated message.
type Received struct {
	Msg  sip.Message // *sip.Request or *sip.Response
	Flow Flow        // by which it came, and by which a reply leaves
	At   time.Time
	Size int // bytes on the wire; 0 means that nobody knows
}

// Handler takes what arrives. Its methods are called from reading goroutines and
// must not block.
type Handler interface {
	// Receive is called for every message that passed validation.
	Receive(Received)
	// Broken is called once when a stream ends or cannot be dialled, with its
	// connection number, after the last Receive of it. Messages queued on it are
	// lost. Closing the layer breaks nothing.
	Broken(Flow, error)
}

// Sender is the layer as those who send see it.
type Sender interface {
	// Send writes one whole message. The bytes are not kept.
	Send(f Flow, msg []byte) error
	// FlowTo returns a flow from the network's listener of that transport to the
	// address. For a stream an existing connection is reused; otherwise one is
	// dialled by the first Send.
	FlowTo(network string, proto Proto, remote netip.AddrPort) (Flow, error)
	// Stands is false for a flow whose connection is gone. It knows nothing of the
	// flows of other nodes.
	Stands(f Flow) bool
}

// Errors of Send and FlowTo.
var (
	ErrNotAllowed = errors.New("the network does not allow this address")
	ErrNoListener = errors.New("the network has no listener for this transport")
	// ErrUnverified says that nothing tells how the far side of a TLS connection would be
	// verified.
	ErrUnverified  = errors.New("no TLS is configured for this address")
	ErrGone        = errors.New("the connection is gone")
	ErrQueueFull   = errors.New("the connection's send queue is full")
	ErrUnreachable = errors.New("the node of this flow cannot be reached")
)
