package main

import (
	"net/netip"
	"os"
	"slices"
	"strings"
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
	g, err := newGenerator(home)
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

func TestSpun(t *testing.T) {
	m := &machine{rates: make([]float64, 2)}
	readings := []spun{}
	for _, line := range []string{"1000000000 0 50", "1100000000 100 100\n", "1200000000 180 250", "3200000000 1180 4250"} {
		s, err := parseSpun(line)
		if err != nil {
			t.Fatal(err)
		}
		readings = append(readings, s)
	}
	m.better(readings[0], readings[1])
	m.better(readings[1], readings[2])
	if m.rates[0] != 1000 || m.rates[1] != 1500 {
		t.Fatalf("rates %v, want the best of each processor", m.rates)
	}
	m.rates[1] = 2000
	if used := m.used(readings[2], readings[3]); used != time.Second {
		t.Errorf("%v used, want half of the first processor's 2 s", used)
	}
	for _, bad := range []string{"", "1", "x 1", "1 x", "1 -1"} {
		if _, err := parseSpun(bad); err == nil {
			t.Errorf("%q is a reading", bad)
		}
	}
}

// TestPrint tells medians of differences, and how we compare.
func TestPrint(t *testing.T) {
	at := setting{"here", home, subject{name: "nothing"}, []subject{{name: "ours"}, {name: "theirs"}}}
	run := func(cpu, machine, floor float64) pair {
		return pair{
			with:    measured{cpu: cpu, machine: machine, loss: 0.5, p50: 3 * time.Millisecond, p99: 9 * time.Millisecond, memory: 12},
			without: measured{machine: floor, p50: time.Millisecond, p99: 2 * time.Millisecond},
		}
	}
	var out strings.Builder
	err := at.print(&out, settings{calls: 7}, [][]pair{
		{run(5, 15, 5), run(6, 18, 5), run(4, 12, 6)},
		{run(10, 25, 5), run(12, 30, 5), run(11, 27, 6)},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"7 calls, 700 packets/s; nothing: 5.00 us/packet of the machine, p50 1.00 ms, p99 2.00 ms",
		"ours 5.00 (4.00 to 6.00) 10.00 (6.00 to 13.00) 0.500 (0.500 to 0.500) 2.00 (2.00 to 2.00) 7.00 (7.00 to 7.00) 12.0 (12.0 to 12.0)",
		"theirs 11.00 (10.00 to 12.00) 21.00 (20.00 to 25.00) ",
		"ours / theirs 0.45 0.48",
	} {
		if !strings.Contains(strings.Join(strings.Fields(out.String()), " "), want) {
			t.Errorf("no %q in\n%s", want, &out)
		}
	}
}

func TestParseSizes(t *testing.T) {
	if got, err := parseSizes("100,2"); err != nil || !slices.Equal(got, []int{100, 2}) {
		t.Errorf("%v, %v", got, err)
	}
	for _, bad := range []string{"", "0", "1,,2", "x", "-5"} {
		if _, err := parseSizes(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
