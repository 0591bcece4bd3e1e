package transport_test

import (
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"strowger/sip/transport"
	"strowger/sip/transport/memnet"
)

// Mutated torture messages end nothing: not the node, not its sockets, not
// another connection.
func TestMutatedMessagesEndNothing(t *testing.T) {
	files, err := filepath.Glob("../../testdata/torture/*.dat")
	if err != nil || len(files) == 0 {
		t.Fatal("no torture messages", err)
	}
	var messages [][]byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		messages = append(messages, data)
	}
	synctest.Test(t, func(t *testing.T) {
		n := memnet.New()
		l, r := start(t, config(n))
		random := rand.New(rand.NewPCG(1, 2))
		p := n.Peer(t, "10.0.0.66:5070")
		quiet := dial(t, n, "10.0.0.7")
		for i := range 3000 {
			data := memnet.Damage(random, messages[i%len(messages)])
			p.Write(seatsAddr, data)
			if i%10 == 0 {
				c := dial(t, n, "10.0.0.66")
				go func() { _, _ = io.Copy(io.Discard, c) }()
				_, _ = c.Write(data)
				_ = c.Close()
			}
			synctest.Wait()
		}
		before := len(r.messages())
		write(t, quiet, tcpOptions(1))
		p.Send(seatsAddr, options("SIP/2.0/UDP 10.0.0.66:5070;branch=z9hG4bK1", 2))
		synctest.Wait()
		if got := len(r.messages()) - before; got != 2 {
			t.Errorf("%d of 2 good messages came through", got)
		}
		if c := l.Counters(); c.Syntax.Load() == 0 || c.NotSIP.Load() == 0 || c.Truncated.Load() == 0 || c.Framing.Load() == 0 {
			t.Error("the rubbish was not counted")
		}
	})
}

// flood is a UDP socket on which n datagrams arrive, each from another source.
type flood struct {
	data   []byte
	left   int
	passed sync.WaitGroup // until all were read
	closed chan struct{}
}

func newFlood(n int, data []byte) *flood {
	f := &flood{data: data, left: n, closed: make(chan struct{})}
	f.passed.Add(1)
	return f
}

func (f *flood) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	if f.left == 0 {
		f.passed.Done()
		<-f.closed
		return 0, netip.AddrPort{}, net.ErrClosed
	}
	f.left--
	a := netip.AddrFrom4([4]byte{10, byte(f.left >> 16), byte(f.left >> 8), byte(f.left)})
	return copy(b, f.data), netip.AddrPortFrom(a, 5060), nil
}

func (f *flood) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) { return len(b), nil }
func (f *flood) LocalAddr() net.Addr                                        { return net.UDPAddrFromAddrPort(seatsAddr) }

func (f *flood) Close() error {
	close(f.closed)
	return nil
}

// floods makes the flood its one socket.
type floods struct {
	transport.Sockets
	flood *flood
}

func (f floods) ListenPacket(netip.AddrPort) (transport.PacketConn, error) { return f.flood, nil }

func floodConfig(f *flood) transport.Config {
	cfg := config(memnet.New())
	cfg.Listeners, cfg.Sockets = cfg.Listeners[:1], floods{cfg.Sockets, f}
	return cfg
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Junk from 300,000 sources leaves nothing behind.
func TestJunkFromManySourcesIsForgotten(t *testing.T) {
	const sources = 300_000
	f := newFlood(sources, []byte("junk that is no SIP\r\n\r\n"))
	l, _ := start(t, floodConfig(f))
	before := heap()
	f.passed.Wait()
	if after := heap(); after > before+1<<20 {
		t.Errorf("%d KiB are kept", (after-before)>>10)
	}
	if n := l.Counters().NotSIP.Load(); n != sources {
		t.Errorf("%d counted", n)
	}
}
