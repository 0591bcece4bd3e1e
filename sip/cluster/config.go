package cluster

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"strowger/sip/transport"
)

// Handler takes what the link brings. Its methods must not block, but for Answer.
type Handler interface {
	// Receive takes a message for a call of this node that came by a flow of
	// another one, or that another one sends itself (transport.Node).
	Receive(r transport.Received)
	// Broken: a flow of another node did not take a message, or is gone.
	Broken(f transport.Flow, err error)
	// Lost: there is no connection to a node any more, or a new one; nothing sent
	// to it before will be answered.
	Lost(node string, err error)
	// Send writes a message of another node to a flow of this one.
	Send(node string, f transport.Flow, msg []byte) error
	// Answer answers a question of another node, in a goroutine of its own, until
	// ctx is done.
	Answer(ctx context.Context, question []byte) ([]byte, error)
}

// LinkConfig is what a Link needs. All fields but Network, Tap, Dial and Log must be set.
type LinkConfig struct {
	Self     Member
	Keys     Keys
	Listener net.Listener // where others connect to; the link closes it
	Handler  Handler
	// Network is that of this node's calls with others: their sound goes by it.
	Network string
	// Tap is shown what goes by a flow of transport.Node, as by a wire; nil if nobody
	// looks. It must not block.
	Tap func(at time.Time, f transport.Flow, sent bool, msg []byte)
	// Dial reaches the link address of a member; nil means by TCP.
	Dial func(ctx context.Context, addr netip.AddrPort) (net.Conn, error)
	Log  *slog.Logger // nil means slog.Default()
}
