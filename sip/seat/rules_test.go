package seat

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"strowger/sip/transport"
)

func TestMerge(t *testing.T) {
	begin := time.Unix(1_700_000_000, 0).UTC()
	at := func(contact string, q float64, second int) Binding {
		return Binding{Contact: contact, Q: q, Registered: begin.Add(time.Duration(second) * time.Second)}
	}
	flow := func(contact string, regID, second int) Binding {
		b := at(contact, 1, second)
		b.Instance, b.RegID = "<urn:uuid:1>", regID
		return b
	}
	tests := []struct {
		name       string
		old, added []Binding
		want       string
	}{
		{"best q, then newest", []Binding{at("a", 0.5, 9), at("b", 1, 1)}, []Binding{at("c", 1, 2)}, "c b a"},
		{"same contact", []Binding{at("a", 1, 1), at("b", 1, 2)}, []Binding{at("a", 1, 3)}, "a b"},
		{"same instance and reg-id", []Binding{flow("a", 1, 1)}, []Binding{flow("b", 1, 2)}, "b"},
		{"other reg-id", []Binding{flow("a", 1, 1)}, []Binding{flow("a", 2, 2)}, "a a"},
		{"instance against none", []Binding{at("a", 1, 1)}, []Binding{flow("a", 1, 2)}, "a"},
		{"instance without reg-id", []Binding{flow("a", 0, 1)}, []Binding{flow("b", 0, 2)}, "b a"},
		{"twice in one request", nil, []Binding{at("a", 1, 1), at("a", 0.1, 1)}, "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			merged, err := Merge(tt.old, tt.added...)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range merged {
				got = append(got, b.Contact)
			}
			if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMergeLimit(t *testing.T) {
	var bindings []Binding
	for i := range MaxBindings {
		var err error
		if bindings, err = Merge(bindings, Binding{Contact: strconv.Itoa(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Merge(bindings, Binding{Contact: "3"}); err != nil {
		t.Errorf("a refresh at the limit: %v", err)
	}
	if _, err := Merge(bindings, Binding{Contact: "new"}); !errors.Is(err, ErrTooManyBindings) {
		t.Errorf("%v, want ErrTooManyBindings", err)
	}
}

// TestMergeProperty: whatever is merged, no two of the result are the same, and
// the last one given is in it.
func TestMergeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Binding {
			return Binding{
				Contact:  rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "contact"),
				Instance: rapid.SampledFrom([]string{"", "i", "j"}).Draw(t, "instance"),
				RegID:    rapid.IntRange(0, 2).Draw(t, "regID"),
				Q:        float64(rapid.IntRange(0, 2).Draw(t, "q")) / 2,
				CSeq:     rapid.Uint32().Draw(t, "cseq"),
			}
		}), 1, 12).Draw(t, "all")
		merged, err := Merge(nil, all...)
		if err != nil {
			t.Skip("over the limit")
		}
		lastIn := false
		for i, b := range merged {
			lastIn = lastIn || cmp.Equal(b, all[len(all)-1], compareAddr)
			for _, o := range merged[i+1:] {
				if b.Same(o) {
					t.Fatalf("%+v and %+v are the same", b, o)
				}
				if b.Q < o.Q {
					t.Fatalf("q %g before %g", b.Q, o.Q)
				}
			}
		}
		if !lastIn {
			t.Fatal("the last binding is lost")
		}
	})
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Seat)
		want   string
	}{
		{"as it is", func(*Seat) {}, ""},
		{"tenant", func(s *Seat) { s.Tenant = "De mo" }, "tenant"},
		{"short number", func(s *Seat) { s.Number = "1" }, "2 to 15 digits"},
		{"no network", func(s *Seat) { s.Network = "" }, "network is missing"},
		{"presentation", func(s *Seat) { s.Presentation = "08081570001" }, "presentation"},
		{"site number", func(s *Seat) { s.SiteNumber = "+0441632960000" }, "site_number"},
		{"desk", func(s *Seat) { s.Desk = "desk one" }, "desk"},
		{"reached", func(s *Seat) { s.Reached = "+441632960123" }, "reached"},
		{"reached by its number", func(s *Seat) { s.Reached = "carrier:+441632960123"; s.Network = "" }, ""},
		{"line break", func(s *Seat) { s.Name = "a\nb" }, "control"},
		{"formula", func(s *Seat) { s.Address = "@x" }, "formula"},
		{"long name", func(s *Seat) { s.Name = strings.Repeat("x", maxText+1) }, "at most"},
		{"algorithm", func(s *Seat) { s.Credentials[0].Algorithm = "MD5" }, "algorithm"},
		{"upper-case HA1", func(s *Seat) { s.Credentials[0].HA1 = strings.Repeat("A", 32) }, "lower-case hex"},
		{"two realms", func(s *Seat) { s.Credentials[1].Realm = "x" }, "a seat has one"},
		{"bad realm", func(s *Seat) { s.Credentials = s.Credentials[:1]; s.Credentials[0].Realm = `a"b` }, "realm"},
		{"secret twice", func(s *Seat) { s.Credentials[1] = s.Credentials[0] }, "two secrets"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := testSeat(t, "1001")
			tt.change(&s)
			err := s.Validate()
			if (tt.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

func TestHA1(t *testing.T) {
	// The first is from RFC 2617 section 3.5.
	for _, tt := range []struct{ algorithm, want string }{
		{MD5, "939e7578ed9e3c518a452acee763bce9"},
		{SHA256, "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232"},
		{"sha-1", ""},
	} {
		user, realm, password := "Mufasa", "testrealm@host.com", "Circle Of Life"
		if tt.algorithm == SHA256 { // RFC 7616 section 3.9.1
			realm, password = "http-auth@example.org", "Circle of Life"
		}
		got, err := HA1(user, realm, password, tt.algorithm)
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %s, %v; want %s", tt.algorithm, got, err, tt.want)
		}
	}
}

func TestNewPassword(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		p := NewPassword()
		if signs := strings.ReplaceAll(p, "-", ""); len(p) != 23 || strings.Trim(signs, passwordAlphabet) != "" || seen[p] {
			t.Fatalf("password %q", p)
		}
		seen[p] = true
	}
	if len(passwordAlphabet) != 32 {
		t.Errorf("%d signs: signs would not be equally likely", len(passwordAlphabet))
	}
}

func TestAttempts(t *testing.T) {
	var a Attempts
	begin := time.Unix(1_700_000_000, 0)
	try := func(verdict string, second int) Attempt {
		return Attempt{
			At: begin.Add(time.Duration(second) * time.Second), Kind: "register",
			Source: netip.MustParseAddrPort("192.0.2.1:5060"), Proto: transport.UDP, Verdict: verdict,
		}
	}
	a.Record("demo", "1001", try("200 registered", 1))
	a.Record("demo", "1001", try("200 registered", 2))
	a.Record("demo", "1001", try("403 wrong password", 3))
	a.Record("other", "1001", try("200 registered", 4))
	last := a.Last("demo", "1001")
	if len(last) != 2 || last[0].Verdict != "403 wrong password" || last[0].Count != 1 || last[1].Count != 2 || !last[1].At.Equal(begin.Add(2*time.Second)) {
		t.Errorf("last %+v", last)
	}
	for i := range 20 {
		a.Record("demo", "1001", try(strconv.Itoa(i), i))
	}
	if last := a.Last("demo", "1001"); len(last) != MaxAttempts || last[0].Verdict != "19" {
		t.Errorf("last %+v", last)
	}
	if last := a.Last("demo", "1002"); last != nil {
		t.Errorf("a seat without attempts has %+v", last)
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	var a Attempts
	a.Record("demo", "first", Attempt{})
	a.Record("demo", "second", Attempt{})
	a.Record("demo", "first", Attempt{})
	var wg sync.WaitGroup
	for part := range 2 {
		wg.Go(func() {
			for i := range (MaxAttemptSeats - 2) / 2 {
				a.Record("demo", fmt.Sprint(part, i), Attempt{Verdict: strings.Repeat("x", 1000)})
			}
		})
	}
	wg.Wait()
	a.Record("demo", "one more", Attempt{})
	if a.Last("demo", "second") != nil || a.Last("demo", "first") == nil {
		t.Error("the longest untouched should be forgotten, and no other")
	}
	if n := a.Counters().Forgotten.Load(); n != 1 || len(a.seats) != MaxAttemptSeats {
		t.Errorf("%d forgotten, %d seats", n, len(a.seats))
	}
	if v := a.Last("demo", "0 0")[0].Verdict; len(v) != maxVerdict {
		t.Errorf("a verdict of %d bytes was kept", len(v))
	}
}
