package relay

import (
	"errors"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"

	"strowger/media"
)

// Open implements media.Plane.
func (p *Plane) Open(network, label string, events media.Events) (media.Endpoint, error) {
	n := p.networks[network]
	if n == nil {
		return nil, fmt.Errorf("open RTP for %s on %q: %w", label, network, media.ErrUnknownNetwork)
	}
	for range maxBusy {
		pair, kept, err := p.take(n)
		if err != nil {
			return nil, fmt.Errorf("open RTP for %s on %q: %w", label, network, err)
		}
		e := &endpoint{plane: p, label: label, events: events, pair: pair}
		err = e.bind(n, kept)
		if err == nil {
			if err := p.admit(e, kept.open()); err != nil {
				return nil, fmt.Errorf("open RTP for %s on %q: %w", label, network, err)
			}
			return e, nil
		}
		busy := errors.Is(err, unix.EADDRINUSE)
		p.giveBack(n, pair, busy)
		if !busy {
			return nil, fmt.Errorf("open RTP for %s on %q: %w", label, network, err)
		}
		p.counters.PortsBusy.Add(1)
		p.busyLog.Do(func() {
			p.log.Warn("another program holds an RTP port: keep the range out of net.ipv4.ip_local_port_range",
				"network", network, "error", err)
		})
	}
	p.counters.NoPorts.Add(1)
	return nil, fmt.Errorf("open RTP for %s on %q, other programs hold %d pairs tried: %w", label, network, maxBusy, media.ErrNoPorts)
}

// take reserves a pair, with its sockets if they were kept open.
func (p *Plane) take(n *network) (int32, sockets, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return 0, sockets{}, media.ErrClosed
	}
	if k, ok := n.ports.reopen(); ok {
		p.kept--
		return k.pair, k.sockets, nil
	}
	pair, ok := n.ports.take(p.now())
	if !ok {
		p.counters.NoPorts.Add(1)
		return 0, sockets{}, media.ErrNoPorts
	}
	return pair, sockets{}, nil
}

// release returns the pair of a closed endpoint. It needs the plane's mutex.
func (p *Plane) release(pair int32, s sockets, tired bool) {
	ports := &p.networkOf(pair).ports
	if !tired && !p.closed && p.kept < maxKept {
		p.kept++
		ports.kept = append(ports.kept, kept{pair, s})
		return
	}
	s.close()
	ports.put(pair, tired, p.now())
}

// disturbed has a kept pair rest that a packet came to.
func (p *Plane) disturbed(pair int32) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ports := &p.networkOf(pair).ports
	if s, ok := ports.discard(pair); ok {
		p.kept--
		p.counters.Disturbed.Add(1)
		s.close()
		ports.put(pair, true, p.now())
	}
}

// giveBack returns a pair that could not be bound; one that another program holds
// is tried again after a rest.
func (p *Plane) giveBack(n *network, pair int32, busy bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n.ports.put(pair, busy, p.now())
}

// bind opens both sockets of the endpoint's pair, unless they were kept open.
func (e *endpoint) bind(n *network, kept sockets) error {
	addr, port := n.local(e.pair)
	if !kept.open() {
		var err error
		if kept, err = bindPair(netip.AddrPortFrom(addr.Bind, port), e.plane.dscp); err != nil {
			return err
		}
	}
	e.in.latch.network = n
	e.out.start(kept)
	e.in.ours = e.out.ssrc
	advertised := addr.Advertised
	if !advertised.IsValid() {
		advertised = addr.Bind
	}
	e.local = netip.AddrPortFrom(advertised, port)
	return nil
}

// admit makes packets come in; kept sockets are in the epoll set already.
func (p *Plane) admit(e *endpoint, kept bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.endpoints[e] = struct{}{}
	if p.closed {
		e.close()
		return media.ErrClosed
	}
	p.slots[e.pair].Store(e)
	if kept {
		return nil
	}
	w := p.workers[int(e.pair)%len(p.workers)]
	if err := errors.Join(w.add(e.out.sockets.rtp, e.pair, false), w.add(e.out.sockets.rtcp, e.pair, true)); err != nil {
		e.close()
		return err
	}
	return nil
}
