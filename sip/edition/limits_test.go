package edition_test

import (
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"strowger/sip/edition"
	"strowger/sip/state"
	"strowger/sip/state/statetest"
)

func TestTags(t *testing.T) {
	eachStore(t, func(t *testing.T, store state.Store) {
		t.Helper()
		d := open(t, store)
		one := d.publish("one")
		two := d.publish("two")
		for _, name := range []string{"winter", "v1.2"} {
			if err := d.Tag(t.Context(), tenant, name, one); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Tag(t.Context(), tenant, "winter", two); err != nil {
			t.Fatal(err)
		}
		if id, err := d.Resolve(t.Context(), tenant, "winter"); id != two || err != nil {
			t.Errorf("winter is %s, %v", id, err)
		}
		d.wantCurrent("two")
		for _, name := range []string{"", "a b", "plan.hcl", "../x", "0123ab", one, strings.Repeat("x", edition.MaxTagName+1)} {
			wantError[*edition.RequestError](t, d.Tag(t.Context(), tenant, name, one), "cannot be a tag")
		}
		if err := d.Tag(t.Context(), tenant, "none", edition.ID(nil)); !errors.Is(err, state.ErrNotFound) {
			t.Error("a tag of no version:", err)
		}
		if err := d.Untag(t.Context(), tenant, "winter"); err != nil {
			t.Fatal(err)
		}
		wantError[*edition.RequestError](t, d.Untag(t.Context(), tenant, "winter"), "there is no tag")
	})
}

func TestRefused(t *testing.T) {
	d := open(t, statetest.Open(t))
	d.publish("one")
	now := d.tick()
	for want, edit := range map[string]func(*edition.Draft){
		"at most 300 are kept":                        func(in *edition.Draft) { in.Message = strings.Repeat("x", edition.MaxMessage+1) },
		"is not one line":                             func(in *edition.Draft) { in.Forced = "a\nb" },
		"is not one line of text":                     func(in *edition.Draft) { in.Message = "\xff" },
		"for 1s to 24h0m0s, not 1ms":                  func(in *edition.Draft) { in.Within = time.Millisecond },
		"for 1s to 24h0m0s, not -1s":                  func(in *edition.Draft) { in.Within = -time.Second },
		"for 1s to 24h0m0s, not 25h0m0s":              func(in *edition.Draft) { in.Within = 25 * time.Hour },
		"10:02:00 UTC is over":                        func(in *edition.Draft) { in.At = now },
		"more than 366 days ahead":                    func(in *edition.Draft) { in.At = now.Add(edition.MaxAhead + 1) },
		"has 8388609 bytes, at most 8388608 are kept": func(in *edition.Draft) { in.Files[0].Text = strings.Repeat("x", edition.MaxText+1) },
		"to store, at most 1048576 are kept": func(in *edition.Draft) {
			b := make([]byte, state.MaxValue)
			_, _ = rand.NewChaCha8([32]byte{}).Read(b)
			in.Files[0].Text = hex.EncodeToString(b)
		},
	} {
		in := draft("two", "ada")
		edit(&in)
		_, err := d.Publish(t.Context(), now, tenant, in)
		wantError[*edition.RequestError](t, err, want)
	}
	d.wantCurrent("one")
	if d.kinds() != "apply" {
		t.Errorf("history %q", d.kinds())
	}
}

// TestAway: what the store does not take is not published, and nothing else happens.
func TestAway(t *testing.T) {
	store := statetest.Open(t)
	d := open(t, store)
	d.publish("one")
	store.Unwritable.Store(true)
	if _, err := d.Publish(t.Context(), d.tick(), tenant, draft("two", "ada")); !errors.Is(err, state.ErrUnavailable) {
		t.Error("published:", err)
	}
	d.wantCurrent("one")
	store.Unreadable.Store(true)
	if _, err := d.Head(t.Context(), tenant); !errors.Is(err, state.ErrUnavailable) {
		t.Error("read:", err)
	}
}

// TestLarge: a plan that is larger than a record of the store is kept.
func TestLarge(t *testing.T) {
	d := open(t, statetest.Open(t))
	text := strings.Repeat("dial \"1\" { echo {} }\n", 2*state.MaxValue/22)
	d.publish(text)
	d.wantCurrent(text)
}

// TestCorrupt: a version whose files are not those of its id is not used.
func TestCorrupt(t *testing.T) {
	store := statetest.Open(t)
	d := open(t, store)
	one, two := d.publish("one"), d.publish("two")
	r, err := store.Get(t.Context(), edition.Tables()[0], tenant, "version/"+one)
	if err != nil {
		t.Fatal(err)
	}
	for want, value := range map[string][]byte{
		"is not what was published": r.Value, "cannot be read: gzip": []byte("no version at all, but text"), "cannot be read: unexpected EOF": r.Value[:20],
	} {
		if _, err := store.Put(t.Context(), edition.Tables()[0], tenant, state.Change{ID: "version/" + two, Value: value, Expect: state.Any}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Current(t.Context(), tenant); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
