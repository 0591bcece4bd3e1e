package transport

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"strowger/sip/security"
)

// connTable holds the connections of a layer.
type connTable struct {
	mu       sync.Mutex
	closed   bool
	next     uint64
	byNumber map[uint64]*conn
	byPeer   map[peer]*conn // the youngest to each peer that others may use
	sources  map[netip.Addr]int
}

// peer is where a connection leads. The listener is part of it: a connection of
// one network is never used by another.
type peer struct {
	listener string
	remote   netip.AddrPort
}

// init numbers connections from the time of the start on, so that a flow stored
// before a restart never names a connection made after it.
func (t *connTable) init() {
	t.next = uint64(time.Now().UnixMilli()) << 20
	t.byNumber = make(map[uint64]*conn)
	t.byPeer = make(map[peer]*conn)
	t.sources = make(map[netip.Addr]int)
}

// source is what counts as one source of connections.
func source(a netip.Addr) netip.Addr {
	if a.Is4() {
		return a
	}
	p, _ := a.Prefix(64)
	return p.Addr()
}

// existing is the number of the connection to a peer, or 0.
func (t *connTable) existing(s *socket, remote netip.AddrPort) uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	if c := t.byPeer[peer{s.Name, remote}]; c != nil && c.alive() {
		return c.flow.Conn
	}
	return 0
}

// stands tells whether the connection of a flow is there.
func (t *connTable) stands(f Flow) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.numbered(f) != nil
}

// numbered is the connection of a flow that has its number, or nil if it is gone.
// The lock is held.
func (t *connTable) numbered(f Flow) *conn {
	c := t.byNumber[f.Conn]
	if c == nil || c.flow.Listener != f.Listener || c.flow.Remote != f.Remote || !c.alive() {
		return nil
	}
	return c
}

// add numbers a connection and enters it. The lock is held.
func (t *connTable) add(c *conn) {
	t.next++
	c.flow.Conn = t.next
	t.byNumber[c.flow.Conn] = c
	if !c.accepted || c.flow.Proto != TLS {
		t.byPeer[peer{c.flow.Listener, c.flow.Remote}] = c
	}
	if c.accepted {
		t.sources[source(c.flow.Remote.Addr())]++
	}
}

// remove takes out a connection that has ended.
func (t *connTable) remove(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byNumber, c.flow.Conn)
	if p := (peer{c.flow.Listener, c.flow.Remote}); t.byPeer[p] == c {
		delete(t.byPeer, p)
	}
	if !c.accepted {
		return
	}
	src := source(c.flow.Remote.Addr())
	if t.sources[src]--; t.sources[src] <= 0 {
		delete(t.sources, src)
	}
}

// close lets no more connections in and returns those that are there.
func (t *connTable) close() []*conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	conns := make([]*conn, 0, len(t.byNumber))
	for _, c := range t.byNumber {
		conns = append(conns, c)
	}
	return conns
}

// connection returns the connection of a flow. One is made, to be dialled by its
// first send, if the flow has no number and there is none to its peer.
func (l *Layer) connection(s *socket, f Flow) (*conn, error) {
	t := &l.conns
	t.mu.Lock()
	defer t.mu.Unlock()
	if f.Conn != 0 {
		c := t.numbered(f)
		if c == nil {
			return nil, fmt.Errorf("%w: %s", ErrGone, f.Remote)
		}
		return c, nil
	}
	if c := t.byPeer[peer{s.Name, f.Remote}]; c != nil && c.alive() {
		return c, nil
	}
	if t.closed {
		return nil, ErrGone
	}
	if len(t.byNumber) >= l.cfg.MaxConns {
		l.counters.ConnLimit.Add(1)
		return nil, fmt.Errorf("%w: as many connections as allowed", ErrQueueFull)
	}
	c := &conn{layer: l, socket: s, flow: s.flow(f.Remote)}
	t.add(c)
	return c, nil
}

// accept takes connections until the listener is closed. Errors, such as no free
// descriptor, are waited out.
func (l *Layer) accept(s *socket) {
	backoff := minBackoff
	for {
		nc, err := s.stream.Accept()
		if err != nil {
			if l.ctx.Err() != nil {
				return
			}
			l.counters.AcceptErrors.Add(1)
			if l.lines.Allow() {
				l.log.Warn("accept failed; trying again", "listener", s.Name, "error", err)
			}
			if !l.pause(backoff) {
				return
			}
			backoff = min(2*backoff, maxBackoff)
			continue
		}
		backoff = minBackoff
		l.admit(s, nc)
	}
}

// admit starts an accepted connection if the limits allow one more.
func (l *Layer) admit(s *socket, nc net.Conn) {
	c := &conn{layer: l, socket: s, flow: s.flow(addrPort(nc.RemoteAddr())), wire: nc, nc: nc, accepted: true}
	t := &l.conns
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed, s.Proto == TLS && s.tls == nil, l.blocked(s.Network, c.flow.Remote.Addr()):
	case len(t.byNumber) >= l.cfg.MaxConns:
		l.counters.ConnLimit.Add(1)
	case t.sources[source(c.flow.Remote.Addr())] >= l.cfg.MaxConnsPerSource:
		l.counters.SourceLimit.Add(1)
		l.tell(security.Limit, c.flow, "connections of one source")
	case s.Proto == TLS && !l.mayGreet(c.flow):
		l.counters.HandshakeRate.Add(1)
	default:
		l.counters.Accepted.Add(1)
		t.add(c)
		if s.Proto == TLS {
			c.nc = tls.Server(nc, s.tls)
			l.wg.Go(c.greet)
		} else {
			l.wg.Go(c.read)
		}
		return
	}
	_ = nc.Close()
}
