package cluster

import (
	"runtime"
	"sync/atomic"
	"testing"

	"strowger/sip/message"
	"strowger/sip/transport"
)

// counting is a handler that counts messages.
type counting struct {
	box

	got atomic.Int64
}

func (c *counting) Receive(transport.Received) { c.got.Add(1) }

// BenchmarkForward takes a message to another node by TLS on loopback, where it is
// parsed.
func BenchmarkForward(b *testing.B) {
	one, two := overTCP(b, 1, secret), overTCP(b, 2, secret)
	got := &counting{}
	one.cfg.Handler = got
	two.Update([]Member{one.self})
	for !two.Connected("node-1") || !one.Connected("node-2") { // a few milliseconds
		runtime.Gosched()
	}
	msg, err := message.Parse([]byte("INVITE sip:1002@192.0.2.2 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKx\r\n" +
		"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.2>\r\n\r\nv=0\r\n"))
	if err != nil {
		b.Fatal(err)
	}
	r := transport.Received{Msg: msg, Flow: phoneFlow("", 0)}
	b.ReportAllocs()
	sent := int64(0)
	for b.Loop() {
		for !two.Forward(1, r) { // the queue is full
			runtime.Gosched()
		}
		sent++
	}
	for got.got.Load() < sent { // the last of them are under way
		runtime.Gosched()
	}
}
