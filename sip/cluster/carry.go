package cluster

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// Send has the node of a flow write a message to it (transport.Config.Link). The
// bytes are not kept.
func (l *Link) Send(f transport.Flow, msg []byte) error {
	c := l.named(f.Node)
	if c == nil {
		l.counters.Unreachable.Add(1)
		return transport.ErrUnreachable
	}
	frame, err := newFrame(kindSend, f, msg)
	if err != nil {
		return err
	}
	at := time.Now() // before an answer can come
	if err = c.put(frame); err == nil && f.Proto == transport.Node {
		l.cfg.Tap(at, f, true, msg)
	}
	return err
}

// Forward takes a message to the node whose call it belongs to
// (exchange.Config.Forward). It is false if that cannot be done now.
func (l *Link) Forward(node uint16, r transport.Received) bool {
	c := l.numbered(node)
	if c == nil {
		l.counters.Unreachable.Add(1)
		return false
	}
	frame, err := newFrame(kindMessage, r.Flow, message.Append(nil, r.Msg))
	if err != nil {
		return false
	}
	l.streams.add(r.Flow, node)
	return c.put(frame) == nil
}

// Node is the way to the exchange of another node (exchange.Config.Node), false if there
// is no connection to it now.
func (l *Link) Node(number uint16) (transport.Flow, bool) {
	c := l.numbered(number)
	if c == nil {
		l.counters.Unreachable.Add(1)
		return transport.Flow{}, false
	}
	return l.flowOf(c), true
}

// flowOf is the flow to and from the exchange at the other end.
func (l *Link) flowOf(c *conn) transport.Flow {
	return transport.Flow{
		Node: c.peer.Name, Network: l.cfg.Network, Proto: transport.Node, Advertised: l.cfg.Self.Link, Remote: c.peer.Link,
	}
}

// Broken tells the nodes that used a stream of this one that it is gone.
func (l *Link) Broken(f transport.Flow, err error) {
	for _, node := range l.streams.remove(f) {
		if c := l.numbered(node); c != nil {
			l.report(c, f, err)
		}
	}
}

// report tells a node that a flow of this one did not take its message.
func (l *Link) report(c *conn, f transport.Flow, err error) {
	reason := err.Error()
	if frame, err := newFrame(kindBroken, f, []byte(reason[:min(len(reason), maxText)])); err == nil {
		_ = c.put(frame) // counted; the other node's timers run
	}
}

// take acts on a frame. An error ends the connection.
func (l *Link) take(c *conn, k kind, payload []byte) error {
	switch k {
	case kindSend, kindMessage, kindBroken:
	case kindAsk:
		return l.answer(c, payload)
	case kindAnswer:
		return l.answered(c, payload)
	case kindHello:
		return fmt.Errorf("%w: a second hello", errFrame)
	default:
		l.counters.UnknownFrames.Add(1)
		return nil
	}
	f, rest, err := readFlow(payload)
	if err != nil {
		return err
	}
	switch {
	case k == kindSend && f.Proto == transport.Node:
		f = l.flowOf(c)
		l.cfg.Tap(time.Now(), f, false, rest)
		l.receive(f, rest)
	case k == kindSend:
		l.write(c, f, rest)
	case k == kindBroken:
		f.Node = c.peer.Name
		l.cfg.Handler.Broken(f, errors.New(string(rest)))
	case f.Proto == transport.Node: // it has no socket that a message could come by
		l.counters.Malformed.Add(1)
	default:
		f.Node = c.peer.Name
		l.receive(f, rest)
	}
	return nil
}

// receive takes a message to the calls of this node.
func (l *Link) receive(f transport.Flow, text []byte) {
	msg, err := message.Parse(text)
	if err != nil { // one message; the connection is in order
		l.counters.Malformed.Add(1)
		return
	}
	l.cfg.Handler.Receive(transport.Received{Msg: msg, Flow: f, At: time.Now()})
}

// write sends a message of another node, which is told if that fails.
func (l *Link) write(c *conn, f transport.Flow, msg []byte) {
	l.streams.add(f, c.peer.Number)
	if err := l.cfg.Handler.Send(c.peer.Name, f, msg); err != nil {
		l.counters.SendFailed.Add(1)
		if errors.Is(err, transport.ErrGone) {
			l.streams.remove(f)
		}
		l.report(c, f, err)
	}
}

// streams remembers which nodes use a stream of this one, until it breaks: no more
// than there are connections of phones. The zero value is ready.
type streams struct {
	mu    sync.Mutex
	users map[uint64][]uint16 // numbers of nodes, by connection number
}

func (s *streams) add(f transport.Flow, node uint16) {
	if f.Conn == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users == nil {
		s.users = map[uint64][]uint16{}
	}
	if !slices.Contains(s.users[f.Conn], node) {
		s.users[f.Conn] = append(s.users[f.Conn], node)
	}
}

func (s *streams) remove(f transport.Flow) []uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	users := s.users[f.Conn]
	delete(s.users, f.Conn)
	return users
}
