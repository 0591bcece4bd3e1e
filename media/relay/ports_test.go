package relay

import (
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"strowger/media"
)

func TestPairRestsAfterUse(t *testing.T) {
	cfg := testConfig()
	cfg.Rest = 30 * time.Second
	cfg.Networks["net"] = Network{Addresses: []Addr{{Bind: loopback()}}, PortMin: 21001, PortMax: 21003, Allow: Anywhere()} // one pair
	b := newBench(t, cfg)
	unused := b.join("unused")
	if got := unused.to.Local().Port(); got != 21002 {
		t.Fatalf("port %d, want the even one of the range", got)
	}
	if _, err := b.Open("net", "second", nil); !errors.Is(err, media.ErrNoPorts) {
		t.Fatalf("second pair of one: %v", err)
	}
	unused.to.Close()
	used := b.join("used") // an unused pair returns at once
	used.sendFrom(used.rtp, []byte("garbage"))
	used.to.Close()
	b.time = b.time.Add(30*time.Second - 1)
	if _, err := b.Open("net", "early", nil); !errors.Is(err, media.ErrNoPorts) {
		t.Fatalf("a resting pair was used: %v", err)
	}
	if s := b.Stats(); s.PortsResting != 1 || s.PortsFree != 0 || s.PortsTotal != 1 {
		t.Errorf("stats %+v", s)
	}
	b.time = b.time.Add(1)
	b.join("rested")
	if _, err := b.Open("elsewhere", "lost", nil); !errors.Is(err, media.ErrUnknownNetwork) {
		t.Errorf("unknown network: %v", err)
	}
}

func TestClosedEndpoint(t *testing.T) {
	b := newBench(t, testConfig())
	left, right := b.bridge(pcmu, pcmu)
	left.say(sound(1))
	first := left.to.Close()
	if first.Received != 1 || left.to.Close() != first {
		t.Errorf("figures after Close: %+v", first)
	}
	if err := left.to.Hear(nil); !errors.Is(err, media.ErrClosed) {
		t.Errorf("Hear: %v", err)
	}
	if err := left.to.Update(media.Remote{}); !errors.Is(err, media.ErrClosed) {
		t.Errorf("Update: %v", err)
	}
	if err := right.to.Hear(left.to); !errors.Is(err, media.ErrClosed) {
		t.Errorf("Hear of a closed one: %v", err)
	}
	right.say(sound(2)) // to nobody
}

func TestForeignPortsAreSkipped(t *testing.T) {
	cfg := testConfig()
	cfg.Networks["net"] = Network{Addresses: []Addr{{Bind: loopback()}}, PortMin: 21010, PortMax: 21013, Allow: Anywhere()}
	taken, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback(), 21011)))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	b := newBench(t, cfg)
	if got := b.join("only").to.Local().Port(); got != 21012 {
		t.Errorf("port %d, want 21012", got)
	}
	if _, err := b.Open("net", "none", nil); !errors.Is(err, media.ErrNoPorts) {
		t.Errorf("Open: %v", err)
	}
	if n := b.Counters().PortsBusy.Load(); n != 1 {
		t.Errorf("%d busy ports, want 1", n)
	}
}

func TestPlanesNeverShareAPort(t *testing.T) {
	one, two := newBench(t, testConfig()), newBench(t, testConfig())
	seen := map[uint16]bool{}
	for i := range 200 {
		plane := one
		if i%2 == 1 {
			plane = two
		}
		e, err := plane.Open("net", "any", nil)
		if err != nil {
			t.Fatal(err)
		}
		if seen[e.Local().Port()] {
			t.Fatalf("port %v was given twice", e.Local())
		}
		seen[e.Local().Port()] = true
	}
}

// TestPorts compares the pool with a plain model of it.
func TestPorts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := ports{total: 5, rest: 45 * time.Second, random: rand.New(rand.NewPCG(1, rapid.Uint64().Draw(t, "seed")))}
		now := start
		ready := map[int32]time.Time{} // of the pairs that are not in use
		for i := range int32(p.total) {
			p.free = append(p.free, i)
			ready[i] = now
		}
		var used []int32
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				pair, ok := p.take(now)
				any := false
				for _, at := range ready {
					any = any || !now.Before(at)
				}
				if ok != any {
					t.Fatalf("take says %v, a pair is ready: %v", ok, any)
				}
				if !ok {
					return
				}
				at, idle := ready[pair]
				if !idle || now.Before(at) {
					t.Fatalf("pair %d was given while in use or resting", pair)
				}
				delete(ready, pair)
				used = append(used, pair)
			},
			"put": func(t *rapid.T) {
				if len(used) == 0 {
					t.Skip("none in use")
				}
				pair, tired := used[0], rapid.Bool().Draw(t, "tired")
				used = used[1:]
				p.put(pair, tired, now)
				ready[pair] = now
				if tired {
					ready[pair] = now.Add(p.rest)
				}
			},
			"wait": func(t *rapid.T) { now = now.Add(rapid.Custom(seconds).Draw(t, "seconds")) },
		})
	})
}

func seconds(t *rapid.T) time.Duration {
	return time.Duration(rapid.IntRange(1, 60).Draw(t, "s")) * time.Second
}

func TestCapacity(t *testing.T) {
	for _, test := range []struct {
		pairs       int
		descriptors uint64
		want        Capacity
	}{
		{5000, 20000, Capacity{Calls: 2500, Ports: 2500, Descriptors: 4872}},
		{5000, 1024, Capacity{Calls: 128, Ports: 2500, Descriptors: 128}},
		{5000, 100, Capacity{Ports: 2500}},
	} {
		if got := capacity(test.pairs, test.descriptors); got != test.want {
			t.Errorf("capacity(%d, %d) = %+v, want %+v", test.pairs, test.descriptors, got, test.want)
		}
	}
}
