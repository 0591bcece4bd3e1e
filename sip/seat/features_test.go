package seat

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"strowger/sip/state"
	"strowger/sip/state/redistest"
	"strowger/sip/state/statetest"
)

// eachStore runs a test on a directory in each kind of store, with a seat 1001.
func eachStore(t *testing.T, test func(t *testing.T, d *Directory)) {
	t.Helper()
	for kind, open := range map[string]func(t *testing.T) state.Store{
		"embedded": func(t *testing.T) state.Store { t.Helper(); return statetest.Open(t) },
		"redis": func(t *testing.T) state.Store {
			t.Helper()
			setup := redistest.Setup{}
			s, err := state.OpenRedis(t.Context(), setup.URL(setup.Server(t)), state.Options{Logger: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			return s
		},
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := NewDirectory(open(t))
			if err := d.PutTenant(t.Context(), Tenant{Name: "demo", Realm: testRealm}); err != nil {
				t.Fatal(err)
			}
			if err := d.PutSeat(t.Context(), testSeat(t, "1001"), state.None); err != nil {
				t.Fatal(err)
			}
			test(t, d)
		})
	}
}

// TestFeatures: two who set different things at once both have their way, what is set
// is part of the seat, and a wrong one changes nothing.
func TestFeatures(t *testing.T) {
	eachStore(t, func(t *testing.T, d *Directory) {
		t.Helper()
		var both sync.WaitGroup
		for _, edit := range []func(*Features){
			func(f *Features) { f.DoNotDisturb = true },
			func(f *Features) { f.Forward.Busy = "1002" },
		} {
			both.Go(func() {
				if _, err := d.EditFeatures(t.Context(), "demo", "1001", edit); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		want := Features{DoNotDisturb: true, Forward: Forward{Busy: "1002"}}
		s, err := d.Seat(t.Context(), "demo", "1001")
		if err != nil || s.Set() != want {
			t.Errorf("set are %+v, %v", s.Set(), err)
		}
		if _, err := d.EditFeatures(t.Context(), "demo", "1001", func(f *Features) { f.Forward.Always = "1001" }); err == nil {
			t.Error("a seat forwards to itself")
		}
		if _, err := d.EditFeatures(t.Context(), "demo", "1001", func(f *Features) { *f = Features{} }); err != nil {
			t.Error(err)
		}
		if s, err := d.Seat(t.Context(), "demo", "1001"); err != nil || s.Features != nil {
			t.Errorf("set are %+v, %v", s.Features, err)
		}
	})
}

// TestMessages: counts are kept, told to who watches, and gone with the seat.
func TestMessages(t *testing.T) {
	eachStore(t, func(t *testing.T, d *Directory) {
		t.Helper()
		told := make(chan string, 8)
		defer d.WatchMessages(func(tenant, number string) {
			if number != "" {
				told <- tenant + "/" + number
			}
		})()
		want := Messages{New: 2, Old: 1}
		if err := d.PutMessages(t.Context(), "demo", "1001", want); err != nil {
			t.Fatal(err)
		}
		select {
		case who := <-told:
			if who != "demo/1001" {
				t.Errorf("told of %s", who)
			}
		case <-time.After(10 * time.Second):
			t.Error("nobody was told")
		}
		if m, err := d.Messages(t.Context(), "demo", "1001"); err != nil || m != want {
			t.Errorf("%+v, %v", m, err)
		}
		if err := d.PutMessages(t.Context(), "demo", "1001", Messages{New: -1}); err == nil {
			t.Error("fewer than none")
		}
		if err := d.DeleteSeat(t.Context(), "demo", "1001"); err != nil {
			t.Fatal(err)
		}
		if m, err := d.Messages(t.Context(), "demo", "1001"); err != nil || m != (Messages{}) {
			t.Errorf("of a seat that is gone: %+v, %v", m, err)
		}
	})
}

// TestImportKeepsFeatures: a seat file says nothing of what the person has set.
func TestImportKeepsFeatures(t *testing.T) {
	d, ctx := newTestDirectory(t), t.Context()
	if err := d.PutSeat(ctx, testSeat(t, "1001").With(Features{DoNotDisturb: true}), state.None); err != nil {
		t.Fatal(err)
	}
	file := "number,network,name,pickup,auto_answer\n1001,lan,Other,desk,true\n"
	if _, err := d.Import(ctx, "demo", strings.NewReader(file), ImportOptions{}); err != nil {
		t.Fatal(err)
	}
	s, err := d.Seat(ctx, "demo", "1001")
	if err != nil || !s.Set().DoNotDisturb || s.Name != "Other" || s.Pickup != "desk" || !s.AutoAnswer {
		t.Errorf("%+v, %v", s, err)
	}
}
