package transport_test

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"runtime"
	"testing"

	"github.com/emiago/sipgo/sip"

	"strowger/sip/message"
	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

// replier answers each request at once.
type replier struct{ layer *transport.Layer }

func (r *replier) Receive(m transport.Received) {
	res := message.NewResponse(m.Msg.(*sip.Request), 200, "", "us")
	_ = r.layer.Send(m.Flow, message.Append(nil, res))
}

func (r *replier) Broken(transport.Flow, error) {}

// BenchmarkOptionsOverUDP is one request in and its reply out, without the kernel: as it
// comes, and past a gate that knows the source.
func BenchmarkOptionsOverUDP(b *testing.B) {
	for name, gate := range map[string]*transport.Gate{
		"as it comes": nil,
		"past a gate": {Trunk: func(_ string, from netip.Addr) bool { return from.Is4() }},
	} {
		b.Run(name, func(b *testing.B) { benchmarkOptions(b, gate) })
	}
}

func benchmarkOptions(b *testing.B, gate *transport.Gate) {
	b.Helper()
	f := newFlood(b.N, []byte(options("SIP/2.0/UDP 10.0.0.7:5070;branch=z9hG4bK1;rport", 1)))
	r := &replier{}
	cfg := floodConfig(f)
	cfg.Gate = gate
	l, err := transport.New(cfg, r, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	r.layer = l
	b.ReportAllocs()
	b.ResetTimer()
	l.Start()
	f.passed.Wait()
	b.StopTimer()
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkIdleConnection reports what a connection costs that has said something
// and rests. The in-memory socket is part of it, the kernel's is not.
func BenchmarkIdleConnection(b *testing.B) {
	const conns = 5000
	n := memnet.New()
	cfg := config(n)
	cfg.MaxConnsPerSource = conns
	r := &replier{}
	l, err := transport.New(cfg, r, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	r.layer = l
	l.Start()
	defer func() { _ = l.Close() }()
	before := inUse()
	ends := make([]io.Closer, 0, conns)
	for range conns {
		c, err := n.Dial(context.Background(), netip.MustParseAddr("10.0.0.7"), seatsAddr)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.WriteString(c, tcpOptions(1)); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 4096)); err != nil {
			b.Fatal(err)
		}
		ends = append(ends, c)
	}
	b.ReportMetric(float64(inUse()-before)/conns, "B/conn")
	b.ReportMetric(0, "ns/op")
	runtime.KeepAlive(ends)
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}
