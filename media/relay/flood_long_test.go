//go:build long

package relay

import (
	"errors"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"strowger/media"
)

// TestFloodInEarnest: strangers send 10,000 packets a second of every kind to the port of
// a call, and at least 95 % of the call's sound arrives.
func TestFloodInEarnest(t *testing.T) {
	cfg := testConfig()
	p, err := New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	caller, agent := socket(t), socket(t)
	var ends [2]media.Endpoint
	for i, party := range []*net.UDPConn{caller, agent} {
		if ends[i], err = p.Open("net", "leg", nil); err != nil {
			t.Fatal(err)
		}
		r := media.Remote{RTP: addrOf(party), Payloads: []media.Payload{pcmu}, Send: true, Receive: true}
		if err := ends[i].Update(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(ends[0].Hear(ends[1]), ends[1].Hear(ends[0])); err != nil {
		t.Fatal(err)
	}
	voice := stream{ssrc: 1}
	say := func() {
		if _, err := caller.WriteToUDPAddrPort(append(voice.header(), sound(2)...), ends[0].Local()); err != nil {
			t.Fatal(err)
		}
	}
	say()
	for ends[0].Stats().Received == 0 { // and so the source is locked
		runtime.Gosched()
	}
	stop := make(chan struct{})
	var flood sync.WaitGroup
	defer flood.Wait()
	var sent atomic.Uint64
	flood.Go(func() {
		stranger := socketAt(t, "127.0.0.9:0")
		forged := stream{ssrc: 99}
		junk := [][]byte{{1, 1, 0, 0, 0, 0, 0, 0, 0}, {22, 3, 3, 0, 0, 0, 0, 0, 0}, make([]byte, 500), {0x80, 200, 0, 6, 1, 1, 1, 1, 1}, {255, 9, 9}}
		pace := time.NewTicker(time.Millisecond)
		defer pace.Stop()
		for i := 0; ; i++ {
			if i%10 == 0 {
				select {
				case <-stop:
					return
				case <-pace.C:
				}
			}
			b := junk[i%len(junk)]
			if i%2 == 0 {
				b = append(forged.header(), sound(66)...)
			}
			_, _ = stranger.WriteToUDPAddrPort(b, ends[0].Local())
			sent.Add(1)
		}
	})
	const packets = 100
	pace := time.NewTicker(tick)
	defer pace.Stop()
	for range packets - 1 {
		<-pace.C
		say()
	}
	close(stop)
	flood.Wait()
	<-pace.C
	got := 0
	for _, b := range heard(t, agent) {
		if len(b) > minRTP && b[minRTP] == 2 {
			got++
		}
	}
	s := ends[0].Stats()
	t.Logf("%d of %d packets arrived among %d of strangers: %+v", got, packets, sent.Load(), s)
	if got < packets*95/100 {
		t.Errorf("%d of %d packets arrived among %d of strangers", got, packets, sent.Load())
	}
	if s.Foreign+s.Invalid < sent.Load()/4 {
		t.Errorf("%d foreign and %d invalid packets were counted of %d", s.Foreign, s.Invalid, sent.Load())
	}
}
