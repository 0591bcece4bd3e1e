package transaction

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transport"
)

// large makes a request larger than a datagram may be.
var large = "X-Filler: " + strings.Repeat("x", MaxDatagram)

// wide is a bench whose user has a stream to the peer.
func wide(t *testing.T) (b *bench, stream transport.Flow) {
	t.Helper()
	b = newBench(t)
	b.method, b.flow = sip.INVITE, flowOf(udp)
	stream = flowOf(tcp)
	stream.Conn = 0
	b.stream = &stream
	return b, stream
}

func (b *bench) viaOfLast() string {
	_, rest, _ := strings.Cut(b.wire[len(b.wire)-1], "Via: ")
	via, _, _ := strings.Cut(rest, ";")
	return via
}

// TestLargeRequestGoesByStream: with the Via of the stream, and so do its ACK and CANCEL;
// what fits a datagram goes as it was to.
func TestLargeRequestGoesByStream(t *testing.T) {
	const byTCP, byUDP = "SIP/2.0/TCP 127.0.0.1:5060", "SIP/2.0/UDP 127.0.0.1:5060"
	b, stream := wide(t)
	req := outgoing(t, sip.INVITE, "z9hG4bK1", large)
	tx := b.table.Start(b.now, req, b.flow, nil)
	if tx.Flow != stream || b.viaOfLast() != byTCP || req.Via().Transport != "UDP" {
		t.Errorf("it goes by %+v with Via %s; the user's has %s", tx.Flow, b.viaOfLast(), req.Via().Transport)
	}
	b.table.Cancel(b.now, tx, "")
	b.receive(stream, reply(180, sip.INVITE, "z9hG4bK1"))
	if b.viaOfLast() != byTCP {
		t.Errorf("the CANCEL has Via %s", b.viaOfLast())
	}
	b.receive(stream, reply(487, sip.INVITE, "z9hG4bK1"))
	if b.viaOfLast() != byTCP {
		t.Errorf("the ACK has Via %s", b.viaOfLast())
	}
	small := b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK2"), b.flow, nil)
	b.stream = nil
	none := b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK3", large), b.flow, nil)
	if small.Flow != b.flow || none.Flow != b.flow || b.viaOfLast() != byUDP {
		t.Error("it is sent by a stream without need, or by one that there is not")
	}
	if c := b.table.Counters(); c.Widened.Load() != 1 || c.Narrowed.Load() != 0 {
		t.Errorf("%d widened, %d narrowed", c.Widened.Load(), c.Narrowed.Load())
	}
}

// TestStreamThatCannotBeUsed: the request goes by UDP after all, with the timers of UDP,
// once.
func TestStreamThatCannotBeUsed(t *testing.T) {
	for name, method := range map[string]sip.RequestMethod{"INVITE": sip.INVITE, "another": sip.OPTIONS} {
		t.Run(name, func(t *testing.T) {
			b, stream := wide(t)
			tx := b.table.Start(b.now, outgoing(t, method, "z9hG4bK1", large), b.flow, nil)
			b.log = nil
			b.table.Broken(b.now, stream, errGone)
			b.expect("0s narrow tcp", "0s send "+string(method))
			if tx.Flow != b.flow || b.viaOfLast() != "SIP/2.0/UDP 127.0.0.1:5060" {
				t.Errorf("it goes by %+v, Via %s", tx.Flow, b.viaOfLast())
			}
			b.run(T1)
			b.expect("500ms send " + string(method))
			b.table.Broken(b.now, stream, errGone)
			b.expect()
			b.run(never)
			if last := b.log[len(b.log)-1]; !strings.HasSuffix(last, ErrTimeout.Error()) {
				t.Errorf("it ends with %q", last)
			}
			b.empty()
		})
	}
}

func TestRefusedSendGoesByUDP(t *testing.T) {
	b, _ := wide(t)
	b.err = errGone
	b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK1", large), b.flow, nil)
	b.err = nil
	b.table.Tick(b.now)
	b.expect("0s error INVITE", "0s narrow tcp", "0s send INVITE")
}

// TestNoWayBack: what a response came for, or nobody wants any more, is not sent again.
func TestNoWayBack(t *testing.T) {
	b, stream := wide(t)
	b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK1", large), b.flow, nil)
	b.receive(stream, reply(100, sip.INVITE, "z9hG4bK1"))
	cancelled := b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK2", large), b.flow, nil)
	b.table.Cancel(b.now, cancelled, "")
	b.log = nil
	b.table.Broken(b.now, stream, errGone)
	b.expect("0s client failed: gone", "0s client failed: gone")
	b.run(never)
	b.empty()
}
