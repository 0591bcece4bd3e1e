package resolve

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"strowger/sip/transport"
)

// seen is what a glance tells.
func seen(r *Resolver, host string) string {
	at := r.Glance(Target{Host: host, Protos: []transport.Proto{transport.UDP}, V4: true})
	if len(at) == 0 {
		return ""
	}
	return at[0].AddrPort.String()
}

// TestGlance: what is not known is asked for in the background, once, and again when its
// time is over.
func TestGlance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newResolver(t, "_sip._udp.x. 60 SRV 1 1 5070 a.x.", "a.x. 60 A 10.0.0.1")
		s.slow = 10 * time.Millisecond
		if got := seen(r, "x"); got != "" {
			t.Errorf("before the start x is at %s", got)
		}
		r.Start()
		defer r.Close()
		for range 3 {
			if got := seen(r, "x"); got != "" {
				t.Errorf("before it was asked for x is at %s", got)
			}
		}
		<-time.After(time.Second)
		if got := seen(r, "x"); got != "10.0.0.1:5070" || s.questions() != 2 {
			t.Errorf("x is at %q after %d questions", got, s.questions())
		}
		s.is(false, "_sip._udp.x. 60 SRV 1 1 5080 a.x.", "a.x. 60 A 10.0.0.2")
		<-time.After(time.Minute)
		if got := seen(r, "x"); got != "10.0.0.1:5070" {
			t.Errorf("while it is asked for again x is at %q", got)
		}
		<-time.After(time.Second)
		if got := seen(r, "x"); got != "10.0.0.2:5080" {
			t.Errorf("after that x is at %q", got)
		}
	})
}

// TestGlanceAtNothing: a name without an address is asked for again only when its time is
// over.
func TestGlanceAtNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newResolver(t)
		r.Start()
		defer r.Close()
		seen(r, "x")
		synctest.Wait()
		asked := s.questions()
		if got := seen(r, "x"); got != "" {
			t.Errorf("x is at %q", got)
		}
		synctest.Wait()
		if asked == 0 || s.questions() != asked {
			t.Errorf("%d questions, then %d", asked, s.questions())
		}
	})
}

// TestGlancesAreBounded: with too many names, or after the end, nothing is asked for.
func TestGlancesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := newResolver(t)
		s.slow = time.Minute
		r.Start()
		for i := range MaxGlances + 3 {
			seen(r, fmt.Sprint("host-", i))
		}
		if n := r.Counters().GlancesFull.Load(); n != 3 {
			t.Errorf("%d were not asked for, want 3", n)
		}
		r.Close() // waits for those that are asked for
		before := s.questions()
		seen(r, "x")
		synctest.Wait()
		if s.questions() != before {
			t.Error("it is asked for after the end")
		}
	})
}
