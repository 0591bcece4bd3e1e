package relay

import (
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"strowger/media"
	"strowger/media/datagram"
)

func TestMain(m *testing.M) {
	if to := os.Getenv(floodTo); to != "" {
		if err := sendFlood(to); err != nil {
			panic(err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// TestPacketPathDoesNotAllocate sends, carries and takes back a packet, and one
// that has to be converted.
func TestPacketPathDoesNotAllocate(t *testing.T) {
	for name, law := range map[string]media.Payload{"as it is": pcmu, "converted": pcma, "transcoded": g722} {
		b := newBench(t, testConfig())
		left, _ := b.bridge(pcmu, law)
		left.say(sound(1)) // locks
		packet, payload := make([]byte, 0, MaxPacket), sound(1)
		to := datagram.AddressOf(left.to.Local())
		raw, err := left.rtp.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		var allocs float64
		err = raw.Control(func(fd uintptr) {
			allocs = testing.AllocsPerRun(200, func() {
				packet = append(packet[:0], left.packet.header()...)
				packet = append(packet, payload...)
				if errno := datagram.Send(int(fd), packet, &to); errno != 0 {
					t.Error(errno)
				}
				b.carry()
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := b.Counters().Sent.Load(); n != 202 {
			t.Errorf("%s: %d packets carried, want 202", name, n)
		}
		if allocs != 0 {
			t.Errorf("%s: %v allocations a packet", name, allocs)
		}
	}
}

func TestPromptTickDoesNotAllocate(t *testing.T) {
	wide := media.Payload{Type: 9, Encoding: "G722", Clock: 8000}
	for name, sound := range map[string]*media.Prompt{"loop": {PCM: ramp(frame), Loop: true}, "live": {PCM: ramp(frame), Live: true}} {
		b := newBench(t, testConfig())
		for _, payload := range []media.Payload{pcmu, pcma, wide, wide} {
			p := b.join("caller")
			p.update(p.remote(payload))
			p.hear(sound)
		}
		b.clock.tick(b.time)
		if n := testing.AllocsPerRun(sweepEvery/2, func() { b.clock.tick(b.time) }); n != 0 {
			t.Errorf("%s: %v allocations a tick", name, n)
		}
	}
}

// TestChangesDuringTraffic runs a plane as it is run in earnest while its
// endpoints are rearranged and closed; the race detector watches.
func TestChangesDuringTraffic(t *testing.T) {
	cfg := testConfig()
	cfg.Workers = 2
	p, err := New(cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	var parties sync.WaitGroup
	for range 4 {
		rtp := socket(t)
		parties.Go(func() {
			for range 10 {
				rearrange(t, p, media.Remote{
					RTP: addrOf(rtp), Payloads: []media.Payload{pcmu}, Send: true, Receive: true,
				}, func(to media.Endpoint, b []byte) { _, _ = rtp.WriteToUDPAddrPort(b, to.Local()) })
			}
		})
	}
	parties.Wait()
	if s := p.Stats(); s.Endpoints != 0 || s.PortsTotal != s.PortsFree+s.PortsResting {
		t.Errorf("stats %+v", s)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if _, err := p.Open("net", "late", nil); err == nil {
		t.Error("a closed plane opened an endpoint")
	}
}

func rearrange(t *testing.T, p *Plane, r media.Remote, say func(media.Endpoint, []byte)) {
	t.Helper()
	var ends [2]media.Endpoint
	for i := range ends {
		e, err := p.Open("net", "leg", func(media.Event) {})
		if err != nil {
			t.Error(err)
			return
		}
		e.SetTimeout(time.Minute, time.Minute)
		ends[i] = e
	}
	packet := stream{ssrc: 1}
	loop := &media.Prompt{PCM: ramp(frame), Loop: true}
	for i, sources := range [][]media.Source{{ends[0]}, {ends[1]}, {ends[1], loop}, {loop}, {nil}, {loop, ends[1], ends[0]}, {ends[1]}} {
		for _, e := range ends {
			if err := e.Update(r); err != nil {
				t.Error(err)
			}
			say(e, packet.next(sound(byte(i))))
		}
		if err := ends[0].Hear(sources...); err != nil {
			t.Error(err)
		}
		for range 20 {
			say(ends[1], packet.next(sound(byte(i))))
		}
		ends[1].Stats()
	}
	ends[1].Close() // which the other still hears
	say(ends[0], packet.next(sound(9)))
	ends[0].Close()
}

// TestCloseOfAPlaneInUse ends everything that is open.
func TestCloseOfAPlaneInUse(t *testing.T) {
	p, err := New(testConfig(), nil)
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.Open("net", "leg", nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Hear(e); err == nil {
		t.Error("an endpoint outlived its plane")
	}
	e.Close()
}

// BenchmarkOpenClose is what an endpoint costs a call that carries no sound.
func BenchmarkOpenClose(b *testing.B) {
	p, err := New(testConfig(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	b.ReportAllocs()
	for b.Loop() {
		e, err := p.Open("net", "leg", nil)
		if err != nil {
			b.Fatal(err)
		}
		e.Close()
	}
}

// BenchmarkHandle is what a packet costs after it was read: one that is forwarded,
// system call included, and one of a stranger.
func BenchmarkHandle(b *testing.B) {
	for _, name := range []string{"forwarded", "foreign"} {
		b.Run(name, func(b *testing.B) {
			bench := newBench(b, testConfig())
			left, _ := bench.bridge(pcmu, pcmu)
			left.say(sound(1)) // locks
			from := addrOf(left.rtp)
			if name == "foreign" {
				from = above(from)
			}
			packet, payload, scratch := make([]byte, 0, MaxPacket), sound(1), make([]byte, MaxPacket)
			b.ReportAllocs()
			for b.Loop() {
				packet = append(append(packet[:0], left.packet.header()...), payload...)
				left.to.(*endpoint).handle(start, false, from, packet, scratch)
			}
		})
	}
}

// BenchmarkTick is what a listener costs in a tick, system call included: of a prompt of
// its own, and of sound that all hear.
func BenchmarkTick(b *testing.B) {
	const listeners = 200
	wide := media.Payload{Type: 9, Encoding: "G722", Clock: 8000}
	for name, payload := range map[string]media.Payload{"PCMA": pcma, "G722": wide} {
		for kind, sound := range map[string]*media.Prompt{"own": {PCM: ramp(frame), Loop: true}, "live": {PCM: ramp(frame), Live: true}} {
			b.Run(name+" "+kind, func(b *testing.B) {
				bench := newBench(b, testConfig())
				for range listeners {
					p := bench.join("caller")
					p.update(p.remote(payload))
					p.hear(sound)
				}
				for b.Loop() {
					bench.clock.tick(bench.time)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/listeners, "ns/listener")
			})
		}
	}
}
