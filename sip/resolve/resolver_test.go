package resolve

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/transport"
)

// server is a zone that can be away, or slow.
type server struct {
	mu   sync.Mutex
	zone zone
	away bool
	slow time.Duration
}

func (s *server) ask(ctx context.Context, q question) (answer, error) {
	s.mu.Lock()
	away, slow := s.away, s.slow
	s.mu.Unlock()
	select {
	case <-time.After(slow):
	case <-ctx.Done():
		return answer{}, errNoServer
	}
	if away {
		return answer{}, errNoServer
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.zone.ask(q)
}

func (s *server) is(away bool, lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.away = away
	if lines != nil {
		s.zone.lines = lines
	}
}

func (s *server) questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.zone.asked)
}

func newResolver(t *testing.T, lines ...string) (*Resolver, *server) {
	t.Helper()
	s := &server{zone: zone{t: t, lines: lines}}
	r := New(Config{Log: slog.New(slog.DiscardHandler), Servers: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:53")}})
	r.ask = s.ask
	return r, s
}

func carrier() Target { return Target{Host: "x", Protos: []transport.Proto{transport.UDP}, V4: true} }

// after lets time pass and tells what the name is then.
func after(d time.Duration, n *Name) string {
	<-time.After(d)
	synctest.Wait()
	return last(n.Known())
}

func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newResolver(t, "_sip._udp.x. 600 SRV 1 1 5060 a.x.", "a.x. 60 A 10.0.0.1")
		n := r.Follow(carrier())
		if got := r.Counters().Unresolved.Load(); got != 1 {
			t.Errorf("%d names are unresolved before the start", got)
		}
		r.Start()
		defer r.Close()
		r.Wait(t.Context())
		if got := last(n.Known()); got != "1" || r.Counters().Unresolved.Load() != 0 {
			t.Errorf("after the first round: %q", got)
		}
		s.is(false, "_sip._udp.x. 600 SRV 1 1 5060 a.x.", "a.x. 60 A 10.0.0.2")
		if got := after(59*time.Second, n); got != "1" {
			t.Errorf("before its time is over it is %q", got)
		}
		if got := after(2*time.Second, n); got != "2" {
			t.Errorf("after its time it is %q", got)
		}
		if got := s.questions(); got != 3 { // the SRV record is still good
			t.Errorf("%d questions were asked: %q", got, s.zone.asked)
		}
		s.is(false, "_sip._udp.x. 600 SRV 1 1 5060 a.x.")
		if got := after(time.Minute, n); got != "" || r.Counters().Unresolved.Load() != 1 || r.Counters().Negative.Load() == 0 {
			t.Errorf("a name without addresses is %q", got)
		}
		if stale, err := n.State(); stale || err == nil || !strings.Contains(err.Error(), "no address") {
			t.Errorf("state %t, %v", stale, err)
		}
	})
}

// TestStale: what was found is kept while no server answers, for a day, and
// corrected soon after one does.
func TestStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newResolver(t, "_sip._udp.x. 600 SRV 1 1 5060 a.x.", "a.x. 60 A 10.0.0.1")
		n := r.Follow(carrier())
		r.Start()
		defer r.Close()
		r.Wait(t.Context())
		s.is(true)
		if got := after(time.Hour, n); got != "1" || r.Counters().Stale.Load() == 0 || r.Counters().Failures.Load() == 0 {
			t.Errorf("after an hour without a server it is %q", got)
		}
		if stale, err := n.State(); !stale || err != nil {
			t.Errorf("state %t, %v", stale, err)
		}
		s.is(false, "_sip._udp.x. 600 SRV 1 1 5060 a.x.", "a.x. 60 A 10.0.0.2")
		if got := after(RetryAfter, n); got != "2" {
			t.Errorf("%v after the server is back it is %q", RetryAfter, got)
		}
		if stale, err := n.State(); stale || err != nil {
			t.Errorf("state %t, %v", stale, err)
		}
		s.is(true)
		if got := after(23*time.Hour, n); got != "2" {
			t.Errorf("after 23 hours it is %q", got)
		}
		if got := after(2*time.Hour, n); got != "" {
			t.Errorf("after 25 hours it is %q", got)
		}
	})
}

// TestStaleView: a name keeps its addresses if a part of the new way to them is
// unknown.
func TestStaleView(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newResolver(t, "_sip._udp.x. 60 SRV 1 1 5060 a.x.", "a.x. 60 A 10.0.0.1")
		n := r.Follow(carrier())
		r.Start()
		defer r.Close()
		r.Wait(t.Context())
		s.is(false, "_sip._udp.x. 60 SRV 1 1 5060 b.x.", "! b.x A")
		if got := after(time.Minute+time.Second, n); got != "1" {
			t.Errorf("with an unknown host it is %q", got)
		}
		if stale, err := n.State(); !stale || !isAway(err) {
			t.Errorf("state %t, %v", stale, err)
		}
		if got := after(25*time.Hour, n); got != "" {
			t.Errorf("a day later it is %q", got)
		}
	})
}

// TestSlowServer: a call does not wait for DNS, and neither does the end.
func TestSlowServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newResolver(t, "x. 60 A 10.0.0.1")
		s.slow = time.Hour
		n := r.Follow(carrier())
		r.Start()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		r.Wait(ctx)
		if got := n.Addresses(); len(got) != 0 {
			t.Errorf("it is %v", got)
		}
		r.Close()
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestManyNames: names are asked for beside each other, no more than the limit.
func TestManyNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newResolver(t, "x. 60 A 10.0.0.1")
		s.slow = time.Second
		for i := range 3 * MaxLookups {
			target := carrier()
			target.Host, target.Port = fmt.Sprint("x", i), 5060
			r.Follow(target)
		}
		began := time.Now()
		r.Start()
		defer r.Close()
		r.Wait(t.Context())
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

func TestFixed(t *testing.T) {
	r := New(Config{Log: slog.New(slog.DiscardHandler)})
	r.Close() // never started
	n := r.Follow(Target{Host: "::ffff:10.0.0.1", Protos: []transport.Proto{transport.TCP}})
	got := n.Addresses()
	if len(got) != 1 || got[0].String() != "10.0.0.1:5060/tcp" || len(r.names) != 0 {
		t.Errorf("an address is %v", got)
	}
	n = Fixed(transport.UDP, at(2).AddrPort, at(1).AddrPort)
	if got := last(n.Addresses()) + ", " + last(n.Known()); got != "2 1, 2 1" {
		t.Errorf("fixed addresses are %s", got)
	}
	allocs := testing.AllocsPerRun(10, func() { n.Addresses() })
	if allocs > 0 {
		t.Errorf("fixed addresses take %v allocations", allocs)
	}
}
