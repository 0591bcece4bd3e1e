package relay

import (
	"testing"
	"time"
)

// TestSurvivors: streams that a former process left in the kernel keep their ports from
// new calls, and are ended and told when no call claims them in time.
func TestSurvivors(t *testing.T) {
	w := newWire(t, layout{kernel: true, offload: "on"})
	w.bridge()
	w.settle(2)
	// Nobody tells the plane of before that another one takes over, as if it had been
	// killed. Its sockets stay open, and nothing comes to them.
	var told []Orphan
	cfg := w.config()
	cfg.Orphaned = func(o []Orphan) { told = append(told, o...) }
	b := &bench{TB: t, time: start}
	var err error
	w.exchange.Do(func() { b.Plane, err = build(cfg, nil, func() time.Time { return b.time }) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	if s := b.Stats(); s.PortsResting != 2 || s.PortsFree != s.PortsTotal-2 {
		t.Errorf("stats %+v", s)
	}
	for i := range 10 {
		w.talk(i)
	}
	b.pass(claimWithin - time.Second)
	if len(told) != 0 {
		t.Errorf("%d streams ended too early", len(told))
	}
	b.pass(2 * time.Second)
	labels := map[string]Orphan{}
	for _, o := range told {
		labels[o.Label] = o
	}
	if o := labels["call/left"]; len(told) != 2 || o.Local != w.caller.to.Local() || o.Stats.Sent < 10 {
		t.Errorf("told %+v", told)
	}
	if n := b.Counters().Orphans.Load(); n != 2 {
		t.Errorf("%d orphans are counted", n)
	}
	before := w.carried()
	w.talk(1) // by the sockets of before
	if w.carried() != before {
		t.Error("the kernel carries on after the end")
	}
}

// TestInterfaceDown: a stream whose way is gone is taken back soon, and handed over again
// once there is one.
func TestInterfaceDown(t *testing.T) {
	w := newWire(t, layout{kernel: true, offload: "on"})
	w.bridge()
	w.settle(2)
	w.exchange.Run("ip", "link", "set", "dev", "right", "down")
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for began := time.Now(); w.plane.Counters().KernelErrors.Load() == 0; <-pace.C {
		if time.Since(began) > refreshEvery/2 {
			t.Fatalf("the kernel carries on into an interface that is down: %+v", w.plane.Stats())
		}
	}
	w.exchange.Run("ip", "link", "set", "dev", "right", "up")
	for began := time.Now(); time.Since(began) < retryAfter; <-pace.C {
		w.talk(1)
	}
	w.settle(2)
}
