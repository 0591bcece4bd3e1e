package main

import (
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"
)

func TestBencode(t *testing.T) {
	if got, want := bencode("command", "ping", "sdp", "a b"), "d7:command4:ping3:sdp3:a be"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := audioPort.FindStringSubmatch("3:sdp20:v=0\r\nm=audio 30012 RTP/AVP 0\r\n"); len(got) != 2 || got[1] != "30012" {
		t.Errorf("port %v", got)
	}
}

func TestFigures(t *testing.T) {
	r := result{sent: 200, received: 100, delays: make([]uint32, maxDelay+1)}
	r.delays[10], r.delays[70] = 99, 1
	if p50, p99 := r.percentile(0.5), r.percentile(0.99); p50 != 10*time.Microsecond || p99 != 70*time.Microsecond {
		t.Errorf("p50 %v, p99 %v", p50, p99)
	}
	if r.loss() != 50 {
		t.Errorf("loss %v", r.loss())
	}
	runs := []measured{{cpu: 9}, {cpu: 1}, {cpu: 5}}
	if got := medianOf(runs, byCPU); got != 5 {
		t.Errorf("median %v", got)
	}
	if u, err := usageOf(os.Getpid()); err != nil || u.memory < 1<<20 {
		t.Errorf("usage of this process: %+v, %v", u, err)
	}
}

// TestGenerator sends a short burst to itself.
func TestGenerator(t *testing.T) {
	g, err := newGenerator()
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	g.legs = slices.Repeat([]netip.AddrPort{g.local}, 30)
	r, err := g.run(3*packetTime, 0)
	if err != nil || r.sent != 90 || r.received != 90 {
		t.Errorf("sent %d, received %d: %v", r.sent, r.received, err)
	}
}
