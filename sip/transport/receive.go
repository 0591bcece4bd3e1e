package transport

import (
	"bytes"
	"errors"
	"hash/fnv"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
)

// maxDatagram is more than any datagram has.
const maxDatagram = 64 << 10

// readPackets reads one UDP socket of a listener until it is closed. An error, such as
// one that an earlier send left on the socket, ends nothing. Each datagram is handled
// where it is read, unless the kernel has more already: then what waits is ordered.
func (l *Layer) readPackets(s *socket, packets PacketConn) {
	buf := make([]byte, maxDatagram)
	backoff := minBackoff
	more, _ := packets.(poller)
	queue := &backlog{layer: l, socket: s, more: more}
	for count := 1; ; count++ {
		if more != nil && l.gate != nil && count%peekEach == 0 {
			if n, from, ok := more.TryRead(buf); ok {
				queue.run(buf, n, from)
			}
		}
		n, from, err := packets.ReadFromUDPAddrPort(buf)
		if err != nil {
			if errors.Is(err, net.ErrClosed) || !l.pause(backoff) {
				return
			}
			l.counters.ReadErrors.Add(1)
			backoff = min(2*backoff, maxBackoff)
			continue
		}
		backoff = minBackoff
		if more != nil && l.gate != nil && l.gate.shedding() {
			queue.run(buf, n, from)
			continue
		}
		l.datagram(s, buf[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
	}
}

func (l *Layer) datagram(s *socket, data []byte, from netip.AddrPort) {
	switch {
	case l.blocked(s.Network, from.Addr()):
	case isEmpty(data):
		l.counters.KeepAlives.Add(1)
	case isStun(data):
		l.stun(s, data, from)
	default:
		_ = l.take(s.flow(from), data, false) // the next datagram is another story
	}
}

// isMessage tells a message from a keep-alive.
func isMessage(data []byte) bool { return !isEmpty(data) && !isStun(data) }

func isEmpty(data []byte) bool { return len(bytes.Trim(data, "\r\n\x00 ")) == 0 }

// take is message for one that the gate lets pass.
func (l *Layer) take(f Flow, data []byte, proven bool) error {
	if !l.takes(f, data, proven) {
		return nil
	}
	return l.message(f, data)
}

// message takes one message that came by a flow, whose Remote is still its source.
func (l *Layer) message(f Flow, data []byte) error {
	if len(data) > l.cfg.MaxMessage {
		l.counters.TooLarge.Add(1)
		return nil
	}
	at := time.Now()
	if l.cfg.Tap != nil {
		l.cfg.Tap(at, f, false, data)
	}
	msg, err := message.Parse(data)
	if err != nil {
		return l.malformed(f, data, err)
	}
	if req, ok := msg.(*sip.Request); ok {
		f.Remote = stamp(req.Via(), f)
	}
	l.counters.Received.Add(1)
	l.handler.Receive(Received{Msg: msg, Flow: f, At: at, Size: len(data)})
	return nil
}

// stamp fills in received and rport of the topmost Via (RFC 3261 section 18.2.1,
// RFC 3581 section 4) and returns where the reply goes (section 18.2.2). maddr is
// not obeyed: it would send the reply where the request did not come from.
func stamp(via *sip.ViaHeader, f Flow) netip.AddrPort {
	source := f.Remote
	_, rport := message.Param(via.Params, "rport")
	if rport {
		via.Params.Add("rport", strconv.Itoa(int(source.Port())))
	}
	_, received := message.Param(via.Params, "received")
	if host, err := netip.ParseAddr(via.Host); rport || received || err != nil || host.Unmap() != source.Addr() {
		via.Params.Add("received", source.Addr().WithZone("").String())
	}
	if rport || f.Proto != UDP {
		return source
	}
	if via.Port > 0 {
		return netip.AddrPortFrom(source.Addr(), uint16(via.Port))
	}
	return netip.AddrPortFrom(source.Addr(), defaultSIPPort)
}

// malformed counts and logs what was refused, and answers it if it can be
// answered. It returns the error if the rest of a stream is not worth reading.
func (l *Layer) malformed(f Flow, data []byte, err error) error {
	var pe *message.ParseError
	if !errors.As(err, &pe) {
		return err
	}
	l.counters.malformed(pe.Kind).Add(1)
	if l.lines.Allow() {
		l.log.Info("malformed message refused", "listener", f.Listener, "source", f.Remote, "reason", pe.Reason)
	}
	if pe.Kind == message.NotSIP {
		return pe
	}
	if pe.Status == 0 {
		return nil
	}
	if !l.refusals.Allow() {
		l.counters.Unanswered.Add(1)
		return nil
	}
	f.Remote = stamp(pe.Request.Via(), f)
	res := message.NewResponse(pe.Request, pe.Status, pe.Reason, statelessTag(pe.Request))
	answer := message.Append(nil, res)
	if f.Proto == UDP && len(answer) > MaxGain*len(data) {
		l.counters.Unanswered.Add(1)
		return nil
	}
	if l.Send(f, answer) == nil {
		l.counters.Refused.Add(1)
	}
	return nil
}

// statelessTag is the same for the same request (RFC 3261 section 8.2.7).
func statelessTag(req *sip.Request) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(message.Header(req, "Call-ID") + message.Header(req, "CSeq")))
	return strconv.FormatUint(h.Sum64(), 36)
}
