package transaction

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/transport"
)

// withBranch gives the request a branch of its own.
func withBranch(req *sip.Request, n int) {
	req.Via().Params = sip.HeaderParams{{K: "branch", V: "z9hG4bK-a-branch-of-usual-length-" + strconv.Itoa(n)}}
}

// withCallID gives it a Call-ID of its own, lest it be merged.
func withCallID(req *sip.Request, n int) {
	*req.CallID() = sip.CallIDHeader("a-call-id-of-usual-length-" + strconv.Itoa(n))
}

func benchServer(b *testing.B, method sip.RequestMethod) {
	b.Helper()
	w := newBench(b)
	w.quiet = true
	f := flowOf(udp)
	req := parse(b, text(method, "z9hG4bK1")).(*sip.Request)
	ack := parse(b, text(sip.ACK, "z9hG4bK1")).(*sip.Request)
	ringing, final := answer(180), answer(486)
	w.onRequest = func(tx *Server, _ *sip.Request) {
		if method == sip.INVITE {
			w.table.Respond(w.now, tx, ringing)
		}
		w.table.Respond(w.now, tx, final)
	}
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		withBranch(req, n)
		withCallID(req, n)
		w.table.Receive(w.now, transport.Received{Msg: req, Flow: f})
		if method == sip.INVITE {
			withBranch(ack, n)
			w.table.Receive(w.now, transport.Received{Msg: ack, Flow: f})
		}
		w.now = w.now.Add(10 * time.Millisecond) // 100 a second: 500 to 3,200 at once
		w.table.Tick(w.now)
	}
}

func benchClient(b *testing.B, method sip.RequestMethod) {
	b.Helper()
	w := newBench(b)
	w.quiet = true
	f := flowOf(udp)
	req := outgoing(b, method, "z9hG4bK1")
	res := parse(b, reply(486, method, "z9hG4bK1")).(*sip.Response)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		withBranch(req, n)
		w.table.Start(w.now, req, f, nil)
		res.Via().Params = req.Via().Params
		w.table.Receive(w.now, transport.Received{Msg: res, Flow: f})
		w.now = w.now.Add(10 * time.Millisecond)
		w.table.Tick(w.now)
	}
}

// Each is one transaction from beginning to end, without parsing.
func BenchmarkServerInvite(b *testing.B)    { benchServer(b, sip.INVITE) }
func BenchmarkServerNonInvite(b *testing.B) { benchServer(b, sip.OPTIONS) }
func BenchmarkClientInvite(b *testing.B)    { benchClient(b, sip.INVITE) }
func BenchmarkClientNonInvite(b *testing.B) { benchClient(b, sip.OPTIONS) }

// TestMemoryOfATransaction measures what one transaction keeps in each state in
// which it may stay for long.
func TestMemoryOfATransaction(t *testing.T) {
	serve := func(method sip.RequestMethod, statuses ...int) func(*bench, int) {
		return func(b *bench, n int) {
			b.onRequest = func(tx *Server, _ *sip.Request) {
				for _, s := range statuses {
					res := answer(s)
					res.SetBody(make([]byte, 1000))
					b.table.Respond(b.now, tx, res)
				}
			}
			req := parse(t, text(method, "z9hG4bK1")).(*sip.Request)
			withBranch(req, n)
			withCallID(req, n)
			b.table.Receive(b.now, transport.Received{Msg: req, Flow: flowOf(udp)})
		}
	}
	call := func(method sip.RequestMethod, statuses ...int) func(*bench, int) {
		return func(b *bench, n int) {
			req := outgoing(t, method, "z9hG4bK1")
			withBranch(req, n)
			b.table.Start(b.now, req, flowOf(udp), nil)
			for _, s := range statuses {
				res := parse(t, reply(s, method, "z9hG4bK1")).(*sip.Response)
				res.Via().Params = req.Via().Params
				b.table.Receive(b.now, transport.Received{Msg: res, Flow: flowOf(udp)})
			}
		}
	}
	for _, c := range []struct {
		name  string
		make  func(*bench, int)
		limit int // bytes; a kept response has 1,100, a kept request 300
	}{
		{"server INVITE ringing", serve(sip.INVITE, 180), 2048},
		{"server INVITE accepted", serve(sip.INVITE, 180, 200), 1024},
		{"server non-INVITE completed", serve(sip.OPTIONS, 200), 2048},
		{"client INVITE ringing", call(sip.INVITE, 180), 1536},
		{"client INVITE accepted", call(sip.INVITE, 180, 200), 1024},
		{"client non-INVITE completed", call(sip.OPTIONS, 200), 1024},
	} {
		t.Run(c.name, func(t *testing.T) {
			const count = 4000
			b := newBench(t)
			b.quiet = true
			before := heapInUse()
			for n := range count {
				c.make(b, n)
			}
			each := int(heapInUse()-before) / count
			runtime.KeepAlive(b)
			t.Log(fmt.Sprint(each, " bytes"))
			if each > c.limit {
				t.Errorf("%d bytes, at most %d", each, c.limit)
			}
		})
	}
}

func heapInUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
