package transport

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"strowger/sip/security"
)

// FlowTo returns the flow from the network's first listener of that transport and
// of the address's family. See Sender.
func (l *Layer) FlowTo(network string, proto Proto, remote netip.AddrPort) (Flow, error) {
	remote = netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port())
	for _, s := range l.sockets {
		if s.Network != network || s.Proto != proto || s.Addr.Addr().Is4() != remote.Addr().Is4() {
			continue
		}
		if !l.allowed(network, remote.Addr()) {
			return Flow{}, l.notAllowed(network, remote)
		}
		f := s.flow(remote)
		if proto != UDP {
			f.Conn = l.conns.existing(s, remote)
		}
		if proto == TLS && f.Conn == 0 && (l.cfg.TLS == nil || l.cfg.TLS(network, remote) == nil) {
			return Flow{}, fmt.Errorf("%w: network %q, %s", ErrUnverified, network, remote)
		}
		return f, nil
	}
	return Flow{}, fmt.Errorf("%w: network %q, %s to %s", ErrNoListener, network, proto, remote)
}

// Stands is false for a flow whose connection is gone. See Sender.
func (l *Layer) Stands(f Flow) bool {
	return f.Conn == 0 || l.elsewhere(f) || l.conns.stands(f)
}

// elsewhere tells whether a flow is that of another node.
func (l *Layer) elsewhere(f Flow) bool { return f.Node != "" && f.Node != l.cfg.Node }

// Send writes one whole message. See Sender.
func (l *Layer) Send(f Flow, msg []byte) error {
	if l.elsewhere(f) {
		return l.sendToNode(f, msg)
	}
	s := l.byName[f.Listener]
	if s == nil || s.Proto != f.Proto {
		return fmt.Errorf("%w: listener %q", ErrNoListener, f.Listener)
	}
	if !bytes.HasPrefix(msg, []byte("SIP/")) && !l.allowed(s.Network, f.Remote.Addr()) {
		return l.notAllowed(s.Network, f.Remote)
	}
	var at time.Time
	if l.cfg.Tap != nil {
		at = time.Now() // before an answer can come
	}
	err := l.write(s, f, msg)
	switch {
	case err == nil:
		l.counters.Sent.Add(1)
		if l.cfg.Tap != nil {
			l.cfg.Tap(at, f, true, msg)
		}
	case errors.Is(err, ErrQueueFull):
		l.counters.QueueFull.Add(1)
	case errors.Is(err, ErrGone):
		l.counters.Gone.Add(1)
	default:
		l.counters.SendFailed.Add(1)
	}
	return err
}

func (l *Layer) write(s *socket, f Flow, msg []byte) error {
	if s.packets != nil {
		_, err := s.packets.WriteToUDPAddrPort(msg, f.Remote)
		return err
	}
	c, err := l.connection(s, f)
	if err != nil {
		return err
	}
	return c.send(msg)
}

func (l *Layer) sendToNode(f Flow, msg []byte) error {
	err := ErrUnreachable
	if l.cfg.Link != nil {
		err = l.cfg.Link(f, msg)
	}
	if err != nil {
		l.counters.Unreachable.Add(1)
		return fmt.Errorf("node %q: %w", f.Node, err)
	}
	l.counters.Sent.Add(1)
	return nil
}

// allowed tells whether a network may send requests to an address.
func (l *Layer) allowed(network string, a netip.Addr) bool {
	for _, p := range l.cfg.Networks[network] {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

func (l *Layer) notAllowed(network string, remote netip.AddrPort) error {
	l.counters.NotAllowed.Add(1)
	l.cfg.Events.Report(time.Now(), security.Event{Kind: security.NotAllowed, Target: remote, Network: network})
	if l.lines.Allow() {
		l.log.Warn("a request is not sent to an address that the setting does not list; add it there if it is the party's",
			"setting", "allow of network "+network, "address", remote)
	}
	return fmt.Errorf("%w: network %q, %s", ErrNotAllowed, network, remote)
}
