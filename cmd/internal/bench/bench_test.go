package bench

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	// The name of a program may hold spaces and parentheses.
	const stat = "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 150 50 7 8 20 0 1 0 100 1000 10"
	got, err := parseStat(stat)
	if err != nil || got != 2*time.Second {
		t.Errorf("parseStat = %v, %v; want 2s", got, err)
	}
	for _, bad := range []string{"", "42 (x) S 1", strings.Replace(stat, "150", "x", 1)} {
		if _, err := parseStat(bad); err == nil {
			t.Errorf("parseStat(%q) is no error", bad)
		}
	}
}

func TestParsePss(t *testing.T) {
	got, err := parsePss("5580-7ffd ---p 00000000 00:00 0 [rollup]\nRss: 900 kB\nPss:             123 kB\nPss_Dirty: 7 kB\n")
	if err != nil || got != 123<<10 {
		t.Errorf("parsePss = %d, %v; want %d", got, err, 123<<10)
	}
	if _, err := parsePss("Rss: 900 kB\n"); err == nil {
		t.Error("no Pss is no error")
	}
}

func TestUsageCountsDescendants(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	dir := t.TempDir()
	// The shell's child, not the shell, uses the time; then it waits to be ended. Both
	// start no program before that: one that just ends has a stat but no memory.
	script := "sh -c 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; : >done; read _ <wait' & wait"
	if err := syscall.Mkfifo(filepath.Join(dir, "wait"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := start(ctx, dir, "sh", "sh", "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	defer p.stop(syscall.SIGKILL)
	await(ctx, t, filepath.Join(dir, "done"))
	u, err := usageOf([]*process{p})
	if err != nil {
		t.Fatal(err)
	}
	if u.cpu <= 0 || u.memory <= 0 {
		t.Errorf("usage is %+v; want some of both", u)
	}
}

func await(ctx context.Context, t *testing.T, path string) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := os.Stat(path); err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatal(ctx.Err())
		case <-tick.C:
		}
	}
}

func TestReadStat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("SuccessfulCall(P);SuccessfulCall(C);FailedCall(C);Retransmissions(C);\n1;1;0;0;\n5;6;2;3;\n")
	got, err := readStat(path)
	if want := (tally{succeeded: 6, failed: 2, retransmissions: 3}); err != nil || got != want {
		t.Errorf("readStat = %+v, %v; want %+v", got, err, want)
	}
	for _, bad := range []string{"", "SuccessfulCall(C);\n1;\n", "SuccessfulCall(C);FailedCall(C);Retransmissions(C);\nx;0;0;\n"} {
		write(bad)
		if _, err := readStat(path); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
}

// TestRegistrations runs a small load against a registrar of a few lines.
func TestRegistrations(t *testing.T) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	load := registrations{
		from: netip.MustParseAddrPort("127.0.0.1:0"), to: conn.LocalAddr().(*net.UDPAddr).AddrPort(),
		users: seats(3), count: 7, rate: 1000,
	}
	seen := make(chan map[string]int, 1)
	go func() { seen <- registrar(conn) }()
	if err := load.run(t.Context()); err != nil {
		t.Error(err)
	}
	conn.Close()
	if got := <-seen; got["challenged"] != 7 || got["accepted"] != 7 {
		t.Errorf("the registrar saw %v, want 7 of each", got)
	}
}

func TestRegistrationsRefused(t *testing.T) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		buf := make([]byte, 1<<16)
		if n, peer, err := conn.ReadFromUDPAddrPort(buf); err == nil {
			_, header, _ := strings.Cut(string(buf[:n]), "\r\n")
			_, _ = conn.WriteToUDPAddrPort([]byte("SIP/2.0 403 Forbidden\r\n"+header), peer)
		}
	}()
	load := registrations{
		from: netip.MustParseAddrPort("127.0.0.1:0"), to: conn.LocalAddr().(*net.UDPAddr).AddrPort(),
		users: seats(1), count: 1, rate: 1000,
	}
	if err := load.run(t.Context()); err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("a refusal gave %v", err)
	}
}

// registrar challenges what has no credentials and accepts what has, until its
// socket is closed.
func registrar(conn *net.UDPConn) map[string]int {
	seen := make(map[string]int)
	buf := make([]byte, 1<<16)
	for {
		n, peer, err := conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return seen
		}
		if err != nil {
			continue
		}
		msg := string(buf[:n])
		line, what := "SIP/2.0 200 OK\r\n", "accepted"
		if !strings.Contains(msg, "\r\nAuthorization: Digest ") {
			line, what = "SIP/2.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=SHA-256\r\n"+
				"WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=MD5, qop=\"auth\"\r\n", "challenged"
		} else if !strings.Contains(msg, "algorithm=MD5") {
			line = "SIP/2.0 403 Forbidden\r\n"
		}
		seen[what]++
		_, header, _ := strings.Cut(msg, "\r\n")
		_, _ = conn.WriteToUDPAddrPort([]byte(line+header), peer) // a lost answer fails the load
	}
}

func TestMedian(t *testing.T) {
	for _, tt := range []struct {
		values []float64
		want   float64
	}{{[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 2, 3}, 2.5}} {
		if got := median(tt.values); got != tt.want {
			t.Errorf("median(%v) = %v, want %v", tt.values, got, tt.want)
		}
	}
}

func TestWrite(t *testing.T) {
	results := []Result{
		{Measure: "calls", System: "kamailio", Unit: "ms", Median: 0.8, Runs: []float64{0.7, 0.8, 0.9}},
		{Measure: "calls", System: "strowger", Unit: "ms", Median: 0.6, Runs: []float64{0.6}, Ratio: 0.75},
	}
	var b strings.Builder
	if err := Write(&b, results, "table"); err != nil {
		t.Fatal(err)
	}
	const want = "what  system    median  beside rival  runs\n" +
		"ms    kamailio  0.8                   0.7 0.8 0.9\n" +
		"ms    strowger  0.6     0.75x         0.6\n"
	if b.String() != want {
		t.Errorf("table is\n%s\nwant\n%s", b.String(), want)
	}
	if err := Write(&b, results, "xml"); err == nil {
		t.Error("an unknown format is no error")
	}
}

func TestRunRefusesNonsense(t *testing.T) {
	for _, o := range []Options{{}, {Repeats: 1}, {Repeats: 1, Length: time.Second, Only: []string{"speed"}}} {
		if _, err := Run(t.Context(), o); err == nil {
			t.Errorf("%+v is no error", o)
		}
	}
}
