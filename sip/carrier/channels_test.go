package carrier_test

import (
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"strowger/sip/carrier"
	"strowger/sip/leg"
	"strowger/sip/state/statetest"
	"strowger/sip/trunk"
	"strowger/sip/trunk/channel"
)

// TestWayOfPlan: no more calls go out by a way of the plan than it may have, whichever
// trunks take them.
func TestWayOfPlan(t *testing.T) {
	one, other := two(0), trunk.Trunk{Name: "other", Tenant: "demo", Network: "net"}
	d, err := carrier.New(t.Context(), carrier.Config{
		Trunks: trunk.NewSet([]trunk.Trunk{one, other}), Store: statetest.Open(t), Sender: sender{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	seize := func(tr *trunk.Trunk, way string, most int) (func(), string) {
		p := tr.Party(netip.AddrPort{})
		p.Cap = leg.Cap{Way: way, Most: most}
		free, v := d.Seize(time.Now(), p, false, false)
		return free, v.Why
	}
	first, _ := seize(&one, "claims.partner", 2)
	second, _ := seize(&other, "claims.partner", 2)
	if first == nil || second == nil {
		t.Fatal("the first two are refused")
	}
	const full = "every channel of the plan's way out claims.partner is taken"
	if free, why := seize(&one, "claims.partner", 2); free != nil || why != full {
		t.Errorf("the third: %q", why)
	}
	if free, _ := seize(&one, "claims.other", 2); free == nil {
		t.Error("another way is full")
	}
	if free, _ := seize(&one, "", 0); free == nil {
		t.Error("a call by no way is refused")
	}
	first()
	third, why := seize(&one, "claims.partner", 2)
	if third == nil {
		t.Fatalf("when one has ended: %s", why)
	}
	if free, _ := seize(&one, "claims.partner", 2); free != nil {
		t.Error("the fourth goes out")
	}
	second()
	third()
	if free, _ := seize(&one, "claims.partner", 1); free == nil {
		t.Error("when all have ended")
	}
}

// TestChannels: what calls are told at the limits of their trunk and of their tenant.
func TestChannels(t *testing.T) {
	one := two(0)
	one.Limits = channel.Limits{Channels: 2, Out: 1, RateIn: 1}
	other := trunk.Trunk{Name: "other", Tenant: "demo", Network: "net"}
	d, err := carrier.New(t.Context(), carrier.Config{
		Trunks: trunk.NewSet([]trunk.Trunk{one, other}), Tenants: map[string]channel.Limits{"demo": {Channels: 3}},
		Store: statetest.Open(t), Sender: sender{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	now := time.Now()
	var held []func()
	for i, step := range []struct {
		trunk   *trunk.Trunk
		inbound bool
		urgent  bool
		status  int // 0: it has a channel
		wait    time.Duration
		why     string
	}{
		{&one, false, false, 0, 0, ""},
		{&one, false, false, 503, 5 * time.Second, "every channel of trunk carrier is taken"},
		{&one, true, false, 0, 0, ""},
		{&one, true, false, 486, 5 * time.Second, "every channel of trunk carrier is taken"},
		{&one, true, true, 0, 0, ""},
		{&other, false, false, 503, 5 * time.Second, "every channel of tenant demo is taken"},
	} {
		free, v := d.Seize(now, step.trunk.Party(netip.AddrPort{}), step.inbound, step.urgent)
		if v.Status != step.status || (free == nil) != (step.status != 0) || v.Wait != step.wait || v.Why != step.why {
			t.Errorf("step %d: %+v, want %+v", i, v, step)
		}
		if free != nil {
			held = append(held, free)
		}
	}
	if _, f := d.Channels("demo", ""); f.Taken != [2]int{2, 1} || f.Full != [2]uint64{0, 1} {
		t.Errorf("the tenant has %+v", f)
	}
	for _, free := range held {
		free()
	}
	if l, f := d.Channels("demo", "carrier"); f.Taken != [2]int{} || l != one.Limits || f.Urgents == 0 {
		t.Errorf("the trunk has %+v", f)
	}
	if _, v := d.Seize(now, one.Party(netip.AddrPort{}), true, false); v.Status != 503 || v.Wait != time.Second || v.Why != "the call rate of trunk carrier is reached" {
		t.Errorf("too fast: %+v", v)
	}
	if _, f := d.Channels("demo", "nobody"); f.Taken != [2]int{} {
		t.Errorf("nobody has %+v", f)
	}
}
