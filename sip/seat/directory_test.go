package seat

import (
	"context"
	"errors"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"strowger/sip/state"
	"strowger/sip/state/statetest"
	"strowger/sip/transport"
)

const testRealm = "demo.example"

func newTestDirectory(tb testing.TB) *Directory {
	tb.Helper()
	d := NewDirectory(statetest.Open(tb))
	if err := d.PutTenant(context.Background(), Tenant{Name: "demo", Realm: testRealm}); err != nil {
		tb.Fatal(err)
	}
	return d
}

func testSeat(tb testing.TB, number string) Seat {
	tb.Helper()
	credentials, err := Credentials(number, testRealm, "demo-"+number, []string{MD5, SHA256})
	if err != nil {
		tb.Fatal(err)
	}
	return Seat{
		Tenant: "demo", Number: number, Name: "Seat " + number, Network: "lan", Credentials: credentials,
		Presentation: "+448081570001", SiteNumber: "+441632960000", Address: "site 1", Desk: "+441632960001",
	}
}

func testBinding(now time.Time) Binding {
	return Binding{
		Contact: "sip:1001@192.0.2.17:49152;transport=udp",
		Flow: transport.Flow{
			Node: "node-1", Listener: "lan-udp", Network: "lan", Proto: transport.UDP,
			Advertised: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: netip.MustParseAddrPort("192.0.2.17:49152"),
		},
		Path:     []string{"<sip:edge.example;lr>"},
		Instance: "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>", RegID: 1, Q: 0.7,
		CallID: "a84b4c76e66710@pc33.example", CSeq: 1826, UserAgent: "Yealink SIP-T46U 108.86.0.20",
		Registered: now.UTC().Truncate(time.Millisecond), Expires: now.UTC().Truncate(time.Millisecond).Add(10 * time.Minute),
	}
}

func TestSeatEdit(t *testing.T) {
	d, ctx := newTestDirectory(t), t.Context()
	want := testSeat(t, "1001")
	if err := d.PutSeat(ctx, want, state.None); err != nil {
		t.Fatal(err)
	}
	if err := d.PutSeat(ctx, want, state.None); !errors.Is(err, state.ErrConflict) {
		t.Errorf("creating it again: %v, want ErrConflict", err)
	}
	got, rev, err := d.SeatRev(ctx, "demo", "1001")
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("read back: %v\n%s", err, diff)
	}
	got.Disabled = true
	if err := d.PutSeat(ctx, got, rev); err != nil {
		t.Errorf("changing it: %v", err)
	}
	if err := d.PutSeat(ctx, got, rev); !errors.Is(err, state.ErrConflict) {
		t.Errorf("changing an old revision: %v, want ErrConflict", err)
	}
	if err := d.PutBindings(ctx, "demo", "1001", []Binding{testBinding(time.Now())}, state.None, false); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteSeat(ctx, "demo", "1001"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Seat(ctx, "demo", "1001"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("after deleting: %v, want ErrNotFound", err)
	}
	if b, rev, err := d.Bindings(ctx, "demo", "1001"); len(b) != 0 || rev != state.None || err != nil {
		t.Errorf("bindings of a deleted seat: %v, %d, %v", b, rev, err)
	}
	if err := d.DeleteSeat(ctx, "demo", "1001"); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("deleting it again: %v, want ErrNotFound", err)
	}
}

func TestRealmIsFixed(t *testing.T) {
	d, ctx := newTestDirectory(t), t.Context()
	if err := d.PutTenant(ctx, Tenant{Name: "demo", Realm: testRealm}); err != nil {
		t.Errorf("same realm: %v", err)
	}
	if err := d.PutTenant(ctx, Tenant{Name: "demo", Realm: "other.example"}); !errors.Is(err, ErrRealm) {
		t.Errorf("other realm: %v, want ErrRealm", err)
	}
	s := testSeat(t, "1001")
	for i := range s.Credentials {
		s.Credentials[i].Realm = "other.example"
	}
	if err := d.PutSeat(ctx, s, state.Any); !errors.Is(err, ErrRealm) {
		t.Errorf("secret of another realm: %v, want ErrRealm", err)
	}
	s.Tenant = "nobody"
	if err := d.PutSeat(ctx, s, state.Any); !errors.Is(err, state.ErrNotFound) {
		t.Errorf("unknown tenant: %v, want ErrNotFound", err)
	}
}

func TestSeedIfEmpty(t *testing.T) {
	d, ctx := newTestDirectory(t), t.Context()
	tenant := Tenant{Name: "demo", Realm: testRealm}
	seats := []Seat{testSeat(t, "1002"), testSeat(t, "1001"), testSeat(t, "999")}
	bad := append([]Seat{{Tenant: "demo", Number: "x"}}, seats...)
	if seeded, err := d.SeedIfEmpty(ctx, tenant, bad); seeded || err == nil {
		t.Errorf("seed with a bad seat: %t, %v", seeded, err)
	}
	if seeded, err := d.SeedIfEmpty(ctx, tenant, seats); !seeded || err != nil {
		t.Fatalf("seed: %t, %v", seeded, err)
	}
	if seeded, err := d.SeedIfEmpty(ctx, tenant, seats); seeded || err != nil {
		t.Errorf("second seed: %t, %v; want false", seeded, err)
	}
	list, err := d.List(ctx, "demo")
	if err != nil {
		t.Fatal(err)
	}
	var numbers []string
	for _, s := range list {
		numbers = append(numbers, s.Number)
	}
	if diff := cmp.Diff([]string{"999", "1001", "1002"}, numbers); diff != "" {
		t.Error(diff)
	}
	tenants, err := d.Tenants(ctx)
	if diff := cmp.Diff([]Tenant{tenant}, tenants); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestBindings(t *testing.T) {
	d, ctx, now := newTestDirectory(t), t.Context(), time.Now()
	desk, mobile, gone := testBinding(now), testBinding(now), testBinding(now)
	mobile.Contact, mobile.Instance, mobile.Q = "sip:1001@192.0.2.99", "", 1
	gone.Contact, gone.Instance, gone.Expires = "sip:1001@192.0.2.98", "", now.Add(-time.Second)
	if err := d.PutBindings(ctx, "demo", "1001", []Binding{desk, mobile, gone}, state.None, false); err != nil {
		t.Fatal(err)
	}
	got, rev, err := d.Bindings(ctx, "demo", "1001")
	opt := cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	if diff := cmp.Diff([]Binding{mobile, desk}, got, opt); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if err := d.PutBindings(ctx, "demo", "1001", nil, state.None, false); !errors.Is(err, state.ErrConflict) {
		t.Errorf("removing what another registered: %v, want ErrConflict", err)
	}
	seen := 0
	err = d.AllBindings(ctx, "", func(tenant, number string, b []Binding) bool {
		seen++
		return tenant == "demo" && number == "1001" && len(b) == 2
	})
	if seen != 1 || err != nil {
		t.Errorf("%d seats registered, %v; want 1", seen, err)
	}
	if err := d.PutBindings(ctx, "demo", "1001", nil, rev, false); err != nil {
		t.Error(err)
	}
	if got, rev, err := d.Bindings(ctx, "demo", "1001"); len(got) != 0 || rev != state.None || err != nil {
		t.Errorf("after removal: %v, %d, %v", got, rev, err)
	}
}

func BenchmarkBindings(b *testing.B) {
	d, ctx := newTestDirectory(b), context.Background()
	one := []Binding{testBinding(time.Now().Add(time.Hour))}
	b.Logf("a typical record has %d bytes", len(encodeBindings(one)))
	if err := d.PutBindings(ctx, "demo", "1001", one, state.Any, false); err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got, _, err := d.Bindings(ctx, "demo", "1001"); len(got) != 1 || err != nil {
				b.Fatal(got, err)
			}
		}
	})
	b.Run("write", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := d.PutBindings(ctx, "demo", "1001", one, state.Any, false); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("seat", func(b *testing.B) {
		if err := d.PutSeat(ctx, testSeat(b, "1001"), state.Any); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := d.Seat(ctx, "demo", "1001"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// TestDecodedSeatIsTheStoredOne: whatever was read before, a reader gets the seat of
// the moment, whoever wrote it.
func TestDecodedSeatIsTheStoredOne(t *testing.T) {
	d, ctx := newTestDirectory(t), t.Context()
	other := NewDirectory(d.store) // has decoded seats of its own
	read := func(name string, disabled bool) {
		t.Helper()
		for range 2 { // the second is answered from the decoded ones
			s, err := d.Seat(ctx, "demo", "1001")
			if err != nil || s.Name != name || s.Disabled != disabled {
				t.Fatalf("read %q, disabled %v: %v; want %q, %v", s.Name, s.Disabled, err, name, disabled)
			}
		}
	}
	put := func(d *Directory, name string, disabled bool, expect state.Rev) {
		t.Helper()
		s := testSeat(t, "1001")
		s.Name, s.Disabled = name, disabled
		if err := d.PutSeat(ctx, s, expect); err != nil {
			t.Fatal(err)
		}
	}
	put(d, "created", false, state.None)
	read("created", false)
	put(d, "changed", false, state.Any)
	read("changed", false)
	put(other, "disabled elsewhere", true, state.Any)
	read("disabled elsewhere", true)

	if err := other.DeleteSeat(ctx, "demo", "1001"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if s, err := d.Seat(ctx, "demo", "1001"); !errors.Is(err, state.ErrNotFound) || s.Number != "" {
			t.Fatalf("a deleted seat is %+v, %v", s, err)
		}
	}
	put(other, "created again", false, state.None)
	read("created again", false)
}

// TestDecodedIsBounded: beyond the limit all are forgotten, and read again.
func TestDecodedIsBounded(t *testing.T) {
	var d decoded
	for i := range maxDecoded + 1 {
		d.put("demo", state.Record{ID: strconv.Itoa(i), Rev: 1}, Seat{})
	}
	if len(d.seats) != 1 {
		t.Errorf("%d kept, want the last one", len(d.seats))
	}
	last := strconv.Itoa(maxDecoded)
	for _, tt := range []struct {
		tenant, id string
		rev        state.Rev
		want       bool
	}{{"demo", last, 1, true}, {"demo", last, 2, false}, {"other", last, 1, false}, {"demo", "0", 1, false}} {
		if _, ok := d.get(tt.tenant, state.Record{ID: tt.id, Rev: tt.rev}); ok != tt.want {
			t.Errorf("%+v: %v", tt, ok)
		}
	}
}
