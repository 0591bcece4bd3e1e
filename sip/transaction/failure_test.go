package transaction

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transport"
)

func TestClientSendErrorIsToldAfterStart(t *testing.T) {
	for _, method := range []sip.RequestMethod{sip.INVITE, sip.OPTIONS} {
		b := newBench(t)
		b.err = errGone
		tx := b.table.Start(b.now, outgoing(t, method, "z9hG4bK1"), flowOf(udp), nil)
		b.expect("0s error " + string(method))
		if tx == nil || !b.table.Deadline().Equal(b.now) {
			t.Fatalf("client %v, deadline %v: want a client, now", tx, b.table.Deadline())
		}
		b.table.Tick(b.now)
		b.expect("0s client failed: gone")
		b.empty()
	}
}

func TestFailureInsideACallbackIsToldAtTheEnd(t *testing.T) {
	b := newBench(t)
	f := flowOf(udp)
	b.err = errGone
	tries := 0
	start := func() {
		tries++
		b.table.Start(b.now, outgoing(t, sip.OPTIONS, "z9hG4bK1"), f, nil)
		b.note("started")
	}
	b.onRequest = func(*Server, *sip.Request) { start() }
	b.onFailed = func(*Client) {
		if tries < 3 {
			start()
		}
	}
	b.receive(f, text(sip.INVITE, "z9hG4bKa"))
	b.expect("0s request INVITE", "0s error OPTIONS", "0s started", "0s client failed: gone", "0s error OPTIONS", "0s started")
	b.table.Tick(b.now)
	b.expect("0s client failed: gone", "0s error OPTIONS", "0s started", "0s client failed: gone")
}

func TestServerSendError(t *testing.T) {
	t.Run("INVITE still absorbs", func(t *testing.T) {
		b := newInvite(t)
		b.err = errGone
		b.respond(0, 200)
		b.table.Tick(b.now)
		b.again()
		b.err = nil
		b.respond(0, 200)
		b.run(never)
		b.expect("0s request INVITE", "0s error 200", "0s server failed: gone", "0s send 200")
		b.empty()
	})
	t.Run("INVITE without answer ends", func(t *testing.T) {
		b := newInvite(t)
		b.err = errGone
		b.respond(0, 180)
		b.again()
		b.run(never)
		b.expect("0s request INVITE", "0s error 180", "0s error 180", "0s server failed: gone")
		b.empty()
	})
	t.Run("INVITE may be answered later", func(t *testing.T) {
		b := newInvite(t)
		b.err = errGone
		b.respond(0, 180)
		b.table.Tick(b.now)
		b.err = nil
		b.run(time.Second)
		b.respond(0, 486)
		b.ack()
		b.run(never)
		b.expect("0s request INVITE", "0s error 180", "0s server failed: gone", "1s send 486")
		b.empty()
	})
	t.Run("other methods end", func(t *testing.T) {
		b := newBench(t)
		b.method, b.flow = sip.OPTIONS, flowOf(udp)
		b.again()
		b.err = errGone
		b.respond(0, 200)
		b.table.Tick(b.now)
		b.expect("0s request OPTIONS", "0s error 200", "0s server failed: gone")
		b.empty()
	})
}

func TestATransactionIsNotedOnce(t *testing.T) {
	b := newInvite(t)
	b.err = errGone
	for range 3 {
		b.respond(0, 180)
	}
	if n := len(b.table.failures); n != 1 {
		t.Errorf("%d failures are noted, want 1", n)
	}
}

func TestAckErrorIsNoFailure(t *testing.T) {
	b := newBench(t)
	b.method, b.flow = sip.INVITE, flowOf(udp)
	b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK1"), b.flow, nil)
	b.err = errGone
	b.reply(486)
	b.run(never)
	b.expect("0s send INVITE", "0s error ACK", "0s response 486")
	b.empty()
}

func TestBrokenStreamFailsItsTransactions(t *testing.T) {
	b := newBench(t)
	old := flowOf(tcp)
	other := old
	other.Conn = 8
	dialled := old
	dialled.Conn = 0
	start := func(branch string, f transport.Flow) {
		b.table.Start(b.now, outgoing(t, sip.INVITE, branch), f, nil)
	}
	start("z9hG4bK1", old)
	start("z9hG4bK2", other)
	start("z9hG4bK3", dialled)
	start("z9hG4bK4", flowOf(udp))
	b.receive(old, text(sip.INVITE, "z9hG4bKa"))
	b.receive(other, text(sip.OPTIONS, "z9hG4bKb"))
	b.log = nil

	b.table.Broken(b.now, old, errGone)
	b.expect("0s client failed: gone", "0s server failed: gone", "0s client failed: gone")
	b.respond(0, 200)
	b.expect()
	b.table.Broken(b.now, old, errGone)
	b.expect()
	b.table.Broken(b.now, other, errGone)
	b.expect("0s server failed: gone", "0s client failed: gone")
	b.log = nil
	b.run(never)
	b.empty()
}

// TestNewConnection: a request for a new connection belongs to that by which the
// first response comes, and to no other one of the peer's.
func TestNewConnection(t *testing.T) {
	b := newBench(t)
	b.method, b.flow = sip.INVITE, flowOf(tcp)
	mine, other, foreign := b.flow, b.flow, b.flow
	other.Conn = 8
	foreign.Conn, foreign.Remote = 9, netip.MustParseAddrPort("127.0.0.3:5070")
	dialled := b.flow
	dialled.Conn = 0
	tx := b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK1"), dialled, nil)
	for _, c := range []struct {
		by   transport.Flow
		conn uint64
	}{{foreign, 0}, {mine, mine.Conn}, {other, mine.Conn}} {
		b.receive(c.by, reply(180, sip.INVITE, "z9hG4bK1"))
		if tx.Flow.Conn != c.conn || tx.Flow.Remote != dialled.Remote {
			t.Errorf("after a response by connection %d the flow is %+v", c.by.Conn, tx.Flow)
		}
	}
	b.log = nil
	b.table.Broken(b.now, other, errGone)
	b.expect()
	b.table.Broken(b.now, mine, errGone)
	b.expect("0s client failed: gone")
	b.run(never)
	b.empty()
}

// TestLostNode: the transactions on a node's flows fail together, over UDP too, and
// on each flow by itself when it breaks.
func TestLostNode(t *testing.T) {
	b := newBench(t)
	near, far, stream, farther := flowOf(udp), flowOf(udp), flowOf(tcp), flowOf(tcp)
	far.Node, stream.Node, farther.Node = "node-2", "node-2", "node-3"
	for i, f := range []transport.Flow{near, far, stream, farther, farther} {
		b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK"+strconv.Itoa(i)), f, nil)
	}
	b.receive(far, text(sip.INVITE, "z9hG4bKa"))
	b.log = nil
	b.table.Broken(b.now, far, errGone)
	b.expect("0s server failed: gone", "0s client failed: gone")
	b.table.Lost(b.now, "node-2", errGone)
	b.expect("0s client failed: gone")
	b.table.Lost(b.now, "node-2", errGone)
	b.expect()
	b.table.Lost(b.now, "node-3", errGone)
	b.expect("0s client failed: gone", "0s client failed: gone")
	b.run(never)
	b.empty()
}

func TestBrokenStreamEndsAnsweredOnesSilently(t *testing.T) {
	b := newBench(t)
	b.method, b.flow = sip.INVITE, flowOf(tcp)
	b.again()
	b.respond(0, 200)
	b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bK1"), b.flow, nil)
	b.reply(200)
	b.log = nil
	b.table.Broken(b.now, b.flow, errGone)
	b.expect()
	b.empty()
}

func TestUserCallsTheTableFromEveryCallback(t *testing.T) {
	b := newBench(t)
	b.method, b.flow = sip.INVITE, flowOf(udp)
	var out *Client
	b.onRequest = func(tx *Server, req *sip.Request) {
		if req.Method == sip.INVITE {
			b.table.Respond(b.now, tx, answer(100))
			out = b.table.Start(b.now, outgoing(t, sip.INVITE, "z9hG4bKout"), b.flow, tx)
		}
	}
	b.onResponse = func(tx *Client, res *sip.Response) {
		b.table.Respond(b.now, tx.Owner.(*Server), answer(res.StatusCode))
	}
	b.onCancel = func(tx *Server) { b.table.Cancel(b.now, out, "") }
	b.again()
	b.receive(b.flow, reply(180, sip.INVITE, "z9hG4bKout"))
	b.cancel()
	b.receive(b.flow, reply(200, sip.CANCEL, "z9hG4bKout"))
	b.receive(b.flow, reply(487, sip.INVITE, "z9hG4bKout"))
	b.ack()
	b.run(never)
	b.expect("0s request INVITE", "0s send 100", "0s send INVITE", "0s response 180", "0s send 180",
		"0s send 200", "0s cancelled", "0s send CANCEL", "0s send ACK", "0s response 487", "0s send 487")
	b.empty()
}

// TestRedial: an INVITE whose stream breaks is answered by a new one, once, as long as
// there is something to answer; no other request is.
func TestRedial(t *testing.T) {
	for name, c := range map[string]struct {
		method   sip.RequestMethod
		statuses []int // before the break
		moved    bool
	}{
		"nothing said": {sip.INVITE, nil, true},
		"rings":        {sip.INVITE, []int{180}, true},
		"answered":     {sip.INVITE, []int{200}, true},
		"refused":      {sip.INVITE, []int{486}, false},
		"no INVITE":    {sip.OPTIONS, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.method, b.flow = c.method, flowOf(tcp)
			back, asked := flowOf(tcp), uint16(0)
			back.Conn = 0
			b.onRedial = func(port uint16) transport.Flow {
				asked = port
				return back
			}
			b.again()
			for _, status := range c.statuses {
				b.respond(0, status)
			}
			b.log = nil
			b.table.Broken(b.now, b.flow, errGone)
			if moved := b.table.Counters().Redialled.Load() == 1; moved != c.moved {
				t.Fatalf("moved: %t", moved)
			}
			if !c.moved {
				return
			}
			b.expect()
			if asked != 5070 || b.txs[0].Flow != back {
				t.Errorf("it goes to port %d, by %+v", asked, b.txs[0].Flow)
			}
			b.respond(0, 200)
			b.expect("0s send 200")
			b.table.Broken(b.now, back, errGone)
			b.run(never)
			b.empty()
		})
	}
}
