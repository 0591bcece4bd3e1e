package resolve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"strowger/sip/resolve/dnstest"
	"strowger/sip/transport"
)

// Waits. They are bounds of what takes a moment, not lengths.
const (
	firstWait = 20 * time.Second
	staleWait = 60 * time.Second
)

// records are what the real server knows.
const records = `
host-record=sip.test,127.0.0.39
host-record=s1.sip.test,127.0.0.31,2001:db8::31
host-record=s2.sip.test,127.0.0.32
host-record=s3.sip.test,127.0.0.33
host-record=plain.sip.test,127.0.0.34
cname=alias.sip.test,plain.sip.test
srv-host=_sip._udp.sip.test,s1.sip.test,5060,10,60
srv-host=_sip._udp.sip.test,s2.sip.test,5062,10,40
srv-host=_sip._udp.sip.test,s3.sip.test,5060,20,0
srv-host=_sip._tcp.sip.test,s3.sip.test,5070,1,0
naptr-record=sip.test,20,50,s,SIP+D2U,,_sip._udp.sip.test
naptr-record=sip.test,10,50,s,SIP+D2T,,_sip._tcp.sip.test
`

// until asks again and again, and fails the test if the answer stays no.
func until(t *testing.T, bound time.Duration, what string, yes func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-ctx.Done():
			t.Fatalf("after %v still not: %s", bound, what)
		case <-tick.C:
		}
	}
}

func TestRealServer(t *testing.T) {
	t.Parallel()
	server := dnstest.Start(t, records)
	r := New(Config{Servers: []netip.AddrPort{server.Addr}, Log: slog.New(slog.DiscardHandler)})
	udp, both := []transport.Proto{transport.UDP}, []transport.Proto{transport.UDP, transport.TCP}
	follow := func(host string, port uint16, protos []transport.Proto, v6 bool) *Name {
		return r.Follow(Target{Host: host, Port: port, Protos: protos, V4: true, V6: v6})
	}
	names := map[string]struct {
		name *Name
		want []string
	}{
		"NAPTR":         {follow("sip.test", 0, both, false), []string{"127.0.0.33:5070/tcp"}},
		"SRV":           {follow("sip.test", 0, udp, true), []string{"127.0.0.31:5060/udp", "127.0.0.32:5062/udp", "127.0.0.33:5060/udp", "[2001:db8::31]:5060/udp"}},
		"port":          {follow("sip.test", 5090, both, false), []string{"127.0.0.39:5090/udp"}},
		"only A":        {follow("plain.sip.test", 0, both, true), []string{"127.0.0.34:5060/udp"}},
		"CNAME":         {follow("alias.sip.test", 0, both, false), []string{"127.0.0.34:5060/udp"}},
		"not there":     {follow("none.sip.test", 0, both, true), nil},
		"not this zone": {follow("carrier.example", 0, both, true), nil}, // REFUSED: it is no answer
	}
	r.Start()
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), firstWait)
	defer cancel()
	r.Wait(ctx)
	for name, tt := range names {
		if got, want := tt.name.view.Load().text(), strings.Join(tt.want, " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if _, err := names["not there"].name.State(); !errors.Is(err, errNoAddress) {
		t.Errorf("a name that is not there: %v", err)
	}
	if _, err := names["not this zone"].name.State(); !errors.Is(err, errNoServer) || !strings.Contains(err.Error(), "REFUSED") {
		t.Errorf("a name that the server refuses: %v", err)
	}
	first := map[string]int{}
	srv := names["SRV"].name
	for range 1000 {
		got := srv.Addresses()
		first[got[0].Addr().String()]++
		if len(got) != 4 || got[3].Addr().String() != "127.0.0.33" {
			t.Fatalf("order %v: the lower priority is not last", got)
		}
	}
	if n := first["127.0.0.32"]; n < 300 || n > 500 {
		t.Errorf("the host of weight 40 of 100 is first in %d of 1000 calls", n)
	}

	server.Stop()
	before := srv.view.Load().text()
	until(t, staleWait, "the answers are stale", func() bool {
		stale, _ := srv.State()
		return stale
	})
	if got := srv.view.Load().text(); got != before || r.Counters().Failures.Load() == 0 || r.Counters().Stale.Load() == 0 {
		t.Errorf("without a server it is %q, want %q", got, before)
	}
}

// TestTruncated: an answer that is too long for UDP comes by TCP.
func TestTruncated(t *testing.T) {
	var long strings.Builder
	for i := range 100 {
		fmt.Fprintf(&long, "host-record=sip.test,127.1.0.%d\n", i+1)
	}
	at := dnstest.Start(t, long.String()).Addr
	c := &client{servers: []netip.AddrPort{at}, counters: &Counters{}}
	a, err := c.ask(t.Context(), question{"sip.test.", dns.TypeA})
	if err != nil || len(a.records) != 100 || c.counters.Truncated.Load() != 1 {
		t.Errorf("%d records, %d answers truncated: %v", len(a.records), c.counters.Truncated.Load(), err)
	}
}

// TestNextServer: a server that is not there is passed over.
func TestNextServer(t *testing.T) {
	at := dnstest.Start(t, records).Addr
	c := &client{servers: []netip.AddrPort{dnstest.FreePort(t), at}, counters: &Counters{}}
	a, err := c.ask(t.Context(), question{"s2.sip.test.", dns.TypeA})
	if err != nil || len(a.records) != 1 || c.counters.Queries.Load() != 2 {
		t.Errorf("%v, %d queries: %v", a, c.counters.Queries.Load(), err)
	}
}

func TestSystemServers(t *testing.T) {
	file := filepath.Join(t.TempDir(), "resolv.conf")
	for text, want := range map[string]string{
		"nameserver 10.0.0.1\nnameserver fe80::1%eth0\nnameserver 2001:db8::1\n":           "[10.0.0.1:53 [fe80::1%eth0]:53 [2001:db8::1]:53]",
		"nameserver 1.1.1.1\nnameserver 2.2.2.2\nnameserver 3.3.3.3\nnameserver 4.4.4.4\n": "[1.1.1.1:53 2.2.2.2:53 3.3.3.3:53]",
		"search x\n": "[127.0.0.1:53]",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(serversOf(file)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if got := fmt.Sprint(serversOf("nowhere")); got != "[127.0.0.1:53]" {
		t.Errorf("without a file: %s", got)
	}
}
